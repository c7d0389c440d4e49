/// Memory for a model that runs beside the real function: reads see the live guest, writes stay in
/// an overlay until they are compared.
#pragma once

#include <unordered_map>
#include <unordered_set>

#include "emulator/memory/address_space.hpp"
#include "runtime_model/golang/views.hpp"

namespace runtime_model::model {

using emulator::Addr;
using emulator::u64;
using emulator::u8;

/// A model looked at memory that is not mapped.
struct Unmapped {
  Addr address;
};

/// The live guest: what a model reads and writes when it stands in for the real function. Throws
/// Unmapped.
class LiveMemory final : public golang::Memory {
 public:
  explicit LiveMemory(emulator::memory::AddressSpace& memory) : memory_(memory) {}
  void read(Addr from, std::span<u8> to) override;
  void write(Addr to, std::span<const u8> from) override;

 private:
  emulator::memory::AddressSpace& memory_;
};

class ShadowMemory final : public golang::Memory {
 public:
  /// A word of the overlay: which of its bytes the model wrote, bit i for byte i.
  struct Word {
    u64 value = 0;
    u8 mask = 0;
  };

  explicit ShadowMemory(const emulator::memory::AddressSpace& live) : live_(live) {}

  void read(Addr from, std::span<u8> to) override;
  void write(Addr to, std::span<const u8> from) override;

  /// These bytes are the live ones again: code that both sides share wrote them.
  void forget(Addr from, u64 size);
  /// What is read from here on is what another thread's write can invalidate.
  void begin_segment() { read_words_.clear(); }
  /// Everything is the live one again.
  void reset() { overlay_.clear(), read_words_.clear(); }
  /// Did the model read the live guest, or write, in these bytes?
  bool depends_on(Addr from, u64 size) const;
  bool wrote(Addr from, u64 size) const;
  const std::unordered_map<u64, Word>& overlay() const { return overlay_; }

 private:
  const emulator::memory::AddressSpace& live_;
  std::unordered_map<u64, Word> overlay_;  ///< by address / 8
  std::unordered_set<u64> read_words_;
};

}  // namespace runtime_model::model
