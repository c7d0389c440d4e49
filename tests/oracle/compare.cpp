#include "tests/oracle/compare.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cfloat>
#include <cmath>
#include <csignal>
#include <cstring>

#include "emulator/base/hex.hpp"
#include "tests/oracle/encoding.hpp"
#include "tests/oracle/undefined_flags.hpp"

namespace tests::oracle {
namespace {

using Lines = std::vector<std::string>;

constexpr const char* kGprNames[16] = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
                                       "r8",  "r9",  "r10", "r11", "r12", "r13", "r14", "r15"};

std::string flags_text(u64 flags) {
  constexpr std::pair<u32, const char*> kNames[] = {{kCF, "CF"}, {kPF, "PF"}, {kAF, "AF"},
                                                    {kZF, "ZF"}, {kSF, "SF"}, {kDF, "DF"},
                                                    {kOF, "OF"}, {kAC, "AC"}, {kID, "ID"}};
  std::string text;
  for (const auto& [bit, name] : kNames)
    if ((flags & bit) != 0) text += (text.empty() ? "" : " ") + std::string(name);
  return "[" + text + "]";
}

std::string ymm_text(const Ymm& y) {
  return fmt::format("{:016x}_{:016x}_{:016x}_{:016x}", y[3], y[2], y[1], y[0]);
}

std::string written_text(const Written& w) {
  if (w.size == 0) return "nothing";
  return fmt::format("{:#x}: {}", kDataBase + w.offset, emulator::base::hex_bytes(w.span()));
}

float lane(const Ymm& y, u64 at) {
  float value;
  std::memcpy(&value, reinterpret_cast<const u8*>(y.data()) + 4 * at, 4);
  return value;
}

/// RCPPS and RSQRTPS: |relative error| ≤ 1.5 × 2^-12 (SDM vol. 2B); two results may be that far
/// apart on both sides. Zeros, infinities and NaNs are exact.
bool near(const Ymm& a, const Ymm& b) {
  for (u64 i = 0; i < 8; ++i) {
    const float x = lane(a, i);
    const float y = lane(b, i);
    if (std::memcmp(&x, &y, 4) == 0) continue;
    if (std::fabs(x) <= FLT_MIN && std::fabs(y) <= FLT_MIN) continue;  // tiny results are flushed
    if (!(std::fabs(x - y) <= 3.0F / 4096 * std::fabs(x))) return false;
  }
  return true;
}

template <class T, class Show>
void compare(Lines& out, const std::string& what, const T& expected, const T& got, Show show) {
  if (expected == got) return;
  out.push_back(fmt::format("{}: expected {}, got {}", what, show(expected), show(got)));
}

std::string hex(u64 value) { return emulator::base::hex(value); }

void compare_states(Lines& out, const Case& one, const CpuState& expected, const CpuState& got) {
  for (u64 r = 0; r < 16; ++r) compare(out, kGprNames[r], expected.gpr[r], got.gpr[r], hex);
  compare(out, "rip", expected.rip, got.rip, hex);
  compare(out, "rflags", expected.rflags, got.rflags, flags_text);
  compare(out, "fs_base", expected.fs_base, got.fs_base, hex);
  compare(out, "mxcsr", u64{expected.mxcsr}, u64{got.mxcsr}, hex);
  const bool approximate = one.form->is(kApproximate);
  for (u64 r = 0; r < 16; ++r) {
    if (approximate && near(expected.ymm[r], got.ymm[r])) continue;
    compare(out, fmt::format("ymm{}", r), expected.ymm[r], got.ymm[r], ymm_text);
  }
}

bool same(const Written& a, const Written& b) {
  return a.offset == b.offset && a.size == b.size &&
         std::memcmp(a.bytes.data(), b.bytes.data(), a.size) == 0;
}

/// `got` with everything that the manual leaves undefined taken from `expected`.
void excuse(const Case& one, const Outcome& expected, Outcome& got) {
  if (expected.fault.signal != 0 || got.fault.signal != 0) return;
  if (undefined_result(one)) {
    got.after.gpr = expected.after.gpr;
    got.written = expected.written;
  }
  const u64 undefined = undefined_flags(one);
  got.after.rflags = (got.after.rflags & ~undefined) | (expected.after.rflags & undefined);
}

Lines all_differences(const Case& one, const Outcome& expected, const Outcome& got) {
  Lines out;
  compare(out, "fault", expected.fault, got.fault, signal_name);
  compare_states(out, one, expected.after, got.after);
  if (!same(expected.written, got.written))
    out.push_back("memory: expected " + written_text(expected.written) + ", got " +
                  written_text(got.written));
  if (got.complaint != nullptr) out.emplace_back(got.complaint);
  return out;
}

}  // namespace

std::string signal_name(const Fault& fault) {
  constexpr std::pair<int, const char*> kNames[] = {{0, "none"},        {SIGSEGV, "SIGSEGV"},
                                                    {SIGBUS, "SIGBUS"}, {SIGILL, "SIGILL"},
                                                    {SIGFPE, "SIGFPE"}, {SIGTRAP, "SIGTRAP"}};
  const auto* found = std::find_if(std::begin(kNames), std::end(kNames),
                                   [&](const auto& n) { return n.first == fault.signal; });
  const std::string name =
      found == std::end(kNames) ? fmt::format("signal {}", fault.signal) : found->second;
  if (fault.signal == 0) return name;
  return fmt::format("{} (code {}) at {:#x}", name, fault.code, fault.address);
}

Lines differences(const Case& one, const Outcome& expected, const Outcome& got) {
  Lines out = all_differences(one, expected, got);
  if (out.empty()) return out;
  Outcome excused = got;
  excuse(one, expected, excused);
  return all_differences(one, expected, excused);
}

std::string describe(const Case& one) {
  std::string text = fmt::format("{}  |  {}  at {:#x}\n", emulator::base::hex_bytes(one.bytes()),
                                 disassemble(one), one.before.rip);
  const CpuState& s = one.before;
  for (u64 r = 0; r < 16; ++r)
    text += fmt::format("{}{}={:#x}", r % 4 == 0 ? (r == 0 ? "  " : "\n  ") : " ", kGprNames[r],
                        s.gpr[r]);
  text += fmt::format("\n  rflags={} mxcsr={:#x} fs_base={:#x}\n", flags_text(s.rflags), s.mxcsr,
                      s.fs_base);
  const Decoded d = decode(one);
  for (u8 i = 0; i < d.insn.operand_count; ++i) {
    const auto& operand = d.operands[i];
    if (operand.type != ZYDIS_OPERAND_TYPE_REGISTER) continue;
    const auto reg =
        ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, operand.reg.value);
    const auto number = static_cast<u64>(ZydisRegisterGetId(reg));
    const auto kind = ZydisRegisterGetClass(operand.reg.value);
    if ((kind == ZYDIS_REGCLASS_XMM || kind == ZYDIS_REGCLASS_YMM) && number < 16)
      text += fmt::format("  ymm{}={}\n", number, ymm_text(s.ymm[number]));
  }
  for (const Patch& patch : one.data())
    text += fmt::format("  [{:#x}]: {}\n", kDataBase + patch.offset,
                        emulator::base::hex_bytes({patch.bytes.data(), patch.size}));
  return text;
}

}  // namespace tests::oracle
