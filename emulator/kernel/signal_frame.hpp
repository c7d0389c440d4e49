/// The frame that a signal handler runs on, and its undoing.
#pragma once

#include "emulator/cpu/cpuid.hpp"
#include "emulator/kernel/signals.hpp"
#include "emulator/kernel/thread.hpp"
#include "emulator/memory/address_space.hpp"

namespace emulator::kernel {

/// Pushes an rt_sigframe and enters the handler. False when the stack cannot hold it.
bool push_signal_frame(const cpu::Profile& profile, memory::AddressSpace& memory, Thread& t,
                       const SigInfo& info, const SigAction& action);

/// rt_sigreturn(2): RSP is 8 above the frame. False when the frame is not one.
bool pop_signal_frame(const cpu::Profile& profile, memory::AddressSpace& memory, Thread& t);

/// Does RSP lie on the thread's alternate stack?
bool on_alt_stack(const Thread& t, u64 rsp);
/// SS_ONSTACK, SS_DISABLE or 0 (sas_ss_flags).
u32 alt_stack_state(const Thread& t, u64 rsp);

/// MINSIGSTKSZ
inline constexpr u64 kMinAltStack = 2048;

/// AT_MINSIGSTKSZ (arch/x86/kernel/signal.c, get_sigframe_size).
u64 signal_frame_size(const cpu::Profile& profile);

}  // namespace emulator::kernel
