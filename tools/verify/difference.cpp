#include "tools/verify/difference.hpp"

#include <csignal>

#include "emulator/base/error.hpp"
#include "emulator/base/hex.hpp"
#include "emulator/kernel/signals.hpp"

namespace rt0::verify {
namespace {

using emulator::base::hex;
using emulator::cpu::FaultKind;
using emulator::cpu::GuestFault;
namespace cpu = emulator::cpu;

struct FlagName {
  u64 bit;
  std::string_view name;
};
constexpr FlagName kFlagNames[] = {{cpu::kCF, "CF"}, {cpu::kPF, "PF"}, {cpu::kAF, "AF"},
                                   {cpu::kZF, "ZF"}, {cpu::kSF, "SF"}, {cpu::kOF, "OF"},
                                   {cpu::kDF, "DF"}, {cpu::kAC, "AC"}, {cpu::kID, "ID"}};

void add(std::vector<Difference>& list, std::string_view what, u64 before, u64 emulator, u64 host) {
  if (emulator != host) list.push_back({std::string(what), hex(before), hex(emulator), hex(host)});
}

/// What Linux makes of the fault (arch/x86/kernel/traps.c, mm/fault.c). A code of 0: not compared.
Trap expected(const GuestFault& f, u64 rip) {
  switch (f.kind) {
    case FaultKind::page:
      return {SIGSEGV, f.present ? SEGV_ACCERR : SEGV_MAPERR, f.address.value};
    case FaultKind::bus:
      return {SIGBUS, BUS_ADRERR, f.address.value};
    case FaultKind::general_protection:
      return {SIGSEGV, SI_KERNEL, 0};
    case FaultKind::stack:
      return {SIGBUS, SI_KERNEL, 0};
    case FaultKind::divide:
      return {SIGFPE, FPE_INTDIV, rip};
    case FaultKind::invalid_opcode:
      return {SIGILL, ILL_ILLOPN, rip};
    case FaultKind::breakpoint:
      return {SIGTRAP, 0, 0};
    case FaultKind::simd:
      return {SIGFPE, 0, rip};
  }
  return {};
}

std::string vector_text(const cpu::V256& v) {
  const auto lanes = v.lanes<u64>();
  return fmt::format("0x{:016x}{:016x}{:016x}{:016x}", lanes[3], lanes[2], lanes[1], lanes[0]);
}

std::string describe(int signal, int code, u64 address) {
  if (signal == SIGTRAP) return "no fault";
  return fmt::format("{} (code {}) at {}", emulator::kernel::signal_name(signal), code,
                     hex(address));
}

}  // namespace

std::vector<Difference> differences(const General& before, const General& emulator,
                                    const General& host, u64 mask) {
  std::vector<Difference> list;
  for (unsigned i = 0; i < 16; ++i)
    add(list, cpu::gpr_name(i), before.gpr[i], emulator.gpr[i], host.gpr[i]);
  add(list, "rip", before.rip, emulator.rip, host.rip);
  for (const FlagName& f : kFlagNames) {
    const auto one = [&f](u64 flags) { return u64{(flags & f.bit) != 0}; };
    if ((f.bit & mask) != 0)
      add(list, f.name, one(before.rflags), one(emulator.rflags), one(host.rflags));
  }
  add(list, "fs_base", before.fs_base, emulator.fs_base, host.fs_base);
  add(list, "gs_base", before.gs_base, emulator.gs_base, host.gs_base);
  return list;
}

std::vector<Difference> differences(const Vectors& before, const Vectors& emulator,
                                    const Vectors& host) {
  std::vector<Difference> list;
  for (std::size_t i = 0; i < 16; ++i)
    if (emulator.ymm[i] != host.ymm[i])
      list.push_back({fmt::format("ymm{}", i), vector_text(before.ymm[i]),
                      vector_text(emulator.ymm[i]), vector_text(host.ymm[i])});
  add(list, "mxcsr", before.mxcsr, emulator.mxcsr, host.mxcsr);
  return list;
}

bool same_fault(const GuestFault& fault, u64 rip, const Trap& host) {
  const Trap want = expected(fault, rip);
  if (want.signal != host.signal) return false;
  if (want.signal == SIGTRAP) return true;
  return want.address == host.address && (want.code == 0 || want.code == host.code);
}

std::string describe(const GuestFault& fault) {
  const Trap t = expected(fault, fault.address.value);
  return describe(t.signal, t.code, t.address);
}

std::string describe(const Trap& host) { return describe(host.signal, host.code, host.address); }

}  // namespace rt0::verify
