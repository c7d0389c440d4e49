#include "emulator/machine/bound_forms.hpp"

#include <bit>
#include <cstring>

namespace emulator::machine {
namespace {

/// The distance that ends an instruction: a signed little-endian number of 1 or 4 bytes.
i64 distance(const u8* at, unsigned bytes) {
  if (bytes == 1) return static_cast<i8>(*at);
  i32 value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

}  // namespace

BoundForms::Key BoundForms::key_of(std::span<const u8> code, unsigned length) {
  u64 bytes = 0;
  std::memcpy(&bytes, code.data(), kLongestKey);
  return {bytes & (~u64{0} >> (64 - 8 * length)), length};
}

std::size_t BoundForms::slot_of(const Key& key) {
  constexpr u64 kGolden = 0x9e37'79b9'7f4a'7c15;  // 2^64 / the golden ratio: Fibonacci hashing
  return (key.bytes + key.length) * kGolden >> (64 - std::countr_zero(kSlots));
}

const BoundForms::Form* BoundForms::known(std::span<const u8> code) const {
  if (code.size() < kLongestKey) return nullptr;
  for (unsigned left = lengths_[code[0]]; left != 0; left &= left - 1) {
    const Key key = key_of(code, static_cast<unsigned>(std::countr_zero(left)));
    const u16 slot = slots_[slot_of(key)];
    if (slot == kNone || forms_[slot].key != key) continue;
    return code.size() < forms_[slot].op.length ? nullptr : &forms_[slot];
  }
  return nullptr;
}

bool BoundForms::find(std::span<const u8> code, Addr pc, decode::Op& op,
                      decode::OpInfo& info) const {
  const Form* const form = known(code);
  if (form == nullptr) return false;
  op = form->op;
  info = form->info;
  if (form->relative != 0)
    op.target = pc.value + op.length +
                static_cast<u64>(distance(code.data() + form->key.length, form->relative));
  return true;
}

void BoundForms::add(std::span<const u8> code, const decode::Insn& insn, const decode::Op& op,
                     const decode::OpInfo& info) {
  const unsigned length = insn.length - insn.relative;
  if (!insn.movable || length > kLongestKey || code.size() < kLongestKey) return;
  if (insn.relative != 0 && insn.relative != 1 && insn.relative != 4) return;
  if (forms_.size() == kSlots) {
    forms_.clear();
    slots_.assign(kSlots, kNone);
    lengths_.fill(0);
  }
  const Key key = key_of(code, length);
  slots_[slot_of(key)] = static_cast<u16>(forms_.size());
  forms_.push_back({key, insn.relative, op, info});
  lengths_[code[0]] |= static_cast<u16>(1u << length);
}

}  // namespace emulator::machine
