#include "emulator/semantics/table.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "emulator/base/error.hpp"

namespace emulator::semantics {
namespace {

using decode::Insn;
using decode::Kind;
using decode::Operand;
using decode::OperandKind;

constexpr std::size_t kFamilies = 18;

struct Named {
  std::string_view name;
  const Row* row;
};

/// All rows sorted by mnemonic, made once.
const std::vector<Named>& index() {
  static const std::vector<Named> sorted = [] {
    std::vector<Named> list;
    for (const auto family : all_rows())
      for (const Row& row : family) list.push_back({row.name, &row});
    std::sort(list.begin(), list.end(),
              [](const Named& a, const Named& b) { return a.name < b.name; });
    for (std::size_t i = 1; i < list.size(); ++i)
      RT0_CHECK(list[i].name != list[i - 1].name, fmt::format("two rows for {}", list[i].name));
    return list;
  }();
  return sorted;
}

const Row* find_exact(std::string_view name) {
  const auto& list = index();
  const auto it =
      std::lower_bound(list.begin(), list.end(), name,
                       [](const Named& n, std::string_view key) { return n.name < key; });
  return it != list.end() && it->name == name ? it->row : nullptr;
}

Kind kind_of(const Operand& o) {
  return o.kind == OperandKind::reg   ? Kind::reg
         : o.kind == OperandKind::mem ? Kind::mem
         : o.kind == OperandKind::imm ? Kind::imm
                                      : Kind::none;
}

Place place_of(const Operand& o) {
  return o.kind == OperandKind::reg   ? Place::reg
         : o.kind == OperandKind::mem ? Place::mem
         : o.kind == OperandKind::imm ? Place::imm
                                      : Place::none;
}

/// False when the operand needs something that an Op cannot say (segment registers, MMX).
bool set_operand(decode::Op& op, unsigned i, const Operand& o) {
  op.kinds = static_cast<u8>(op.kinds | (static_cast<u8>(kind_of(o)) << (2 * i)));
  switch (o.kind) {
    case OperandKind::reg:
      if (o.reg_class == decode::RegClass::segment || o.reg_class == decode::RegClass::other)
        return false;
      op.reg[i] = o.reg;
      return true;
    case OperandKind::mem:
      op.base = static_cast<u8>(8 * o.base), op.index = static_cast<u8>(8 * o.index),
      op.scale = o.scale;
      if (o.segment != cpu::kSlotZero)
        op.bits |= o.segment == cpu::kSlotFsBase ? decode::kOpFs : decode::kOpGs;
      if (o.absolute) {
        op.bits |= decode::kOpAbsolute;
        op.target = static_cast<u64>(o.value);
        return true;
      }
      op.disp = static_cast<i32>(o.value);
      return op.disp == o.value;  // false: RIP-relative with a segment base, far from zero
    default:
      return true;
  }
}

void set_immediate(decode::Op& op, const Insn& insn) {
  for (unsigned i = 0; i < insn.operands; ++i) {
    const Operand& o = insn.operand[i];
    if (o.kind != OperandKind::imm) continue;
    // At most one immediate, but for ENTER (not emulated); with an absolute address it moves to the
    // displacement.
    if (op.bits & decode::kOpAbsolute)
      op.disp = static_cast<i32>(o.value);
    else
      op.imm = o.value;
  }
}

Form form_of(const Insn& insn) {
  Form form{{Place::none, Place::none, Place::none}, Addressing::full};
  for (unsigned i = 0; i < 3 && i < insn.operands; ++i) {
    const Operand& o = insn.operand[i];
    form.operand[i] = place_of(o);
    if (o.kind == OperandKind::mem)
      form.addressing = o.absolute                  ? Addressing::absolute
                        : o.index == cpu::kSlotZero ? Addressing::base
                                                    : Addressing::full;
  }
  return form;
}

void specialise(const Specialised& special, decode::Op& op, decode::OpInfo& info) {
  if (special.fast != nullptr) op.exec = special.fast;
  if (special.observed != nullptr) info.observed = special.observed;
}

/// `op a, b` of legacy SSE becomes `op a, a, b`: from here on it looks like the VEX form.
Insn three_operand(const Insn& insn) {
  Insn out = insn;
  for (unsigned i = out.operands; i > 0; --i) out.operand[i] = out.operand[i - 1];
  ++out.operands;
  return out;
}

}  // namespace

std::span<const std::span<const Row>> all_rows() {
  static const std::array<std::span<const Row>, kFamilies> kAll = {
      arith_rows(),          logic_rows(),     shift_rows(),          bit_rows(),
      multiply_rows(),       move_rows(),      flow_rows(),           string_rows(),
      atomic_rows(),         system_rows(),    vector_move_rows(),    vector_int_rows(),
      vector_shuffle_rows(), vector_fp_rows(), vector_convert_rows(), fma_rows(),
      vector_state_rows(),   crypto_rows()};
  return kAll;
}

const Row* find_row(std::string_view mnemonic) {
  if (const Row* row = find_exact(mnemonic)) return row;
  return mnemonic.starts_with('v') ? find_exact(mnemonic.substr(1)) : nullptr;
}

const Binder::Entry& Binder::look_up(const decode::Decoder& decoder, std::span<const u8> code,
                                     const Insn& insn) {
  // One mnemonic spans at most its legacy, VEX.128 and VEX.256 forms; each may need another ISA set
  // (vpaddd: AVX, AVX2).
  const std::size_t at = insn.mnemonic * 4u + (insn.vector_bits == 256   ? 2u
                                               : insn.vector_bits == 128 ? 1u
                                                                         : 0u);
  if (entries_.size() <= at) entries_.resize(at + 1024);
  Entry& entry = entries_[at];
  if (!entry.looked_up) {
    entry.looked_up = true;
    entry.row = find_row(decode::Decoder::name(insn.mnemonic));
    entry.in_profile = cpu::has_isa_set(profile_, decoder.isa_set(code));
  }
  return entry;
}

Binding Binder::bind(const decode::Decoder& decoder, std::span<const u8> code, const Insn& decoded,
                     decode::Op& op, decode::OpInfo& info) {
  if (decoded.evex) return Binding::not_in_profile;
  const Entry& entry = look_up(decoder, code, decoded);
  if (!entry.in_profile) return Binding::not_in_profile;
  if (entry.row == nullptr) return Binding::unknown;
  const Row& row = *entry.row;
  const bool widen =
      (row.bits & kThreeOperands) && !decoded.vex && decoded.operands < decoded.operand.size();
  const std::optional<Insn> widened = widen ? std::optional(three_operand(decoded)) : std::nullopt;
  const Insn& insn = widened ? *widened : decoded;
  if (insn.lock && !(row.bits & kLockable && insn.operand[0].kind == OperandKind::mem))
    return Binding::not_lockable;

  op = decode::Op{};
  op.length = insn.length;
  op.base = op.index = 8 * cpu::kSlotZero;
  for (unsigned i = 0; i < insn.operands; ++i)
    if (i >= 4 ? insn.operand[i].kind != OperandKind::imm : !set_operand(op, i, insn.operand[i]))
      return Binding::no_such_form;
  set_immediate(op, insn);
  if (insn.near_branch) op.imm = insn.operand[0].value;
  op.bits = static_cast<u8>(op.bits | (insn.vex ? decode::kOpVex : 0) |
                            (insn.rep ? decode::kOpRep : 0) | (insn.repne ? decode::kOpRepne : 0) |
                            (insn.address32 ? decode::kOpAddress32 : 0) |
                            (insn.lock ? decode::kOpLock : 0));
  op.size = static_cast<u8>(std::min<u8>(width_variant(insn.operand[0].bits), 5));

  const u8 variant = row.select(insn);
  if (variant >= kVariants || row.fast[variant] == nullptr) return Binding::no_such_form;
  op.exec = row.fast[variant];
  info.observed = row.observed[variant];
  info.row = &row;
  if (row.special != nullptr && !(op.bits & (decode::kOpAddress32 | decode::kOpFs | decode::kOpGs)))
    specialise(row.special(variant, form_of(insn)), op, info);
  return Binding::ok;
}

}  // namespace emulator::semantics
