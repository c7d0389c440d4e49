#include "runtime_model/golang/inlined.hpp"

#include <algorithm>

namespace runtime_model::golang {

using namespace emulator;

namespace {

constexpr unsigned kPcdataInlTreeIndex = 2, kFuncdataInlTree = 3;  // internal/abi/symtab.go
/// An entry of the tree: runtime/symtab.go and, since 1.20, runtime/symtabinl.go, inlinedCall.
struct Entry {
  u64 size, name, parent_pc;
};
constexpr Entry kOld{20, 12, 16}, kNew{16, 4, 8};
constexpr std::size_t kDeepest = 64;  // a parent that leads in a circle ends there

}  // namespace

const InlinedCall* InlinedCode::of(std::string_view function) const {
  const auto it =
      std::ranges::find_if(calls, [&](const auto& call) { return call.function == function; });
  return it == calls.end() ? nullptr : &*it;
}

InlinedBodies::InlinedBodies(const SymbolTable& symbols, Addr gofunc, ReadWord read)
    : symbols_(&symbols), gofunc_(gofunc), read_(std::move(read)) {}

/// Each stretch of code with a number belongs to that entry of the function's tree; the parent's
/// code, where the call would stand, says in what the call itself was inlined.
InlinedBodies::Pieces InlinedBodies::read_function(u32 index) const {
  const Pclntab& table = symbols_->pclntab();
  const auto tree = table.funcdata(index, kFuncdataInlTree);
  if (!tree || gofunc_ == Addr()) return {};
  const Entry& shape = table.layout() >= PclntabLayout::go120 ? kNew : kOld;
  const auto numbers = table.pcdata(index, kPcdataInlTreeIndex);
  const auto number_at = [&](Addr pc) {
    const auto it = std::ranges::upper_bound(numbers, pc, {}, &PcValue::to);
    return it == numbers.end() || pc < it->from ? -1 : it->value;
  };
  Pieces out;
  for (const PcValue& code : numbers) {
    if (code.value < 0 || code.from == code.to) continue;
    InlinedCode piece{code.from + symbols_->bias(), code.to + symbols_->bias(), {}};
    for (i32 number = code.value; number >= 0 && piece.calls.size() < kDeepest;) {
      const Addr entry = gofunc_ + *tree + shape.size * static_cast<u64>(number);
      const Addr parent = table.entry(index) + read_(entry + shape.parent_pc);
      piece.calls.push_back(
          {number, table.name_at(read_(entry + shape.name)), parent + symbols_->bias()});
      number = number_at(parent);
    }
    out.push_back(std::move(piece));
  }
  return out;
}

const InlinedBodies::Pieces& InlinedBodies::pieces_at(Addr pc) {
  static const Pieces kNone;
  if (last_ != nullptr && from_ <= pc && pc < to_) return *last_;
  if (symbols_ == nullptr) return kNone;
  const Pclntab& table = symbols_->pclntab();
  const auto index = table.index_of(Addr(pc.value - symbols_->bias()));
  if (!index) return kNone;
  from_ = table.entry(*index) + symbols_->bias(), to_ = table.end(*index) + symbols_->bias();
  auto it = known_.find(*index);
  if (it == known_.end()) it = known_.emplace(*index, read_function(*index)).first;
  last_ = &it->second;
  return *last_;
}

const InlinedCode* InlinedBodies::at(Addr pc) {
  const Pieces& pieces = pieces_at(pc);
  const auto it = std::ranges::upper_bound(pieces, pc, {}, &InlinedCode::to);
  return it == pieces.end() || pc < it->from ? nullptr : &*it;
}

std::vector<Addr> InlinedBodies::places_of(std::string_view function) const {
  std::vector<Addr> out;
  if (symbols_ == nullptr) return out;
  for (u32 index = 0; index < symbols_->pclntab().function_count(); ++index) {
    std::map<i32, Addr> first;  // of each call
    for (const InlinedCode& piece : read_function(index))
      if (const InlinedCall* call = piece.of(function)) {
        const auto [it, fresh] = first.try_emplace(call->number, piece.from);
        if (!fresh) it->second = std::min(it->second, piece.from);
      }
    for (const auto& [number, at] : first) out.push_back(at);
  }
  return out;
}

bool InlinedBodies::holds(Addr pc, std::string_view inlined) {
  return std::ranges::any_of(pieces_at(pc),
                             [&](const auto& piece) { return piece.of(inlined) != nullptr; });
}

}  // namespace runtime_model::golang
