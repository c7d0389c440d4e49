#include "runtime_model/stack/malg.hpp"

#include <fmt/format.h>

#include <bit>

#include "runtime_model/model/code_facts.hpp"

namespace runtime_model::stack {

Model<golang::G> malg(Runtime& rt, emulator::i32 size) {
  const Addr object =
      co_await rt.call<Addr>("runtime.newobject", model::type_of_new(rt, "runtime.malg"));
  const golang::G newg = rt.g(object);
  if (size < 0) co_return newg;
  const u32 bytes = std::bit_ceil(static_cast<u32>(size));
  rt.switch_to_g0();
  const Stack stack = co_await stackalloc(rt, bytes);
  rt.step("malg/stack", fmt::format("the new g gets a stack of {} bytes", bytes), [&] {
    newg.stack().lo() = stack.lo;
    newg.stack().hi() = stack.hi;
  });
  rt.switch_back();
  rt.step("malg/guards",
          "a function that would go below stackguard0 asks for more stack; checks of stackguard1, "
          "meant for g0, always fail here",
          [&] {
            newg.stackguard0() = stack.lo + kStackGuard;
            newg.stackguard1() = Addr(~u64{0});
            rt.store<u64>(stack.lo, 0);
          });
  co_return newg;
}

}  // namespace runtime_model::stack
