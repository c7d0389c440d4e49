/// The system call table: one row a call. The row is dispatch, the strace line and the
/// documentation page.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/kernel/errno.hpp"
#include "emulator/kernel/thread.hpp"
#include "emulator/memory/address_space.hpp"

namespace emulator::kernel {

class Kernel;

/// The six argument registers: RDI, RSI, RDX, R10, R8, R9 (syscall(2)).
struct Args {
  std::array<u64, 6> a;
  u64 operator[](std::size_t i) const { return a[i]; }
  i32 fd(std::size_t i) const { return static_cast<i32>(a[i]); }
  i32 as_int(std::size_t i) const { return static_cast<i32>(a[i]); }
  u32 as_uint(std::size_t i) const { return static_cast<u32>(a[i]); }
  Addr addr(std::size_t i) const { return Addr(a[i]); }
};

using SyscallFunction = SysResult (*)(Kernel&, Thread&, const Args&);

struct SyscallRow {
  u16 number;
  std::string_view name;        // as in the man page
  std::string_view parameters;  // "fd:fd buf:out count:size": names and kinds, for the strace line
  SyscallFunction run;
};

// One list a topic, a file each.
std::span<const SyscallRow>
file_calls();  // open, read, write, stat, getdents, mkdir … (files.cpp, file_names.cpp …)
std::span<const SyscallRow> event_calls();  // pipe2, epoll_*, eventfd2, poll, select
std::span<const SyscallRow>
memory_calls();  // mmap, munmap, mprotect, madvise, mremap, brk, mincore …
std::span<const SyscallRow>
thread_calls();  // clone, futex, gettid, exit, sched_*, set_tid_address …
std::span<const SyscallRow> signal_calls();  // rt_sig*, sigaltstack, kill, tgkill
std::span<const SyscallRow> time_calls();    // clock_*, nanosleep, gettimeofday, times
std::span<const SyscallRow> timer_calls();   // setitimer, alarm, timer_*
std::span<const SyscallRow>
process_calls();  // getpid, uname, getrlimit, prctl, sysinfo, getrandom, arch_prctl …

/// The row of a number, or null: the call answers ENOSYS.
const SyscallRow* find_syscall(u64 number);

/// " (socket)" for a Linux call that has no row, else nothing: for the notice.
std::string unmodelled_name(u64 number);

/// The arguments as the strace line shows them, one text each.
std::vector<std::string> argument_texts(const memory::AddressSpace& memory, const SyscallRow& row,
                                        const Args& args, const SysResult& result);

/// "openat(AT_FDCWD, \"/etc/hosts\", 0x0, 0) = -ENOENT": arguments by their kinds, strings read
/// from the guest.
std::string strace_line(Kernel& kernel, const SyscallRow& row, const Args& args,
                        const SysResult& result);

}  // namespace emulator::kernel
