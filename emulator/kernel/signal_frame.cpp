// The rt_sigframe of x86-64 Linux: arch/x86/kernel/signal_64.c (setup_rt_frame,
// restore_sigcontext), arch/x86/kernel/fpu/signal.c (the floating point part),
// arch/x86/include/uapi/asm/sigcontext.h (the layout).
#include "emulator/kernel/signal_frame.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "emulator/kernel/abi.hpp"

namespace emulator::kernel {
namespace {

using cpu::Gpr;
using cpu::Registers;

/// struct sigcontext_64. The order of the registers is the kernel's.
struct SigContext {
  u64 r8, r9, r10, r11, r12, r13, r14, r15, di, si, bp, bx, dx, ax, cx, sp, ip, flags;
  u16 cs, gs, fs, ss;
  u64 err, trapno, oldmask, cr2, fpstate, reserved[8];
};
static_assert(sizeof(SigContext) == 256);

struct UContext {
  u64 flags, link;
  StackT stack;
  SigContext context;
  u64 mask;
};
static_assert(sizeof(UContext) == 304);

struct SentFields {  // kill, tgkill, rt_sigqueueinfo
  i32 pid, uid;
  u64 value;
};

struct TimerFields {
  i32 id, overrun;
  u64 value;
};

/// siginfo_t: three numbers, a union, and padding to 128 bytes.
struct SigInfoT {
  i32 signo, error, code, padding;
  union {
    SentFields sent;
    TimerFields timer;
    u64 address;  // faults
  };
  u8 rest[96];
};
static_assert(sizeof(SigInfoT) == 128);

struct SigFrame {
  u64 pretcode;
  UContext uc;
  SigInfoT info;
};
static_assert(sizeof(SigFrame) == 440);

/// FXSAVE's image (SDM vol. 1, 10.5.1), its last 48 bytes as the kernel uses them (struct
/// _fpx_sw_bytes).
struct FxArea {
  u16 fcw, fsw;
  u8 ftw, reserved0;
  u16 fop;
  u64 fip, fdp;
  u32 mxcsr, mxcsr_mask;
  u8 st[128];
  u8 xmm[16][16];
  u8 reserved1[48];
  u32 magic1, extended_size;
  u64 xfeatures;
  u32 xstate_size, padding[7];
};
static_assert(sizeof(FxArea) == 512);

/// XSAVE, standard form, with AVX state (SDM vol. 1, 13.4).
struct XsaveArea {
  FxArea fx;
  u64 xstate_bv, xcomp_bv, reserved[6];
  u8 ymm_high[16][16];
};
static_assert(sizeof(XsaveArea) == 832);

constexpr u32 kMagic1 = 0x46505853, kMagic2 = 0x46505845;
constexpr u64 kUcFpXstate = 1, kUcSigcontextSs = 2, kUcStrictRestoreSs = 4;
constexpr u16 kUserCs = 0x33, kUserSs = 0x2b;
constexpr u64 kRedZone = 128;
constexpr u32 kMxcsrMask = 0xffff;
constexpr u32 kSsOnStack = 1, kSsDisable = 2, kSsAutodisarm = u32{1} << 31;
constexpr u64 kXFeatureAvx = 4;

bool has_xsave(const cpu::Profile& profile) { return cpu::has_osxsave(profile); }

u64 fp_size(const cpu::Profile& profile) {
  return has_xsave(profile) ? sizeof(XsaveArea) + sizeof(kMagic2) : sizeof(FxArea);
}

SigContext context_of(const Thread& t, u64 fpstate) {
  const Registers& r = t.regs;
  SigContext c{};
  c.r8 = r[Gpr::r8], c.r9 = r[Gpr::r9], c.r10 = r[Gpr::r10], c.r11 = r[Gpr::r11];
  c.r12 = r[Gpr::r12], c.r13 = r[Gpr::r13], c.r14 = r[Gpr::r14], c.r15 = r[Gpr::r15];
  c.di = r[Gpr::rdi], c.si = r[Gpr::rsi], c.bp = r[Gpr::rbp], c.bx = r[Gpr::rbx];
  c.dx = r[Gpr::rdx], c.ax = r[Gpr::rax], c.cx = r[Gpr::rcx], c.sp = r[Gpr::rsp];
  c.ip = r.rip, c.flags = r.rflags();
  c.cs = kUserCs, c.ss = kUserSs;
  c.err = t.error_code, c.trapno = t.trap_number, c.cr2 = t.fault_address;
  c.oldmask = t.saved_mask.value_or(t.mask);
  c.fpstate = fpstate;
  return c;
}

void restore_context(Registers& r, const SigContext& c) {
  r[Gpr::r8] = c.r8, r[Gpr::r9] = c.r9, r[Gpr::r10] = c.r10, r[Gpr::r11] = c.r11;
  r[Gpr::r12] = c.r12, r[Gpr::r13] = c.r13, r[Gpr::r14] = c.r14, r[Gpr::r15] = c.r15;
  r[Gpr::rdi] = c.di, r[Gpr::rsi] = c.si, r[Gpr::rbp] = c.bp, r[Gpr::rbx] = c.bx;
  r[Gpr::rdx] = c.dx, r[Gpr::rax] = c.ax, r[Gpr::rcx] = c.cx, r[Gpr::rsp] = c.sp;
  r.rip = c.ip;
  r.set_rflags(c.flags);
}

XsaveArea fp_of(const Registers& r, const cpu::Profile& profile) {
  XsaveArea a{};
  a.fx.fcw = 0x37f;  // x87 is as FNINIT leaves it
  a.fx.mxcsr = r.mxcsr, a.fx.mxcsr_mask = kMxcsrMask;
  bool high = false;
  for (std::size_t i = 0; i < 16; ++i) {
    const auto& bytes = r.ymm[i].bytes;
    std::copy_n(bytes.begin(), 16, a.fx.xmm[i]);
    std::copy_n(bytes.begin() + 16, 16, a.ymm_high[i]);
    high |= std::any_of(bytes.begin() + 16, bytes.end(), [](u8 b) { return b != 0; });
  }
  if (has_xsave(profile)) {
    a.fx.magic1 = kMagic1, a.fx.extended_size = sizeof(XsaveArea) + sizeof(kMagic2);
    a.fx.xfeatures = cpu::xcr0(profile), a.fx.xstate_size = sizeof(XsaveArea);
    a.xstate_bv = 3 | (high ? kXFeatureAvx : 0);
  }
  return a;
}

void clear_fp(Registers& r) {
  r.ymm.fill({});
  r.mxcsr = cpu::kMxcsrDefault;
}

bool push_fp(const cpu::Profile& profile, memory::AddressSpace& memory, Addr at,
             const Registers& r) {
  const XsaveArea area = fp_of(r, profile);
  if (!has_xsave(profile)) return memory.copy_out(at, area.fx);
  return memory.copy_out(at, area) && memory.copy_out(at + sizeof(XsaveArea), kMagic2);
}

/// A frame without the kernel's two magic numbers is restored as plain FXSAVE
/// (check_xstate_in_sigframe).
bool restore_fp(const cpu::Profile& profile, memory::AddressSpace& memory, u64 at, Registers& r) {
  clear_fp(r);
  if (at == 0) return true;
  XsaveArea a{};
  if (!memory.copy_in(Addr(at), a.fx)) return false;
  bool extended =
      has_xsave(profile) && a.fx.magic1 == kMagic1 && a.fx.xstate_size == sizeof(XsaveArea);
  u32 magic2 = 0;
  extended = extended && memory.copy_in(Addr(at + sizeof(XsaveArea)), magic2) && magic2 == kMagic2;
  if (extended && !memory.copy_in(Addr(at), a)) return false;
  if ((a.fx.mxcsr & ~kMxcsrMask) != 0) return false;
  const u64 features = extended ? a.xstate_bv : 3;
  r.mxcsr = a.fx.mxcsr;
  for (std::size_t i = 0; i < 16; ++i) {
    auto& bytes = r.ymm[i].bytes;
    if ((features & 2) != 0) std::copy_n(a.fx.xmm[i], 16, bytes.begin());
    if ((features & kXFeatureAvx) != 0) std::copy_n(a.ymm_high[i], 16, bytes.begin() + 16);
  }
  return true;
}

SigInfoT info_of(const SigInfo& info) {
  SigInfoT out{};
  out.signo = info.signal, out.error = info.error, out.code = info.code;
  if (info.code == code::timer)
    out.timer = {info.timer_id, info.overrun, info.value};
  else if (info.code <= 0)
    out.sent = {info.pid, info.uid, info.value};
  else
    out.address = info.address.value;
  return out;
}

}  // namespace

bool on_alt_stack(const Thread& t, u64 rsp) {
  if ((t.alt_stack.flags & kSsAutodisarm) != 0) return false;
  return rsp > t.alt_stack.base.value && rsp - t.alt_stack.base.value <= t.alt_stack.size;
}

u32 alt_stack_state(const Thread& t, u64 rsp) {
  if (t.alt_stack.size == 0) return kSsDisable;
  return on_alt_stack(t, rsp) ? kSsOnStack : 0;
}

u64 signal_frame_size(const cpu::Profile& profile) {
  constexpr u64 kFramePadding = 15, kFpPadding = 63;
  return (sizeof(SigFrame) + kFramePadding + fp_size(profile) + kFpPadding + 15) & ~u64{15};
}

bool push_signal_frame(const cpu::Profile& profile, memory::AddressSpace& memory, Thread& t,
                       const SigInfo& info, const SigAction& action) {
  if ((action.flags & kSaRestorer) == 0) return false;  // there is no vDSO to return through
  Registers& r = t.regs;
  u64 sp = r[Gpr::rsp] - kRedZone;
  const bool nested = on_alt_stack(t, r[Gpr::rsp]);
  const bool entering = (action.flags & kSaOnStack) != 0 && alt_stack_state(t, sp) == 0;
  if (entering) sp = t.alt_stack.base.value + t.alt_stack.size;
  const u64 fp = (sp - fp_size(profile)) & ~u64{63};
  const u64 at = ((fp - sizeof(SigFrame)) & ~u64{15}) - 8;
  const bool inside =
      at > t.alt_stack.base.value && at - t.alt_stack.base.value <= t.alt_stack.size;
  if ((nested || entering) && !inside) return false;

  SigFrame frame{};
  frame.pretcode = action.restorer;
  frame.uc.flags = kUcSigcontextSs | kUcStrictRestoreSs | (has_xsave(profile) ? kUcFpXstate : 0);
  frame.uc.stack = {t.alt_stack.base.value, static_cast<i32>(t.alt_stack.flags), 0,
                    t.alt_stack.size};
  frame.uc.context = context_of(t, fp);
  frame.uc.mask = t.saved_mask.value_or(t.mask);
  if ((action.flags & kSaSiginfo) != 0) frame.info = info_of(info);
  if (!push_fp(profile, memory, Addr(fp), r) || !memory.copy_out(Addr(at), frame)) return false;

  t.saved_mask.reset();
  if ((t.alt_stack.flags & kSsAutodisarm) != 0) t.alt_stack = {};
  r[Gpr::rax] = 0;  // for variadic handlers: no vector arguments
  r[Gpr::rdi] = static_cast<u64>(info.signal);
  r[Gpr::rsi] = at + offsetof(SigFrame, info);
  r[Gpr::rdx] = at + offsetof(SigFrame, uc);
  r[Gpr::rsp] = at;
  r.rip = action.handler;
  r.set_rflags(r.rflags() & ~u64{cpu::kDF | cpu::kTF});
  clear_fp(r);
  return true;
}

bool pop_signal_frame(const cpu::Profile& profile, memory::AddressSpace& memory, Thread& t) {
  const Addr at(t.regs[Gpr::rsp] - 8);
  SigFrame frame{};
  if (!memory.copy_in(at, frame)) return false;
  t.mask = frame.uc.mask & ~kUnblockable;
  restore_context(t.regs, frame.uc.context);
  if (!restore_fp(profile, memory, frame.uc.context.fpstate, t.regs)) return false;
  // As sigaltstack(2) would set it, errors ignored: it refuses while the thread is on the alternate
  // stack.
  const StackT& stack = frame.uc.stack;
  if (on_alt_stack(t, t.regs[Gpr::rsp])) return true;
  const u32 flags = static_cast<u32>(stack.flags);
  if ((flags & kSsDisable) != 0)
    t.alt_stack = {};
  else if (stack.size >= kMinAltStack)
    t.alt_stack = {Addr(stack.base), stack.size, flags & kSsAutodisarm};
  return true;
}

}  // namespace emulator::kernel
