#include "tests/emulator/cpu/host_fp.hpp"

#if defined(__x86_64__) && defined(__linux__)

#include <cpuid.h>
#include <signal.h>
#include <ucontext.h>

namespace tests {
namespace {

volatile sig_atomic_t g_faulted = 0;
volatile u32 g_mxcsr = 0;
struct sigaction g_before;

/// The instruction is restarted with every exception masked.
void on_fault(int, siginfo_t*, void* context) {
  auto& mxcsr = static_cast<ucontext_t*>(context)->uc_mcontext.fpregs->mxcsr;
  g_mxcsr = mxcsr;
  g_faulted = 1;
  mxcsr |= 0x1f80;
}

/// Bits of CPUID leaf 1, ECX.
bool has(u32 bits) {
  u32 eax, ebx, ecx = 0, edx;
  return __get_cpuid(1, &eax, &ebx, &ecx, &edx) != 0 && (ecx & bits) == bits;
}
constexpr u32 kOsxsaveAndAvx = (1u << 27) | (1u << 28);

}  // namespace

bool host_has_fma() { return has(kOsxsaveAndAvx | (1u << 12)); }
bool host_has_f16c() { return has(kOsxsaveAndAvx | (1u << 29)); }

FaultCatcher::FaultCatcher() {
  struct sigaction action = {};
  action.sa_sigaction = on_fault;
  action.sa_flags = SA_SIGINFO;
  sigaction(SIGFPE, &action, &g_before);
}
FaultCatcher::~FaultCatcher() { sigaction(SIGFPE, &g_before, nullptr); }

bool FaultCatcher::take(u32& mxcsr) {
  if (!g_faulted) return false;
  g_faulted = 0;
  mxcsr = g_mxcsr;
  return true;
}

}  // namespace tests

#endif
