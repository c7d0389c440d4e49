// The registers' two forms; and, where the host is no x86-64 Linux, a process that refuses to be.
#include <algorithm>

#include "emulator/base/error.hpp"
#include "tools/verify/host_process.hpp"

namespace rt0::verify {

General general_of(const emulator::cpu::Registers& r) {
  General g;
  std::copy_n(r.slots.begin(), 16, g.gpr.begin());
  g.rip = r.rip, g.rflags = r.rflags();
  g.fs_base = r.fs_base(), g.gs_base = r.slots[emulator::cpu::kSlotGsBase];
  return g;
}

Vectors vectors_of(const emulator::cpu::Registers& r) { return {r.ymm, r.mxcsr}; }

}  // namespace rt0::verify

#if !defined(__x86_64__) || !defined(__linux__)

namespace rt0::verify {

struct HostProcess::Machinery {};

std::optional<std::string> host_refusal(const emulator::cpu::Profile&) {
  return "verify needs an x86-64 Linux host";
}
HostProcess::HostProcess(int memory_file, int empty_file)
    : memory_file_(memory_file), empty_file_(empty_file) {
  emulator::base::user_error("verify needs an x86-64 Linux host");
}
HostProcess::~HostProcess() = default;
Trap HostProcess::step() { return {}; }
Trap HostProcess::run_to(std::span<const u64>) { return {}; }
void HostProcess::load(const General&) {}
Vectors HostProcess::vectors() { return {}; }
void HostProcess::load(const Vectors&) {}
void HostProcess::map(Addr, u64, u8) {}
void HostProcess::map_beyond_end(Addr, u64, u8) {}
void HostProcess::unmap(Addr, u64) {}
void HostProcess::protect(Addr, u64, u8) {}

}  // namespace rt0::verify

#endif
