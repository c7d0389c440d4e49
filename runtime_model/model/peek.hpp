/// Single values of the live guest, looked at without a trace.
#pragma once

#include "emulator/cpu/registers.hpp"
#include "emulator/memory/address_space.hpp"

namespace runtime_model::model {

/// A value in the guest's memory; zero where nothing is mapped.
template <class T>
T peek(const emulator::memory::AddressSpace& memory, emulator::Addr a) {
  T v{};
  (void)memory.peek(a, std::span(reinterpret_cast<emulator::u8*>(&v), sizeof v));
  return v;
}

/// The g in a thread's local storage; zero before there is one.
inline emulator::Addr current_g(const emulator::memory::AddressSpace& memory,
                                const emulator::cpu::Registers& regs) {
  return regs.fs_base() == 0 ? emulator::Addr()
                             : peek<emulator::Addr>(memory, emulator::Addr(regs.fs_base() - 8));
}

}  // namespace runtime_model::model
