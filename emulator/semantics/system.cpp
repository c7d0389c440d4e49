// Everything that talks to the machine rather than to data: system calls, identification, time
// stamps, fences, flags, traps.
#include "emulator/semantics/table.hpp"

namespace emulator::semantics {
namespace {

using cpu::FaultKind;
using cpu::rax;
using cpu::rbx;
using cpu::rcx;
using cpu::rdx;

/// RCX takes the return address and R11 the flags; the kernel does the rest.
RT0_INLINE const Op* syscall(auto& c) {
  c.template set_reg<u64>(rcx, c.next_pc());
  c.template set_reg<u64>(cpu::r11, c.rflags());
  return c.stop(Trap::syscall);
}

RT0_INLINE void cpuid(auto& c) {
  const cpu::CpuidResult r =
      cpu::cpuid(c.core().profile, c.template reg<u32>(rax), c.template reg<u32>(rcx));
  c.template set_reg<u32>(rax, r.eax);
  c.template set_reg<u32>(rbx, r.ebx);
  c.template set_reg<u32>(rcx, r.ecx);
  c.template set_reg<u32>(rdx, r.edx);
}

RT0_INLINE void write_edx_eax(auto& c, u64 v) {
  c.template set_reg<u32>(rax, static_cast<u32>(v));
  c.template set_reg<u32>(rdx, static_cast<u32>(v >> 32));
}

RT0_INLINE void xgetbv(auto& c) {
  if (!cpu::has_osxsave(c.core().profile)) c.raise_fault(FaultKind::invalid_opcode);
  if (c.template reg<u32>(rcx) != 0) c.raise_fault(FaultKind::general_protection);
  write_edx_eax(c, cpu::xcr0(c.core().profile));
}

/// The time stamp counter is the virtual clock in nanoseconds: a 1 GHz invariant TSC.
RT0_INLINE u64 time_stamp(auto& c) {
  return c.instruction_number() + static_cast<u64>(c.core().clock_offset);
}
RT0_INLINE void rdtsc(auto& c) { write_edx_eax(c, time_stamp(c)); }
/// IA32_TSC_AUX, the processor's number, is 0: threads are not bound to processors.
RT0_INLINE void rdtscp(auto& c) {
  write_edx_eax(c, time_stamp(c));
  c.template set_reg<u32>(rcx, 0);
}

RT0_INLINE void nothing(auto&) {}

RT0_INLINE void clc(auto& c) { c.write(c.flags().with_cf(false)); }
RT0_INLINE void stc(auto& c) { c.write(c.flags().with_cf(true)); }
RT0_INLINE void cmc(auto& c) { c.write(c.flags().with_cf(!c.flags().cf())); }
RT0_INLINE void cld(auto& c) { c.set_rflags(c.rflags() & ~u64{cpu::kDF}); }
RT0_INLINE void std_(auto& c) { c.set_rflags(c.rflags() | cpu::kDF); }

RT0_INLINE const Op* ud(auto& c) { return c.raise_fault(FaultKind::invalid_opcode); }
RT0_INLINE const Op* int3(auto& c) { return c.raise_fault(FaultKind::breakpoint); }
/// HLT, CLI, IN and their like are privileged: #GP in user mode. So is INT n without a gate.
RT0_INLINE const Op* privileged(auto& c) { return c.raise_fault(FaultKind::general_protection); }
RT0_INLINE const Op* int_n(auto& c) {
  return c.raise_fault(c.immediate() == 3 ? FaultKind::breakpoint : FaultKind::general_protection);
}

/// Nothing is cached, but the line is accessed as a load of one byte is, faults included.
RT0_INLINE void flush(auto& c) { static_cast<void>(c.template load<u8>(c.address())); }

template <class M>
constexpr Row hint(std::string_view name, std::string_view reference, M meaning) {
  Row row = one(name, reference, meaning);
  row.special = [](u8, const Form&) -> Specialised {
    return {&execute<M, kAnyForm, false, true>, nullptr};
  };
  return row;
}
constexpr Row hint(std::string_view name, std::string_view reference) {
  return hint(name, reference, RT0_MEANING_ONE(nothing));
}
template <class M>
constexpr Row trap(std::string_view name, std::string_view reference, M meaning) {
  return one(name, reference, meaning, kEndsBlock);
}

constexpr std::array kRows = {
    trap("syscall", "SYSCALL", RT0_MEANING_ONE(syscall)),
    one("cpuid", "CPUID", RT0_MEANING_ONE(cpuid)),
    one("xgetbv", "XGETBV", RT0_MEANING_ONE(xgetbv)),
    one("rdtsc", "RDTSC", RT0_MEANING_ONE(rdtsc)),
    one("rdtscp", "RDTSCP", RT0_MEANING_ONE(rdtscp)),
    hint("nop", "NOP"),
    hint("endbr64", "ENDBR64"),
    hint("pause", "PAUSE"),
    hint("lfence", "LFENCE"),
    hint("mfence", "MFENCE"),
    hint("sfence", "SFENCE"),
    hint("prefetcht0", "PREFETCHh"),
    hint("prefetcht1", "PREFETCHh"),
    hint("prefetcht2", "PREFETCHh"),
    hint("prefetchnta", "PREFETCHh"),
    hint("prefetchw", "PREFETCHW"),
    hint("prefetch", "PREFETCHW"),
    one("clflush", "CLFLUSH", RT0_MEANING_ONE(flush)),
    one("clflushopt", "CLFLUSHOPT", RT0_MEANING_ONE(flush)),
    one("clwb", "CLWB", RT0_MEANING_ONE(flush)),
    one("clc", "CLC", RT0_MEANING_ONE(clc)),
    one("stc", "STC", RT0_MEANING_ONE(stc)),
    one("cmc", "CMC", RT0_MEANING_ONE(cmc)),
    one("cld", "CLD", RT0_MEANING_ONE(cld)),
    one("std", "STD", RT0_MEANING_ONE(std_)),
    trap("ud2", "UD", RT0_MEANING_ONE(ud)),
    trap("ud1", "UD", RT0_MEANING_ONE(ud)),
    trap("ud0", "UD", RT0_MEANING_ONE(ud)),
    trap("int3", "INT n/INTO/INT3/INT1", RT0_MEANING_ONE(int3)),
    trap("int", "INT n/INTO/INT3/INT1", RT0_MEANING_ONE(int_n)),
    trap("hlt", "HLT", RT0_MEANING_ONE(privileged)),
    trap("cli", "CLI", RT0_MEANING_ONE(privileged)),
    trap("sti", "STI", RT0_MEANING_ONE(privileged)),
    trap("in", "IN", RT0_MEANING_ONE(privileged)),
    trap("out", "OUT", RT0_MEANING_ONE(privileged)),
    trap("insb", "INS/INSB/INSW/INSD", RT0_MEANING_ONE(privileged)),
    trap("insd", "INS/INSB/INSW/INSD", RT0_MEANING_ONE(privileged)),
    trap("outsb", "OUTS/OUTSB/OUTSW/OUTSD", RT0_MEANING_ONE(privileged)),
    trap("outsd", "OUTS/OUTSB/OUTSW/OUTSD", RT0_MEANING_ONE(privileged)),
    trap("rdmsr", "RDMSR", RT0_MEANING_ONE(privileged)),
    trap("wrmsr", "WRMSR", RT0_MEANING_ONE(privileged)),
    trap("sysret", "SYSRET", RT0_MEANING_ONE(privileged)),
    trap("iretq", "IRET/IRETD/IRETQ", RT0_MEANING_ONE(privileged)),
};

}  // namespace

std::span<const Row> system_rows() { return kRows; }

}  // namespace emulator::semantics
