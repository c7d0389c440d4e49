#include "traces/format/event.hpp"

#include "tests/support/catch.hpp"

using namespace traces::format;

TEST_CASE("every register that has a name is found by it, and there are kRegCount of them") {
  unsigned named = 0;
  for (unsigned id = 0; id < kRegIds; ++id) {
    const auto reg = static_cast<Reg>(id);
    if (name(reg).empty()) continue;
    ++named;
    CHECK(reg_named(name(reg)) == reg);
  }
  CHECK(named == kRegCount);
  CHECK(name(gpr(4)) == "rsp");
  CHECK(name(xmm(15)) == "xmm15");
  CHECK(name(ymm(0)) == "ymm0");
  CHECK_FALSE(reg_named("eax"));
  CHECK_FALSE(reg_named(""));
}

TEST_CASE("a register set twice keeps its place and its last value") {
  Insn insn;
  insn.begin(1, 1, Addr(0));
  insn.set(Reg::rsp, 1), insn.set(Reg::rax, 2), insn.set(Reg::rsp, 3);
  REQUIRE(insn.regs().size() == 2);
  CHECK(insn.regs()[0] == RegWrite{Reg::rsp, {3, 0, 0, 0}});
  CHECK(insn.regs()[1] == RegWrite{Reg::rax, {2, 0, 0, 0}});
}

TEST_CASE("a string instruction's accesses join into one read and one write") {
  Insn insn;
  insn.begin(1, 1, Addr(0));
  const std::array<u8, 6> bytes = {1, 2, 3, 4, 5, 6};
  for (u64 i = 0; i < 6; i += 2) {
    insn.extend_memory(Access::Read, Addr(100 + i), std::span(bytes).subspan(i, 2));
    insn.extend_memory(Access::Write, Addr(200 + i), std::span(bytes).subspan(i, 2));
  }
  REQUIRE(insn.memory().size() == 2);
  CHECK(insn.memory()[0].size == 6);
  CHECK(std::ranges::equal(insn.value(insn.memory()[1]), bytes));
  insn.extend_memory(Access::Read, Addr(50), bytes);
  CHECK(insn.memory().size() == 3);
}

TEST_CASE("what an instruction cannot hold is counted, not lost silently") {
  Insn insn;
  insn.begin(1, 1, Addr(0));
  const std::array<u8, 1> byte = {1};
  for (unsigned i = 0; i < Insn::kMaxEffects + 3; ++i)
    insn.add_memory(Access::Write, Addr(2 * i), byte);
  CHECK(insn.memory().size() == Insn::kMaxEffects);
  CHECK(insn.more == 3);
  insn.begin(2, 1, Addr(0));
  insn.add_memory(Access::Write, Addr(0), std::vector<u8>(Insn::kMaxValueBytes + 1));
  REQUIRE(insn.memory().size() == 1);
  CHECK_FALSE(insn.memory()[0].valued);
  CHECK(insn.memory()[0].size == Insn::kMaxValueBytes + 1);
}

TEST_CASE("a copy of an instruction equals it and is its own") {
  Insn a;
  a.begin(1, 1, Addr(0));
  a.set(Reg::rax, 1);
  const Insn b = a;
  CHECK(a == b);
  a.set(Reg::rax, 2);
  CHECK_FALSE(a == b);
}
