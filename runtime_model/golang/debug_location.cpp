// Where a variable's value is: the location expressions of DWARF that Go's compiler and linker
// write (DWARF 5, section 2.5; cmd/compile/internal/ssa/debug.go).
#include <array>

#include "runtime_model/golang/debug_info.hpp"

namespace runtime_model::golang {

namespace {

constexpr std::size_t kMostOperations = 256, kMostPieces = 64;

/// A stack machine over one expression. What it does not know makes the value one that is nowhere.
class Expression {
 public:
  Expression(const LibDw& library, Dwarf_Attribute& attribute, const LocationContext& context)
      : dw(library), attribute_(attribute), context_(context) {}

  std::vector<ValuePiece> run(const Dwarf_Op* ops, std::size_t count, u64 size) {
    for (std::size_t i = 0; i < std::min(count, kMostOperations); ++i) {
      if (ops[i].atom == DW_OP_piece) {
        if (pieces_.size() >= kMostPieces) return {};
        finish_piece(ops[i].number);
      } else if (!step(ops[i])) {
        return {};
      }
    }
    if (pieces_.empty()) finish_piece(size);
    drop_repeated(size);
    return std::move(pieces_);
  }

 private:
  void finish_piece(u64 size) {
    ValuePiece piece{ValuePiece::In::nowhere, 0, size};
    if (in_register_) {
      piece.in = ValuePiece::In::reg, piece.where = *in_register_;
    } else if (!stack_.empty()) {
      piece.in = is_value_ ? ValuePiece::In::constant : ValuePiece::In::memory;
      piece.where = stack_.back();
    }
    pieces_.push_back(piece);
    stack_.clear(), in_register_.reset(), is_value_ = false;
  }

  /// Some compilers (go1.19's) describe a slice's pointer twice: then the parts are too many.
  void drop_repeated(u64 size) {
    u64 total = 0;
    for (const ValuePiece& p : pieces_) total += p.size;
    if (total <= size || pieces_.size() < 2) return;
    const ValuePiece &a = pieces_[0], &b = pieces_[1];
    const bool same = a.in == b.in && a.where == b.where && a.size == b.size;
    if (same && a.in != ValuePiece::In::nowhere && total - a.size == size)
      pieces_.erase(pieces_.begin());
    else
      pieces_.clear();
  }

  bool push(std::optional<u64> value) {
    if (value) stack_.push_back(*value);
    return value.has_value();
  }
  bool add(u64 n) {
    if (stack_.empty()) return false;
    stack_.back() += n;
    return true;
  }
  bool binary(u8 atom) {
    if (stack_.size() < 2) return false;
    const u64 right = stack_.back();
    stack_.pop_back();
    stack_.back() += atom == DW_OP_plus ? right : 0 - right;
    return true;
  }
  bool dereference() {
    if (stack_.empty()) return false;
    const auto value = context_.word(Addr(stack_.back()));
    if (value) stack_.back() = *value;
    return value.has_value();
  }
  bool from_register(u64 number, u64 offset) {
    const auto value = context_.reg(static_cast<unsigned>(number));
    return value && push(*value + offset);
  }
  std::optional<u64> indexed_address(const Dwarf_Op& op) {
    Dwarf_Attribute at;
    Dwarf_Addr address = 0;
    if (dw.dwarf_getlocation_attr(&attribute_, &op, &at) != 0 ||
        dw.dwarf_formaddr(&at, &address) != 0)
      return std::nullopt;
    return address + context_.bias;
  }

  bool step(const Dwarf_Op& op) {
    const u8 atom = op.atom;
    if (atom >= DW_OP_lit0 && atom <= DW_OP_lit31) return push(atom - DW_OP_lit0);
    if (atom >= DW_OP_reg0 && atom <= DW_OP_reg31) return in_register(atom - DW_OP_reg0);
    if (atom >= DW_OP_breg0 && atom <= DW_OP_breg31)
      return from_register(atom - DW_OP_breg0, op.number);
    switch (atom) {
      case DW_OP_addr:
        return push(op.number + context_.bias);
      case DW_OP_addrx:
        return push(indexed_address(op));
      case DW_OP_fbreg:
        return context_.cfa && push(*context_.cfa + op.number);
      case DW_OP_call_frame_cfa:
        return push(context_.cfa);
      case DW_OP_regx:
        return in_register(op.number);
      case DW_OP_bregx:
        return from_register(op.number, op.number2);
      case DW_OP_const1u:
      case DW_OP_const1s:
      case DW_OP_const2u:
      case DW_OP_const2s:
      case DW_OP_const4u:
      case DW_OP_const4s:
      case DW_OP_const8u:
      case DW_OP_const8s:
      case DW_OP_constu:
      case DW_OP_consts:
        return push(op.number);
      case DW_OP_plus_uconst:
        return add(op.number);
      case DW_OP_plus:
      case DW_OP_minus:
        return binary(atom);
      case DW_OP_deref:
        return dereference();
      case DW_OP_stack_value:
        is_value_ = true;
        return true;
      default:
        return false;
    }
  }
  bool in_register(u64 number) {
    in_register_ = number;
    return true;
  }

  const LibDw& dw;
  Dwarf_Attribute& attribute_;
  const LocationContext& context_;
  std::vector<u64> stack_;
  std::optional<u64> in_register_;
  bool is_value_ = false;
  std::vector<ValuePiece> pieces_;
};

}  // namespace

namespace {

/// Go writes single expressions of DWARF 4 in a form that is for blocks, which libdw takes for no
/// location; as long as the length is one byte, both forms are written alike (DWARF 4, 7.5.4).
void as_expression(const LibDw& dw, Dwarf_Attribute& attribute) {
  constexpr Dwarf_Word kOneByte = 0x80;
  Dwarf_Block block;
  if (attribute.form == DW_FORM_block1 && dw.dwarf_formblock(&attribute, &block) == 0 &&
      block.length < kOneByte)
    attribute.form = DW_FORM_exprloc;
}

}  // namespace

std::vector<ValuePiece> DebugInfo::locate(const LocalVariable& variable,
                                          const LocationContext& context, u64 size) {
  Dwarf_Die die;
  Dwarf_Attribute attribute;
  Dwarf_Op* ops = nullptr;
  std::size_t count = 0;
  if (!*file_ || dw.dwarf_offdie(file_->dwarf(), variable.entry, &die) == nullptr ||
      dw.dwarf_attr(&die, DW_AT_location, &attribute) == nullptr)
    return {};
  as_expression(dw, attribute);
  if (dw.dwarf_getlocation_addr(&attribute, context.pc.value, &ops, &count, 1) != 1) return {};
  return Expression(dw, attribute, context).run(ops, count, size);
}

}  // namespace runtime_model::golang
