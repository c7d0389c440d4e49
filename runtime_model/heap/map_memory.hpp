/// Memory from the kernel, by real code. Go 1.25 gives each piece a name that /proc/self/maps shows
/// (prctl(2), PR_SET_VMA). Go: runtime/mem.go.
#pragma once

#include "runtime_model/heap/common.hpp"
#include "runtime_model/model/code_facts.hpp"

namespace runtime_model::heap {

/// The name that the real function `user` gives to what it maps.
struct MapName {
  std::string_view user;
  std::string_view text;
};

/// Calls real code that gives memory a name, which is its last argument: a string constant of the
/// user's code. Where a profile had the compiler put that elsewhere the memory stays without one.
template <class T, class... A>
Runtime::Called<T> call_named(Runtime& rt, std::string_view function, const MapName& name,
                              const A&... arguments) {
  if (rt.go() < 25) return rt.call<T>(function, arguments...);
  const Addr text = model::text_taken(rt, name.user, name.text);
  if (text == Addr()) return rt.call<T>(function, arguments..., model::Unknown{}, model::Unknown{});
  return rt.call<T>(function, arguments..., text, u64{name.text.size()});
}

/// sysAlloc: memory ready for use, or null. `stat`: the account that its bytes go to.
inline Runtime::Called<Addr> sys_alloc_memory(Runtime& rt, u64 bytes, Addr stat,
                                              const MapName& name) {
  return call_named<Addr>(rt, "runtime.sysAlloc", name, bytes, stat);
}

}  // namespace runtime_model::heap
