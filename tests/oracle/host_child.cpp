#include "tests/oracle/host_child.hpp"

#if defined(__x86_64__) && defined(__linux__)

#include <sys/mman.h>
#include <sys/ucontext.h>
#include <ucontext.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>

// How it works: the child executes INT3, and from then on lives inside its signal handler. The
// handler is given a signal frame, which is the complete state of the processor; it writes the
// first case into that frame and returns, so that the kernel loads every register at once. The
// instruction ends in a breakpoint, a single-step trap or a fault: a signal, whose frame is the
// outcome. The handler notes it and writes the next case into the frame. After the last case it
// puts the first frame back and the child is where it was.
//
// The FS base is not in the frame. The handler loads the C library's own before anything else, with
// RDFSBASE and WRFSBASE (Linux 5.9, HWCAP2_FSGSBASE), and must not touch thread-local storage
// before.

#if defined(__clang__)
#define RT0_BARE __attribute__((noinline, no_sanitize("address", "undefined")))
#else
#define RT0_BARE __attribute__((noinline, no_stack_protector, no_sanitize("address", "undefined")))
#endif

namespace tests::oracle {
namespace {

// Offsets into the XSAVE area of a signal frame (SDM vol. 1, 13.4; linux/arch/x86 sigcontext.h).
constexpr u64 kMxcsrAt = 24;
constexpr u64 kXmmAt = 160;
constexpr u64 kFrameSizeAt = 468;  // _fpx_sw_bytes.extended_size
constexpr u64 kXstateBvAt = 512;
constexpr u64 kYmmHighAt = 576;
constexpr u64 kMostFrame = 16384;
constexpr u64 kTrapFlag = 0x100;
constexpr u64 kAlwaysSet = 0x202;  // bit 1 and IF

constexpr std::array<int, 16> kGregs = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP,
                                        REG_RSI, REG_RDI, REG_R8,  REG_R9,  REG_R10, REG_R11,
                                        REG_R12, REG_R13, REG_R14, REG_R15};

struct Child {
  Mailbox* mailbox = nullptr;
  u8* data = nullptr;  // the data pages again, writable throughout
  u8* code = nullptr;  // the code page again, writable
  DataImage initial;
  DataImage before;  // of the case under way
  bool inside = false;
  u64 host_fs = 0;
  gregset_t host_gregs = {};
  u64 host_frame_size = 0;
  std::array<u8, kMostFrame> host_frame;
};
Child child;  // a signal handler has nowhere else to look

template <class T>
T load(const u8* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

u8* xsave_area(ucontext_t& frame) { return reinterpret_cast<u8*>(frame.uc_mcontext.fpregs); }

void save_host(ucontext_t& frame) {
  std::memcpy(&child.host_gregs, &frame.uc_mcontext.gregs, sizeof child.host_gregs);
  child.host_frame_size = load<u32>(xsave_area(frame) + kFrameSizeAt);
  if (child.host_frame_size > kMostFrame) _exit(4);
  std::memcpy(child.host_frame.data(), xsave_area(frame), child.host_frame_size);
}

void restore_host(ucontext_t& frame) {
  std::memcpy(&frame.uc_mcontext.gregs, &child.host_gregs, sizeof child.host_gregs);
  std::memcpy(xsave_area(frame), child.host_frame.data(), child.host_frame_size);
}

void load_state(const CpuState& state, ucontext_t& frame) {
  auto& gregs = frame.uc_mcontext.gregs;
  for (u64 r = 0; r < 16; ++r) gregs[kGregs[r]] = static_cast<greg_t>(state.gpr[r]);
  gregs[REG_RIP] = static_cast<greg_t>(state.rip);
  gregs[REG_EFL] = static_cast<greg_t>(state.rflags | kAlwaysSet);
  u8* area = xsave_area(frame);
  std::memcpy(area + kMxcsrAt, &state.mxcsr, 4);
  for (u64 r = 0; r < 16; ++r) {
    std::memcpy(area + kXmmAt + 16 * r, state.ymm[r].data(), 16);
    std::memcpy(area + kYmmHighAt + 16 * r, state.ymm[r].data() + 2, 16);
  }
  // x87 as it is; SSE and AVX from the frame; everything above them in its initial state.
  const u64 present = (load<u64>(area + kXstateBvAt) & 1) | 6;
  std::memcpy(area + kXstateBvAt, &present, 8);
}

void save_state(ucontext_t& frame, CpuState& state) {
  const auto& gregs = frame.uc_mcontext.gregs;
  for (u64 r = 0; r < 16; ++r) state.gpr[r] = static_cast<u64>(gregs[kGregs[r]]);
  state.rip = static_cast<u64>(gregs[REG_RIP]);
  state.rflags = static_cast<u64>(gregs[REG_EFL]) & kComparedFlags;
  const u8* area = xsave_area(frame);
  state.mxcsr = load<u32>(area + kMxcsrAt);
  const u64 present = load<u64>(area + kXstateBvAt);
  for (u64 r = 0; r < 16; ++r) {
    state.ymm[r] = {};
    if ((present & 2) != 0) std::memcpy(state.ymm[r].data(), area + kXmmAt + 16 * r, 16);
    if ((present & 4) != 0) std::memcpy(state.ymm[r].data() + 2, area + kYmmHighAt + 16 * r, 16);
  }
}

/// How much of the instruction lies in the page.
u64 code_room(const Case& one) { return std::min<u64>(one.length, kCodeEnd - one.before.rip); }

void begin(const Case& one, ucontext_t& frame) {
  std::memcpy(child.code + (one.before.rip - kCodeBase), one.code.data(), code_room(one));
  for (const Patch& patch : one.data()) {
    std::memcpy(child.data + patch.offset, patch.bytes.data(), patch.size);
    std::memcpy(child.before.data() + patch.offset, patch.bytes.data(), patch.size);
  }
  load_state(one.before, frame);
  if (one.stop == Stop::kSingleStep)
    frame.uc_mcontext.gregs[REG_EFL] |= static_cast<greg_t>(kTrapFlag);
}

/// Whether the signal is the one that ends an instruction that ran to its end.
bool is_the_end(const Case& one, int signal, int code, u64 rip) {
  if (signal != SIGTRAP) return false;
  if (one.stop == Stop::kSingleStep) return code == TRAP_TRACE;
  return code == SI_KERNEL && rip == one.before.rip + one.length + 1;
}

void finish(const Case& one, Outcome& outcome, int signal, const siginfo_t& info,
            ucontext_t& frame) {
  save_state(frame, outcome.after);
  outcome.fault = {};
  if (!is_the_end(one, signal, info.si_code, outcome.after.rip))
    outcome.fault = {signal, info.si_code, reinterpret_cast<u64>(info.si_addr)};
  else if (one.stop == Stop::kBreakpoint)
    --outcome.after.rip;

  const bool fits = find_written(child.before.data(), child.data, outcome.written);
  outcome.ending = fits ? Ending::kRan : Ending::kLost;
  std::memset(child.code + (one.before.rip - kCodeBase), 0xcc, code_room(one));
  if (!fits) std::memcpy(child.data, child.before.data(), kDataSize);
  std::memcpy(child.data + outcome.written.offset, child.before.data() + outcome.written.offset,
              outcome.written.size);
  for (const Patch& patch : one.data()) {
    std::memcpy(child.data + patch.offset, child.initial.data() + patch.offset, patch.size);
    std::memcpy(child.before.data() + patch.offset, child.initial.data() + patch.offset,
                patch.size);
  }
}

/// With the C library's FS base in place: ends one case, begins the next. Returns the FS base to
/// go on with; `guest_fs` is the one the instruction left.
__attribute__((noinline)) u64 next_case(int signal, siginfo_t* info, ucontext_t* frame,
                                        u64 guest_fs) {
  Mailbox& mailbox = *child.mailbox;
  if (!child.inside) {
    if (signal != SIGTRAP) _exit(5);
    save_host(*frame);
    child.inside = true;
  } else {
    Slot& slot = mailbox.slots[mailbox.done];
    finish(slot.stimulus, slot.outcome, signal, *info, *frame);
    slot.outcome.after.fs_base = guest_fs;
    ++mailbox.done;
  }
  if (mailbox.done == mailbox.count) {
    restore_host(*frame);
    child.inside = false;
    return child.host_fs;
  }
  const Case& one = mailbox.slots[mailbox.done].stimulus;
  begin(one, *frame);
  return one.before.fs_base;
}

RT0_BARE void on_signal(int signal, siginfo_t* info, void* frame) {
  // POPF may have set AC, which the handler's own accesses would not survive, or NT and ID, which
  // the kernel's sigreturn leaves as they are.
  asm volatile(
      "lea -128(%%rsp), %%rsp\n\t"
      "pushfq\n\t"
      "andl $0xffdbbfff, (%%rsp)\n\t"
      "popfq\n\t"
      "lea 128(%%rsp), %%rsp"
      :
      :
      : "cc", "memory");
  u64 fs;
  asm volatile("rdfsbase %0" : "=r"(fs));
  asm volatile("wrfsbase %0" : : "r"(child.host_fs) : "memory");
  fs = next_case(signal, info, static_cast<ucontext_t*>(frame), fs);
  asm volatile("wrfsbase %0" : : "r"(fs) : "memory");
}

/// The page at a fixed address, and the same bytes once more, writable. Null when refused.
u8* map_twice(u64 address, u64 size, int protection) {
  const int file = memfd_create("rt0-oracle", MFD_CLOEXEC);
  if (file < 0 || ftruncate(file, static_cast<off_t>(size)) != 0) return nullptr;
  void* wanted = reinterpret_cast<void*>(address);
  void* there = mmap(wanted, size, protection, MAP_SHARED | MAP_FIXED_NOREPLACE, file, 0);
  void* again = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  return there == wanted && again != MAP_FAILED ? static_cast<u8*>(again) : nullptr;
}

bool prepare(Mailbox& mailbox) {
  child.mailbox = &mailbox;
  child.data = map_twice(kDataBase, kDataSize, PROT_READ | PROT_WRITE);
  child.code = map_twice(kCodeBase, kPage, PROT_READ | PROT_EXEC);
  if (child.data == nullptr || child.code == nullptr) return false;
  void* read_only = reinterpret_cast<void*>(kDataBase + kReadOnlyPage * kPage);
  if (mprotect(read_only, kPage, PROT_READ) != 0) return false;
  child.initial = child.before = initial_data();
  std::memcpy(child.data, child.initial.data(), kDataSize);
  std::memset(child.code, 0xcc, kPage);

  static std::array<u8, 128 * 1024> stack;
  stack_t alternate = {};
  alternate.ss_sp = stack.data();
  alternate.ss_size = stack.size();
  if (sigaltstack(&alternate, nullptr) != 0) return false;
  struct sigaction action = {};
  action.sa_sigaction = on_signal;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  for (const int signal : {SIGTRAP, SIGSEGV, SIGBUS, SIGILL, SIGFPE})
    if (sigaction(signal, &action, nullptr) != 0) return false;
  asm volatile("rdfsbase %0" : "=r"(child.host_fs));
  return true;
}

}  // namespace

void host_child(Mailbox& mailbox, int channel) {
  if (!prepare(mailbox)) _exit(3);
  char byte = 'r';
  while (write(channel, &byte, 1) == 1 && read(channel, &byte, 1) == 1)
    if (mailbox.count != 0) asm volatile("int3" : : : "memory");
  _exit(0);
}

}  // namespace tests::oracle

#endif
