/// Structures and numbers that pass between guest and kernel, as x86-64 Linux lays them out
/// (include/uapi of Linux 6.1). Our own definitions: the host's headers need not be Linux's, nor of
/// this architecture.
#pragma once

#include "emulator/base/types.hpp"

namespace emulator::kernel {

struct Timespec {
  i64 seconds = 0, nanoseconds = 0;
};
static_assert(sizeof(Timespec) == 16);

struct Timeval {
  i64 seconds = 0, microseconds = 0;
};
static_assert(sizeof(Timeval) == 16);

struct Itimerspec {
  Timespec interval, value;
};
static_assert(sizeof(Itimerspec) == 32);

struct Itimerval {
  Timeval interval, value;
};
static_assert(sizeof(Itimerval) == 32);

/// sigaltstack(2)
struct StackT {
  u64 base = 0;
  i32 flags = 0;
  i32 padding = 0;
  u64 size = 0;
};
static_assert(sizeof(StackT) == 24);

/// The kernel's struct sigaction (rt_sigaction(2)), not the C library's.
struct SigactionT {
  u64 handler = 0, flags = 0, restorer = 0, mask = 0;
};
static_assert(sizeof(SigactionT) == 32);

struct Rlimit {
  u64 current = 0, maximum = 0;
};
static_assert(sizeof(Rlimit) == 16);

/// The user and group that the guest runs as: root, so that no permission bit of a mounted file
/// stands in its way that the host has not already decided on.
inline constexpr u32 kUserId = 0, kGroupId = 0;

inline constexpr i64 kNanosPerSecond = 1'000'000'000;

}  // namespace emulator::kernel
