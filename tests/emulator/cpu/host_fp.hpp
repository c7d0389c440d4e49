/// The host CPU's own SSE, FMA and F16C instructions under a chosen MXCSR: the oracle of the
/// floating point tests. Only on x86-64 Linux; elsewhere kHostFp is false and the tests that use it
/// are skipped.
#pragma once

#include "emulator/base/types.hpp"

namespace tests {

using namespace emulator;  // NOLINT: a test vocabulary

/// What one instruction left: its result, MXCSR's flags, and whether it raised #XM (then the result
/// counts for nothing, and the flags are those that the handler found).
struct FpOutcome {
  u64 bits = 0;
  u32 flags = 0;
  bool fault = false;
};

#if defined(__x86_64__) && defined(__linux__)

inline constexpr bool kHostFp = true;

bool host_has_fma();
bool host_has_f16c();

/// Makes SIGFPE note MXCSR, mask everything and carry on; lives as long as a test does.
class FaultCatcher {
 public:
  FaultCatcher();
  ~FaultCatcher();
  FaultCatcher(const FaultCatcher&) = delete;
  FaultCatcher& operator=(const FaultCatcher&) = delete;
  /// Whether a fault came since the last call, and MXCSR at that time.
  static bool take(u32& mxcsr);
};

inline FpOutcome host_outcome(u64 bits, u32 mxcsr) {
  FpOutcome out{bits, mxcsr & 0x3f, false};
  if (FaultCatcher::take(mxcsr)) out.flags = mxcsr & 0x3f, out.fault = true;
  return out;
}

// Everything happens in one asm statement, so that the compiler's own arithmetic never sees the
// MXCSR under test.
#define RT0_HOST_ENTER "ldmxcsr %[in]\n\t"
#define RT0_HOST_LEAVE "\n\tstmxcsr %[out]\n\tldmxcsr %[normal]"
#define RT0_HOST_MXCSR [in] "m"(mxcsr), [normal] "m"(normal)

/// A function that runs `insn` with xmm registers: %[a] is in and out, %[b] and %[c] are in.
#define RT0_HOST(name, insn)                                                           \
  template <class T>                                                                   \
  FpOutcome name(u32 mxcsr, T a, T b = 0, T c = 0) {                                   \
    const u32 normal = 0x1f80;                                                         \
    u32 out;                                                                           \
    double x = std::bit_cast<double>(u64{a});                                          \
    const double y = std::bit_cast<double>(u64{b}), z = std::bit_cast<double>(u64{c}); \
    asm volatile(RT0_HOST_ENTER insn RT0_HOST_LEAVE                                    \
                 : [a] "+x"(x), [out] "=m"(out)                                        \
                 : [b] "x"(y), [c] "x"(z), RT0_HOST_MXCSR                              \
                 : "cc");                                                              \
    return host_outcome(std::bit_cast<u64>(x), out);                                   \
  }
/// The same with a general register for the result, or for the operand.
#define RT0_HOST_TO_INTEGER(name, insn)             \
  template <class T>                                \
  FpOutcome name(u32 mxcsr, T a) {                  \
    const u32 normal = 0x1f80;                      \
    u32 out;                                        \
    u64 r = 0;                                      \
    const double x = std::bit_cast<double>(u64{a}); \
    asm volatile(RT0_HOST_ENTER insn RT0_HOST_LEAVE \
                 : [r] "+r"(r), [out] "=m"(out)     \
                 : [a] "x"(x), RT0_HOST_MXCSR);     \
    return host_outcome(r, out);                    \
  }
#define RT0_HOST_FROM_INTEGER(name, insn)            \
  inline FpOutcome name(u32 mxcsr, i64 a) {          \
    const u32 normal = 0x1f80;                       \
    u32 out;                                         \
    double x = 0;                                    \
    asm volatile(RT0_HOST_ENTER insn RT0_HOST_LEAVE  \
                 : [x] "+x"(x), [out] "=m"(out)      \
                 : [a] "r"(a), RT0_HOST_MXCSR);      \
    return host_outcome(std::bit_cast<u64>(x), out); \
  }

#else

inline constexpr bool kHostFp = false;

#endif

}  // namespace tests
