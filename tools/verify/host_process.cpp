#include "tools/verify/host_process.hpp"

#if defined(__x86_64__) && defined(__linux__)

#include <elf.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "emulator/base/error.hpp"
#include "emulator/memory/address_space.hpp"
#include "tools/verify/own_program.hpp"

namespace rt0::verify {
namespace {

using emulator::base::user_error;
using emulator::base::UserError;

// Offsets into an XSAVE area in standard form (SDM vol. 1, 13.4).
constexpr std::size_t kMxcsrAt = 24, kXmmAt = 160, kXstateBvAt = 512, kYmmHighAt = 576;
constexpr std::size_t kLeastXsave = kYmmHighAt + 16 * 16;
constexpr u64 kSseAndAvx = 6;
constexpr u64 kStatesBeyondX87 = ~u64{1};
constexpr int kRefusedTrace = 3, kRefusedExec = 4;

/// The bits that a guest may see in RFLAGS.
constexpr u64 kGuestFlags = emulator::cpu::kStatusFlags | emulator::cpu::kDF | emulator::cpu::kAC |
                            emulator::cpu::kID | emulator::cpu::kFixedFlags;

/// What the child does between fork and exec: nothing that allocates.
[[noreturn]] void become_own_program(int program) {
  ::setsid();  // the terminal's signals are not for it
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) ::_exit(kRefusedTrace);
  char* const none[] = {nullptr};
  ::syscall(SYS_execveat, program, "", none, none, AT_EMPTY_PATH);
  ::_exit(kRefusedExec);
}

/// Parent and child on one processor: waking each other across processors costs more than a step.
void stay_on_one_cpu() {
  const int cpu = ::sched_getcpu();
  if (cpu < 0) return;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(cpu, &one);
  ::sched_setaffinity(0, sizeof one, &one);
}

bool is_fault(int signal) {
  return signal == SIGSEGV || signal == SIGBUS || signal == SIGFPE || signal == SIGILL;
}

}  // namespace

struct HostProcess::Machinery {
  user_regs_struct registers{};  // segments and the rest that the guest never sees
  alignas(64) std::array<u8, 16384> xsave{};
  std::size_t xsave_size = 0;
};

std::optional<std::string> host_refusal(const emulator::cpu::Profile& profile) {
  using emulator::cpu::Level;
  __builtin_cpu_init();
  if (!__builtin_cpu_supports("avx")) return "this host's CPU has no AVX, which verify needs";
  if (profile.level >= Level::v2 &&
      !(__builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("popcnt")))
    return "this host's CPU is not of level x86-64-v2";
  if (profile.level >= Level::v3 &&
      !(__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
        __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("fma")))
    return "this host's CPU is not of level x86-64-v3 (choose a lower one with --cpu)";
  return std::nullopt;
}

HostProcess::HostProcess(int memory_file, int empty_file)
    : memory_file_(memory_file),
      empty_file_(empty_file),
      machinery_(std::make_unique<Machinery>()) {
  const int program = ::memfd_create("rt0-verify", MFD_CLOEXEC);
  const auto bytes = own_program(kOwnPage);
  if (program < 0 ||
      ::write(program, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()))
    user_error("verify: cannot make a file in memory: {}", std::strerror(errno));
  stay_on_one_cpu();
  pid_ = ::fork();
  if (pid_ == 0) become_own_program(program);
  ::close(program);
  if (pid_ < 0) user_error("verify: cannot start a process: {}", std::strerror(errno));
  begin();
}

HostProcess::~HostProcess() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  while (::waitpid(pid_, nullptr, __WALL) < 0 && errno == EINTR) {
  }
}

void HostProcess::begin() {
  while (::waitpid(pid_, &status_, __WALL) < 0 && errno == EINTR) {
  }
  if (!WIFSTOPPED(status_)) {
    const bool exec = WIFEXITED(status_) && WEXITSTATUS(status_) == kRefusedExec;
    pid_ = -1;
    user_error("verify: this host does not let one process {}",
               exec ? "execute a program from memory" : "trace another (ptrace is refused)");
  }
  if (::ptrace(PTRACE_SETOPTIONS, pid_, nullptr, PTRACE_O_EXITKILL) != 0)
    user_error("verify: ptrace is refused: {}", std::strerror(errno));
  ::ptrace(PTRACE_GETREGS, pid_, nullptr, &machinery_->registers);
  vectors();
  if (machinery_->xsave_size < kLeastXsave)
    user_error("verify: this host's kernel has no AVX state");
  clear_out();
}

/// Unmaps what exec has mapped: the stack and the vDSO.
void HostProcess::clear_out() {
  unmap(Addr(0), kOwnPage);
  const u64 behind = kOwnPage + emulator::base::kPageSize;
  unmap(Addr(behind), emulator::memory::kUserEnd - behind);
}

void HostProcess::wait_for_stop() {
  while (::waitpid(pid_, &status_, __WALL) < 0)
    if (errno != EINTR) user_error("verify: lost the host process: {}", std::strerror(errno));
  if (WIFSTOPPED(status_)) return;
  pid_ = -1;
  throw UserError("verify: somebody killed the host process");
}

Trap HostProcess::step() { return resume(PTRACE_SINGLESTEP, {}); }

Trap HostProcess::run_to(std::span<const u64> stops) { return resume(PTRACE_CONT, stops); }

Trap HostProcess::resume(int request, std::span<const u64> stops) {
  while (true) {
    if (::ptrace(static_cast<__ptrace_request>(request), pid_, nullptr, nullptr) != 0)
      user_error("verify: cannot step the host process: {}", std::strerror(errno));
    wait_for_stop();
    read_general();
    const int signal = WSTOPSIG(status_);
    const bool arrived = std::find(stops.begin(), stops.end(), general_.rip) != stops.end();
    if (signal == SIGTRAP || (signal == SIGSEGV && arrived)) return {SIGTRAP, 0, 0};
    if (!is_fault(signal)) continue;  // sent by somebody outside: not the guest's business
    siginfo_t info{};
    ::ptrace(PTRACE_GETSIGINFO, pid_, nullptr, &info);
    if (info.si_code > 0) return {signal, info.si_code, reinterpret_cast<u64>(info.si_addr)};
  }
}

void HostProcess::read_general() {
  user_regs_struct& r = machinery_->registers;
  ::ptrace(PTRACE_GETREGS, pid_, nullptr, &r);
  general_ = {{r.rax, r.rcx, r.rdx, r.rbx, r.rsp, r.rbp, r.rsi, r.rdi, r.r8, r.r9, r.r10, r.r11,
               r.r12, r.r13, r.r14, r.r15},
              r.rip,
              r.eflags & kGuestFlags,
              r.fs_base,
              r.gs_base};
  known_ = true;
}

void HostProcess::load(const General& g) {
  if (known_ && g == general_) return;
  user_regs_struct& r = machinery_->registers;
  unsigned long long* const places[16] = {&r.rax, &r.rcx, &r.rdx, &r.rbx, &r.rsp, &r.rbp,
                                          &r.rsi, &r.rdi, &r.r8,  &r.r9,  &r.r10, &r.r11,
                                          &r.r12, &r.r13, &r.r14, &r.r15};
  for (std::size_t i = 0; i < 16; ++i) *places[i] = g.gpr[i];
  r.rip = g.rip, r.eflags = g.rflags, r.fs_base = g.fs_base, r.gs_base = g.gs_base;
  r.orig_rax = ~0ull;  // in no system call, so nothing is restarted
  if (::ptrace(PTRACE_SETREGS, pid_, nullptr, &r) != 0)
    user_error("verify: the host refuses registers: {}", std::strerror(errno));
  general_ = g;
  known_ = true;
}

Vectors HostProcess::vectors() {
  iovec io{machinery_->xsave.data(), machinery_->xsave.size()};
  if (::ptrace(PTRACE_GETREGSET, pid_, NT_X86_XSTATE, &io) != 0)
    user_error("verify: cannot read the host's vector registers: {}", std::strerror(errno));
  machinery_->xsave_size = io.iov_len;
  const u8* const area = machinery_->xsave.data();
  Vectors v;
  u64 present = 0;
  std::memcpy(&present, area + kXstateBvAt, 8);
  std::memcpy(&v.mxcsr, area + kMxcsrAt, 4);
  for (std::size_t i = 0; i < 16; ++i) {
    u8* const to = v.ymm[i].bytes.data();
    if ((present & 2) != 0) std::memcpy(to, area + kXmmAt + 16 * i, 16);
    if ((present & 4) != 0) std::memcpy(to + 16, area + kYmmHighAt + 16 * i, 16);
  }
  return v;
}

/// x87 stays as it is; everything beyond AVX goes to its initial state.
void HostProcess::load(const Vectors& v) {
  vectors();
  u8* const area = machinery_->xsave.data();
  u64 present = 0;
  std::memcpy(&present, area + kXstateBvAt, 8);
  present = (present & ~kStatesBeyondX87) | kSseAndAvx;
  std::memcpy(area + kXstateBvAt, &present, 8);
  std::memcpy(area + kMxcsrAt, &v.mxcsr, 4);
  for (std::size_t i = 0; i < 16; ++i) {
    std::memcpy(area + kXmmAt + 16 * i, v.ymm[i].bytes.data(), 16);
    std::memcpy(area + kYmmHighAt + 16 * i, v.ymm[i].bytes.data() + 16, 16);
  }
  iovec io{area, machinery_->xsave_size};
  if (::ptrace(PTRACE_SETREGSET, pid_, NT_X86_XSTATE, &io) != 0)
    user_error("verify: the host refuses vector registers: {}", std::strerror(errno));
}

u64 HostProcess::system_call(const char* name, u64 number, std::array<u64, 6> a) {
  using enum emulator::cpu::Gpr;
  General g;
  g.gpr[rax] = number, g.gpr[rdi] = a[0], g.gpr[rsi] = a[1], g.gpr[rdx] = a[2];
  g.gpr[r10] = a[3], g.gpr[r8] = a[4], g.gpr[r9] = a[5];
  g.rip = kOwnPage + kOwnHeaders, g.rflags = emulator::cpu::kFixedFlags;
  load(g);
  const Trap trap = step();
  known_ = false;
  const auto result = static_cast<emulator::i64>(general_.gpr[rax]);
  if (trap.signal != SIGTRAP)
    user_error("verify: {} in the host process: signal {}", name, trap.signal);
  if (result < 0 && result > -4096)
    user_error("verify: {} at {:#x} in the host process: {}", name, a[0],
               std::strerror(static_cast<int>(-result)));
  return static_cast<u64>(result);
}

namespace {

u64 prot_of(u8 protection) {
  u64 prot = PROT_NONE;
  if ((protection & emulator::memory::kRead) != 0) prot |= PROT_READ;
  if ((protection & emulator::memory::kWrite) != 0) prot |= PROT_WRITE;
  if ((protection & emulator::memory::kExec) != 0) prot |= PROT_EXEC;
  return prot;
}

}  // namespace

void HostProcess::map_file(int file, Addr start, u64 length, u8 protection, u64 offset) {
  if (start.value <= kOwnPage && kOwnPage < start.value + length)
    user_error("verify: the guest maps {:#x}, where the host process has its own page", kOwnPage);
  constexpr u64 kFlags = MAP_SHARED | MAP_FIXED | MAP_NORESERVE;
  system_call("mmap", SYS_mmap,
              {start.value, length, prot_of(protection), kFlags, static_cast<u64>(file), offset});
}

void HostProcess::map(Addr start, u64 length, u8 protection) {
  map_file(memory_file_, start, length, protection, start.value);
}

void HostProcess::map_beyond_end(Addr start, u64 length, u8 protection) {
  map_file(empty_file_, start, length, protection, 0);
}

void HostProcess::unmap(Addr start, u64 length) {
  const u64 end = start.value + length, behind = kOwnPage + emulator::base::kPageSize;
  if (start.value < kOwnPage)
    system_call("munmap", SYS_munmap, {start.value, std::min(end, kOwnPage) - start.value});
  const u64 rest = std::max(start.value, behind);
  if (rest < end) system_call("munmap", SYS_munmap, {rest, end - rest});
}

void HostProcess::protect(Addr start, u64 length, u8 protection) {
  system_call("mprotect", SYS_mprotect, {start.value, length, prot_of(protection)});
}

}  // namespace rt0::verify

#endif
