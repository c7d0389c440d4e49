// Wrong models of stacks beside the real code of a real program: each slip is found by field.
#include "runtime_model/stack/malg.hpp"
#include "tests/runtime_model/support/checked_hello.hpp"
#include "tests/support/catch.hpp"

using namespace runtime_model;
using emulator::i32;
using emulator::u64;
using emulator::u8;
using model::Addr;
using model::Model;
using model::Runtime;
using tests::differences_of;

namespace {

/// Each time the one field of that size, wrong by so much.
bool each_off_by(const std::vector<model::Difference>& all, u64 size, u64 by) {
  for (const auto& d : all)
    if (d.size != size || d.real - d.model != by) return false;
  return !all.empty();
}

Model<golang::G> guard_too_low(Runtime& rt, i32 size) {
  const golang::G newg = co_await stack::malg(rt, size);
  rt.step("wrong", "as if nosplit functions needed 128 bytes less",
          [&] { newg.stackguard0() = newg.stackguard0().get() - 128; });
  co_return newg;
}

Model<golang::G> stack_of_half(Runtime& rt, i32 size) {
  const golang::G newg = co_await stack::malg(rt, size);
  rt.step("wrong", "the upper half is forgotten",
          [&] { newg.stack().hi() = newg.stack().hi().get() - 1024; });
  co_return newg;
}

Model<> cache_size_forgotten(Runtime& rt, golang::Mcache c, u8 order) {
  co_await stack::stackcacherefill(rt, c, order);
  rt.step("wrong", "nothing counted", [&] { c.stackcache(order).size() = 0; });
}

Model<> list_upside_down(Runtime& rt, golang::Mcache c, u8 order) {
  co_await stack::stackcacherefill(rt, c, order);
  rt.step("wrong", "the cache begins with the second of its stacks", [&] {
    const Addr head = c.stackcache(order).list();
    c.stackcache(order).list() = rt.load<Addr>(head);
  });
}

Model<Addr> count_missed(Runtime& rt, u8 order) {
  const Addr x = co_await stack::stackpoolalloc(rt, order);
  const golang::Mspan s = rt.stackpool(order).item().span().first();
  rt.step("wrong", "the span does not know of it", [&] {
    if (s) s.allocCount() -= 1;
  });
  co_return x;
}

}  // namespace

TEST_CASE("Wrong models of stacks are caught, each at the field that it spoils") {
  if (!tests::have_hello()) return;
  CHECK(each_off_by(differences_of("runtime.malg", guard_too_low), 8, 128));
  CHECK(each_off_by(differences_of("runtime.malg", stack_of_half), 8, 1024));
  CHECK(each_off_by(differences_of("runtime.stackcacherefill", cache_size_forgotten), 8, 16384));
  CHECK_FALSE(differences_of("runtime.stackcacherefill", list_upside_down).empty());
  CHECK(each_off_by(differences_of("runtime.stackpoolalloc", count_missed), 2, 1));
}

TEST_CASE("The real code agrees with the right ones") {
  if (!tests::have_hello()) return;
  CHECK(differences_of("runtime.malg", stack::malg).empty());
  CHECK(differences_of("runtime.stackcacherefill", stack::stackcacherefill).empty());
  CHECK(differences_of("runtime.stackpoolalloc", stack::stackpoolalloc).empty());
}
