/// Memory from the kernel, by real code. Go 1.25 gives each piece a name that /proc/self/maps shows
/// (prctl(2), PR_SET_VMA): a string of the function that asks for it. Go: runtime/mem.go.
#pragma once

#include "runtime_model/heap/common.hpp"
#include "runtime_model/model/code_facts.hpp"

namespace runtime_model::heap {

/// The name that the real `user` gives to what it maps: how long it is, and where its text is.
struct MapName {
  std::string_view user;
  std::string_view text;
};
inline Addr name_text(Runtime& rt, const MapName& name, std::string_view callee,
                      emulator::cpu::Gpr reg) {
  return model::constant_argument(rt, name.user, callee, reg);
}

/// sysAlloc: memory ready for use, or null. `stat`: the account that its bytes go to.
inline Runtime::Called<Addr> sys_alloc_memory(Runtime& rt, u64 bytes, Addr stat, MapName name) {
  constexpr std::string_view kSysAlloc = "runtime.sysAlloc";
  if (rt.go() < 25) return rt.call<Addr>(kSysAlloc, bytes, stat);
  const Addr text = name_text(rt, name, kSysAlloc, emulator::cpu::rcx);
  return rt.call<Addr>(kSysAlloc, bytes, stat, text, u64{name.text.size()});
}

}  // namespace runtime_model::heap
