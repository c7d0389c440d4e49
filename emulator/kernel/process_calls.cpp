// System calls on the process and the machine: who it is, what it may use, what it runs on.
#include <algorithm>
#include <cstring>

#include "emulator/kernel/clock.hpp"
#include "emulator/kernel/kernel.hpp"

namespace emulator::kernel {
namespace {

// -- who it is: process 1 of the box, alone in its group and session, running as root --

constexpr i32 kParent = 0, kGroup = 1, kSession = 1;

SysResult getpid(Kernel& k, Thread&, const Args&) { return static_cast<u64>(k.pid()); }
SysResult getppid(Kernel&, Thread&, const Args&) { return static_cast<u64>(kParent); }
SysResult getpgrp(Kernel&, Thread&, const Args&) { return static_cast<u64>(kGroup); }
SysResult getuid(Kernel&, Thread&, const Args&) { return u64{kUserId}; }
SysResult getgid(Kernel&, Thread&, const Args&) { return u64{kGroupId}; }

SysResult getpgid(Kernel& k, Thread&, const Args& a) {
  return a.as_int(0) == 0 || a.as_int(0) == k.pid() ? SysResult(u64{kGroup})
                                                    : SysResult(Errno::esrch);
}

SysResult getsid(Kernel& k, Thread&, const Args& a) {
  return a.as_int(0) == 0 || a.as_int(0) == k.pid() ? SysResult(u64{kSession})
                                                    : SysResult(Errno::esrch);
}

/// The process leads its group and session already.
SysResult setsid(Kernel&, Thread&, const Args&) { return Errno::eperm; }
SysResult setpgid(Kernel&, Thread&, const Args&) { return Errno::eperm; }

SysResult getresuid(Kernel& k, Thread&, const Args& a) {
  for (std::size_t i = 0; i < 3; ++i)
    if (!k.memory().copy_out(a.addr(i), kUserId)) return Errno::efault;
  return 0;
}

SysResult getgroups(Kernel& k, Thread&, const Args& a) {
  if (a.as_int(0) < 0) return Errno::einval;
  if (a.as_int(0) == 0) return 1;
  if (!k.memory().copy_out(a.addr(1), kGroupId)) return Errno::efault;
  return 1;
}

/// Becoming who one already is.
SysResult setuid(Kernel&, Thread&, const Args& a) {
  return a.as_uint(0) == kUserId ? SysResult(0) : SysResult(Errno::eperm);
}
SysResult setresuid(Kernel&, Thread&, const Args& a) {
  for (std::size_t i = 0; i < 3; ++i)
    if (a.as_uint(i) != kUserId && a.as_uint(i) != ~u32{0}) return Errno::eperm;
  return 0;
}
SysResult setreuid(Kernel&, Thread&, const Args& a) {
  for (std::size_t i = 0; i < 2; ++i)
    if (a.as_uint(i) != kUserId && a.as_uint(i) != ~u32{0}) return Errno::eperm;
  return 0;
}
SysResult setgroups(Kernel&, Thread&, const Args&) { return Errno::eperm; }

/// Capability sets, all empty: root in name only.
SysResult capget(Kernel& k, Thread&, const Args& a) {
  constexpr u32 kVersion3 = 0x20080522;
  struct Header {
    u32 version;
    i32 pid;
  } header;
  struct Data {
    u32 effective, permitted, inheritable;
  };
  if (!k.memory().copy_in(a.addr(0), header)) return Errno::efault;
  if (header.version != kVersion3) {
    header.version = kVersion3;
    if (!k.memory().copy_out(a.addr(0), header)) return Errno::efault;
    return a[1] == 0 ? SysResult(0) : SysResult(Errno::einval);
  }
  if (header.pid != 0 && k.find_thread(header.pid) == nullptr) return Errno::esrch;
  if (a[1] != 0 && !k.memory().copy_out(a.addr(1), std::array<Data, 2>{})) return Errno::efault;
  return 0;
}

SysResult not_permitted(Kernel&, Thread&, const Args&) { return Errno::eperm; }

enum WaitOption : u32 {
  kNoHang = 1,
  kStopped = 2,
  kExited = 4,
  kContinued = 8,
  kNoWait = 0x01000000
};
constexpr u32 kLinuxWaitOptions = 0xe0000000;  // __WALL, __WCLONE, __WNOTHREAD

SysResult wait4(Kernel&, Thread&, const Args& a) {
  constexpr u32 kKnown = kNoHang | kStopped | kContinued | kLinuxWaitOptions;
  return (a.as_uint(2) & ~kKnown) != 0 ? Errno::einval : Errno::echild;
}

SysResult waitid(Kernel&, Thread&, const Args& a) {
  constexpr u32 kStates = kStopped | kExited | kContinued;
  const u32 options = a.as_uint(3);
  if ((options & ~(kNoHang | kNoWait | kStates | kLinuxWaitOptions)) != 0) return Errno::einval;
  return (options & kStates) == 0 ? Errno::einval : Errno::echild;
}

SysResult getpriority(Kernel& k, Thread&, const Args& a) {
  constexpr u64 kNiceZero = 20;  // 20 - nice
  if (a.as_uint(0) > 2) return Errno::einval;
  return a.as_int(1) == 0 || k.find_thread(a.as_int(1)) != nullptr ? SysResult(kNiceZero)
                                                                   : SysResult(Errno::esrch);
}

// -- what it runs on --

SysResult uname(Kernel& k, Thread&, const Args& a) {
  struct Utsname {
    char sysname[65], nodename[65], release[65], version[65], machine[65], domainname[65];
  };
  static_assert(sizeof(Utsname) == 390);
  const Utsname names{"Linux", "rt0", "6.1.0-rt0", "#1 SMP rt0", "x86_64", "(none)"};
  if (!k.memory().copy_out(a.addr(0), names)) return Errno::efault;
  return 0;
}

SysResult sysinfo(Kernel& k, Thread&, const Args& a) {
  struct Sysinfo {
    i64 uptime;
    u64 loads[3], totalram, freeram, sharedram, bufferram, totalswap, freeswap;
    u16 procs, pad;
    u32 pad2;
    u64 totalhigh, freehigh;
    u32 mem_unit, pad3;
  };
  static_assert(sizeof(Sysinfo) == 112);
  Sysinfo s{};
  s.uptime = timespec_of(k.now() + kUptime).seconds;
  s.totalram = k.memory().limit();
  s.freeram = k.memory().limit() - std::min(k.memory().limit(), k.memory().touched_bytes());
  s.procs = static_cast<u16>(std::min<std::size_t>(k.live_threads(), 65535));
  s.mem_unit = 1;
  if (!k.memory().copy_out(a.addr(0), s)) return Errno::efault;
  return 0;
}

// -- what it may use --

SysResult swap_limit(Kernel& k, u64 resource, Addr wanted, Addr old) {
  if (resource >= 16) return Errno::einval;
  Rlimit& limit = k.rlimit(resource);
  const Rlimit before = limit;
  if (wanted.value != 0) {
    Rlimit now;
    if (!k.memory().copy_in(wanted, now)) return Errno::efault;
    if (now.current > now.maximum) return Errno::einval;
    if (now.maximum > limit.maximum) return Errno::eperm;
    limit = now;
  }
  if (old.value != 0 && !k.memory().copy_out(old, before)) return Errno::efault;
  return 0;
}

SysResult getrlimit(Kernel& k, Thread&, const Args& a) {
  if (a[1] == 0) return Errno::efault;
  return swap_limit(k, a.as_uint(0), Addr(), a.addr(1));
}

SysResult setrlimit(Kernel& k, Thread&, const Args& a) {
  if (a[1] == 0) return Errno::efault;
  return swap_limit(k, a.as_uint(0), a.addr(1), Addr());
}

SysResult prlimit64(Kernel& k, Thread&, const Args& a) {
  if (a.as_int(0) != 0 && k.find_thread(a.as_int(0)) == nullptr) return Errno::esrch;
  return swap_limit(k, a.as_uint(1), a.addr(2), a.addr(3));
}

SysResult getrusage(Kernel& k, Thread& t, const Args& a) {
  enum Who : i32 { kSelf = 0, kChildren = -1, kThread = 1 };
  struct Rusage {
    Timeval user, system;
    i64 maxrss, rest[13];
  };
  static_assert(sizeof(Rusage) == 144);
  const i32 who = a.as_int(0);
  if (who != kSelf && who != kChildren && who != kThread) return Errno::einval;
  Rusage usage{};
  if (who != kChildren) {
    usage.user = timeval_of(who == kThread ? k.cpu_time(t) : k.cpu_time());
    usage.maxrss = static_cast<i64>(k.memory().touched_bytes() / 1024);
  }
  if (!k.memory().copy_out(a.addr(1), usage)) return Errno::efault;
  return 0;
}

// -- thread names, segment bases, randomness --

constexpr std::size_t kNameSize = 16;

/// At most 15 bytes and a NUL; nothing when they cannot be read.
std::optional<std::string> read_name(Kernel& k, Addr at) {
  std::string name;
  for (char c = 0; name.size() + 1 < kNameSize; name += c) {
    if (!k.memory().copy_in(at + name.size(), c)) return std::nullopt;
    if (c == 0) break;
  }
  return name;
}

SysResult prctl(Kernel& k, Thread& t, const Args& a) {
  enum Option : i32 {
    kSetPdeathsig = 1,
    kGetPdeathsig = 2,
    kGetDumpable = 3,
    kSetDumpable = 4,
    kSetName = 15,
    kGetName = 16,
    kSetNoNewPrivs = 38,
    kGetNoNewPrivs = 39,
    kSetVma = 0x53564d41,
  };
  switch (a.as_int(0)) {
    case kSetName: {
      const auto name = read_name(k, a.addr(1));
      if (!name) return Errno::efault;
      t.name = *name;
      return 0;
    }
    case kGetName: {
      std::array<char, kNameSize> name{};
      t.name.copy(name.data(), kNameSize - 1);
      if (!k.memory().copy_out(a.addr(1), name)) return Errno::efault;
      return 0;
    }
    case kSetVma:
      return a[1] == 0 ? SysResult(0) : SysResult(Errno::einval);  // names of mappings are not kept
    case kGetDumpable:
      return 1;
    case kSetDumpable:
      return a[1] <= 1 ? SysResult(0) : SysResult(Errno::einval);
    case kSetPdeathsig:
      return a[1] <= sig::max ? SysResult(0) : SysResult(Errno::einval);  // nobody's child
    case kSetNoNewPrivs:
      return a[1] == 1 ? SysResult(0) : SysResult(Errno::einval);
    case kGetNoNewPrivs:
      return 0;
    default:
      return Errno::einval;
  }
}

SysResult arch_prctl(Kernel& k, Thread& t, const Args& a) {
  enum Code : i32 { kSetGs = 0x1001, kSetFs = 0x1002, kGetFs = 0x1003, kGetGs = 0x1004 };
  u64& gs = t.regs.slots[cpu::kSlotGsBase];
  switch (a.as_int(0)) {
    case kSetFs:
    case kSetGs:
      if (a[1] >= memory::kUserEnd) return Errno::eperm;
      (a.as_int(0) == kSetFs ? t.regs.fs_base() : gs) = a[1];
      return 0;
    case kGetFs:
    case kGetGs:
      if (!k.memory().copy_out(a.addr(1), a.as_int(0) == kGetFs ? t.regs.fs_base() : gs))
        return Errno::efault;
      return 0;
    default:
      return Errno::einval;
  }
}

SysResult getrandom(Kernel& k, Thread&, const Args& a) {
  constexpr u32 kNonBlock = 1, kRandom = 2, kInsecure = 4;
  const u32 flags = a.as_uint(2);
  if ((flags & ~(kNonBlock | kRandom | kInsecure)) != 0) return Errno::einval;
  if ((flags & (kRandom | kInsecure)) == (kRandom | kInsecure)) return Errno::einval;
  const u64 count = std::min<u64>(a[1], 0x7fffffff);
  for (u64 done = 0; done < count;) {
    const u64 word = k.random(), n = std::min<u64>(sizeof(word), count - done);
    if (!k.memory().copy_out(a.addr(0) + done, std::span(reinterpret_cast<const u8*>(&word), n)))
      return done == 0 ? SysResult(Errno::efault) : SysResult(done);
    done += n;
  }
  return count;
}

SysResult personality(Kernel&, Thread&, const Args& a) {
  return a.as_uint(0) == 0 || a.as_uint(0) == ~u32{0} ? SysResult(0) : SysResult(Errno::einval);
}

constexpr SyscallRow kRows[] = {
    {39, "getpid", "", getpid},
    {61, "wait4", "pid:int wstatus:ptr options:hex rusage:ptr", wait4},
    {63, "uname", "buf:ptr", uname},
    {97, "getrlimit", "resource:int rlim:ptr", getrlimit},
    {98, "getrusage", "who:int usage:ptr", getrusage},
    {99, "sysinfo", "info:ptr", sysinfo},
    {101, "ptrace", "request:int pid:int addr:addr data:ptr", not_permitted},
    {102, "getuid", "", getuid},
    {104, "getgid", "", getgid},
    {105, "setuid", "uid:uint", setuid},
    {106, "setgid", "gid:uint", setuid},
    {107, "geteuid", "", getuid},
    {108, "getegid", "", getgid},
    {109, "setpgid", "pid:int pgid:int", setpgid},
    {110, "getppid", "", getppid},
    {111, "getpgrp", "", getpgrp},
    {112, "setsid", "", setsid},
    {113, "setreuid", "ruid:uint euid:uint", setreuid},
    {114, "setregid", "rgid:uint egid:uint", setreuid},
    {115, "getgroups", "size:int list:ptr", getgroups},
    {116, "setgroups", "size:int list:ptr", setgroups},
    {117, "setresuid", "ruid:uint euid:uint suid:uint", setresuid},
    {118, "getresuid", "ruid:ptr euid:ptr suid:ptr", getresuid},
    {119, "setresgid", "rgid:uint egid:uint sgid:uint", setresuid},
    {120, "getresgid", "rgid:ptr egid:ptr sgid:ptr", getresuid},
    {121, "getpgid", "pid:int", getpgid},
    {124, "getsid", "pid:int", getsid},
    {125, "capget", "hdrp:ptr datap:ptr", capget},
    {126, "capset", "hdrp:ptr datap:ptr", not_permitted},
    {135, "personality", "persona:hex", personality},
    {140, "getpriority", "which:int who:int", getpriority},
    {141, "setpriority", "which:int who:int prio:int", not_permitted},
    {157, "prctl", "option:int arg2:hex arg3:hex arg4:hex arg5:hex", prctl},
    {158, "arch_prctl", "code:hex addr:addr", arch_prctl},
    {160, "setrlimit", "resource:int rlim:ptr", setrlimit},
    {170, "sethostname", "name:ptr len:size", not_permitted},
    {247, "waitid", "idtype:int id:int infop:ptr options:hex", waitid},
    {302, "prlimit64", "pid:int resource:int new_limit:ptr old_limit:ptr", prlimit64},
    {318, "getrandom", "buf:ptr buflen:size flags:hex", getrandom},
};

}  // namespace

std::span<const SyscallRow> process_calls() { return kRows; }

}  // namespace emulator::kernel
