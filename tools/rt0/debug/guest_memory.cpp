#include "tools/rt0/debug/guest_memory.hpp"

#include "emulator/base/error.hpp"
#include "emulator/base/hex.hpp"

namespace rt0::debug {

using emulator::Addr;
using emulator::u64;
using emulator::u8;

void GuestMemory::read(Addr from, std::span<u8> to) {
  if (!memory_.peek(from, to))
    emulator::base::user_error("cannot read memory at {}", emulator::base::hex(from));
}

void GuestMemory::write(Addr to, std::span<const u8> from) {
  if (!memory_.is_mapped(
          Addr(emulator::base::page_floor(to.value)),
          emulator::base::page_ceil(to.value + from.size()) - emulator::base::page_floor(to.value)))
    emulator::base::user_error("cannot write memory at {}", emulator::base::hex(to));
  memory_.poke(to, from);
}

u64 GuestMemory::number(Addr from, unsigned size) {
  u64 value = 0;
  read(from, {reinterpret_cast<u8*>(&value), size});
  return value;
}

std::optional<u64> GuestMemory::try_number(Addr from, unsigned size) const {
  u64 value = 0;
  if (!try_read(from, {reinterpret_cast<u8*>(&value), size})) return std::nullopt;
  return value;
}

}  // namespace rt0::debug
