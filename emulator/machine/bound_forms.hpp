/// Instructions that have been decoded and bound, by their bytes: a program says the same in many
/// places, and looking it up costs a twentieth of decoding it.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "emulator/decode/insn.hpp"
#include "emulator/decode/op.hpp"

namespace emulator::machine {

class BoundForms {
 public:
  BoundForms() : slots_(kSlots, kNone) { forms_.reserve(kSlots); }

  /// The instruction that `code` begins with, as it is at `pc`, but for OpInfo::offset. False when
  /// it is not known. No instruction's bytes begin another's (SDM volume 2, 2.1), so at most one
  /// form fits.
  bool find(std::span<const u8> code, Addr pc, decode::Op& op, decode::OpInfo& info) const;
  /// Remembers what was decoded from `code`, unless it means something else elsewhere or is longer
  /// than a key.
  void add(std::span<const u8> code, const decode::Insn& insn, const decode::Op& op,
           const decode::OpInfo& info);
  /// The number of the facts of a known instruction, to be read or to be set (OpInfo::facts); null
  /// when it is not known.
  u32* facts_of(std::span<const u8> code) {
    const Form* const form = known(code);
    return form == nullptr ? nullptr
                           : &forms_[static_cast<std::size_t>(form - forms_.data())].info.facts;
  }
  /// No facts are known any more.
  void forget_facts() {
    for (Form& form : forms_) form.info.facts = 0;
  }

 private:
  /// An instruction without the distance at its end.
  struct Key {
    u64 bytes;
    unsigned length;
    bool operator==(const Key&) const = default;
  };
  struct Form {
    Key key;
    u8 relative;  // bytes of the distance from the next instruction, behind the key
    decode::Op op;
    decode::OpInfo info;
  };
  static constexpr unsigned kLongestKey = 8;
  static constexpr std::size_t kSlots = 1 << 14;
  static constexpr u16 kNone = 0xffff;

  const Form* known(std::span<const u8> code) const;
  static Key key_of(std::span<const u8> code, unsigned length);
  static std::size_t slot_of(const Key& key);

  std::vector<Form> forms_;  // at most kSlots: then it begins anew
  std::vector<u16> slots_;   // by hash of the key: which form; a later one displaces an earlier
  std::array<u16, 256> lengths_{};  // by first byte: a bit for each length of key that there is
};

}  // namespace emulator::machine
