#include "runtime_model/stack/malg.hpp"

#include "tests/runtime_model/stack/stack_bench.hpp"
#include "tests/support/catch.hpp"

using namespace runtime_model;
using emulator::Addr;
using emulator::u32;
using emulator::u64;
using emulator::u8;
using tests::StackBench;

namespace {

/// A bench whose malg has the code of new(g): the type's address, and the call.
struct MalgBench : StackBench {
  explicit MalgBench(int minor) : StackBench(minor) {
    const Addr newobject = define("runtime.newobject");
    const Addr malg = newobject + 256;  // where the next function goes
    std::vector<u8> code = {0x48, 0x8d, 0x05, 0, 0, 0, 0, 0xe8, 0, 0, 0, 0};
    type = malg + 7 + 0x1234;
    const auto displacement = [&](std::size_t at, u64 value) {
      for (std::size_t i = 0; i < 4; ++i) code[at + i] = static_cast<u8>(value >> 8 * i);
    };
    displacement(3, 0x1234);
    displacement(8, newobject.value - (malg.value + 12));
    define("runtime.malg", code);
    native("runtime.newobject",
           [this](const std::vector<u64>&) { return std::vector<u64>{make_g(0).address().value}; });
  }
  Addr type;
};

}  // namespace

TEST_CASE("malg makes a g of the type that its code names, with a stack and guards") {
  MalgBench bench(19);
  const auto run = bench.run(stack::malg, 2048);
  CHECK(run.calls.front().function == "runtime.newobject");
  CHECK(run.calls.front().arguments == std::vector<u64>{bench.type.value});
  const auto g = *run.result;
  CHECK(g.stack().hi().get() - g.stack().lo().get() == 2048);
  CHECK(g.stackguard0() == g.stack().lo().get() + 928);
  CHECK(g.stackguard1() == Addr(~u64{0}));
  CHECK(bench.load<u64>(g.stack().lo()) == 0);
}

TEST_CASE("malg rounds up to a power of two, and a negative size means no stack") {
  MalgBench bench(19);
  CHECK(bench.run(stack::malg, 5000).result->stack().hi() != Addr());
  CHECK(bench.cached(2).size() == 1);
  const auto bare = bench.run(stack::malg, -1);
  CHECK(bare.result->stack().hi() == Addr());
  CHECK(bare.steps().empty());
}

TEST_CASE("On a goroutine's stack malg goes to g0's for the stack, and comes back") {
  MalgBench bench(19);
  bench.define("runtime.systemstack_switch");
  const auto g = bench.make_g();
  g.m() = bench.m0();
  bench.m0().curg() = g;
  bench.set_g(g);
  const auto run = bench.run(stack::malg, 2048);
  CHECK(run.ids().front() == "systemstack/switch");
  CHECK(run.ids().back() == "malg/guards");
  CHECK(run.runtime->getg() == g);
}
