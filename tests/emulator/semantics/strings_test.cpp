// String instructions: the handler that does many elements at once against the one that does them
// singly (OneInsn runs both and compares), and both against what the manual says.
#include <random>

#include "tests/support/catch.hpp"
#include "tests/support/one_insn.hpp"

using namespace tests;

namespace {

constexpr u64 kPage = base::kPageSize, kEnd = OneInsn::kData + OneInsn::kDataSize;

struct Form {
  std::vector<u8> code;  // after the REP prefix
  u64 size;
};
const std::vector<Form> kMoves = {{{0xa4}, 1}, {{0x66, 0xa5}, 2}, {{0xa5}, 4}, {{0x48, 0xa5}, 8}};
const std::vector<Form> kStores = {{{0xaa}, 1}, {{0x66, 0xab}, 2}, {{0xab}, 4}, {{0x48, 0xab}, 8}};

std::vector<u8> repeated(const Form& form) {
  std::vector<u8> code = form.code;
  code.insert(code.begin(), 0xf3);
  return code;
}

OneInsn filled() {
  OneInsn m;
  for (u64 i = 0; i < m.data.size(); ++i) m.data[i] = static_cast<u8>(i * 7 + i / 251);
  m.regs[cpu::rax] = 0x1122334455667788;
  return m;
}

void start(OneInsn& m, u64 from, u64 to, u64 count) {
  m.regs[cpu::rsi] = from, m.regs[cpu::rdi] = to, m.regs[cpu::rcx] = count;
}

}  // namespace

TEST_CASE("REP MOVS and STOS agree with single elements at random places, lengths and directions") {
  std::mt19937_64 random(1);
  const auto below = [&](u64 n) { return random() % n; };
  for (int round = 0; round < 400; ++round) {
    OneInsn m = filled();
    const auto& forms = round % 2 == 0 ? kMoves : kStores;
    const Form& form = forms[below(forms.size())];
    // Often close together, often near the end of what may be written: overlaps and faults.
    const u64 from = OneInsn::kData + below(OneInsn::kDataSize);
    const u64 to =
        below(2) == 0 ? from + below(96) - 48 : OneInsn::kData + below(OneInsn::kDataSize);
    start(m, from, to, below(2 * kPage / form.size));
    m.regs.set_rflags(m.regs.rflags() | (below(4) == 0 ? 0x400 : 0));
    CHECK_NOTHROW(m.step(repeated(form)));
  }
}

TEST_CASE("REP MOVSB over its own source repeats what it has written") {
  OneInsn m = filled();
  start(m, OneInsn::kData, OneInsn::kData + 3, 3000);
  m.run({0xf3, 0xa4});
  for (u64 i = 3; i < 3003; ++i) REQUIRE(m.data[i] == m.data[i % 3]);
  CHECK(m.regs[cpu::rcx] == 0);
}

TEST_CASE("REP MOVSQ stops at the element that faults, with all before it copied") {
  OneInsn m = filled();
  const u64 from = OneInsn::kData + 24, limit = kEnd - kPage;  // the last page is read-only
  const u64 to = limit - 800;
  start(m, from, to, 200);
  const auto fault = m.step({0xf3, 0x48, 0xa5});
  REQUIRE(fault);
  CHECK(fault->address == Addr(limit));
  CHECK(m.regs[cpu::rdi] == limit);
  CHECK(m.regs[cpu::rsi] == from + 800);
  CHECK(m.regs[cpu::rcx] == 100);
  CHECK(m.peek<u64>(limit - 8) == m.peek<u64>(from + 792));
}

TEST_CASE("REP STOSQ across pages, at an odd address, fills exactly its range") {
  OneInsn m = filled();
  const u64 to = OneInsn::kData + 5, count = kPage / 4;
  const u8 before = m.peek<u8>(to - 1), after = m.peek<u8>(to + 8 * count);
  start(m, 0, to, count);
  m.run({0xf3, 0x48, 0xab});
  for (u64 i = 0; i < count; ++i) REQUIRE(m.peek<u64>(to + 8 * i) == 0x1122334455667788);
  CHECK(m.peek<u8>(to - 1) == before);
  CHECK(m.peek<u8>(to + 8 * count) == after);
  CHECK(m.regs[cpu::rdi] == to + 8 * count);
}

namespace {

std::vector<u8> bytes_after(const OneInsn& m, const cpu::Effect& e) {
  std::vector<u8> bytes(e.size);
  m.effects.copy_after(e, 0, bytes);
  return bytes;
}

const cpu::Effect* effect_on(const OneInsn& m, cpu::PlaceKind kind, unsigned index = 0) {
  for (const cpu::Effect& e : m.effects)
    if (e.kind == kind && e.index == index) return &e;
  return nullptr;
}

}  // namespace

TEST_CASE("a REP is one range and its registers, however long it is") {
  OneInsn m = filled();
  start(m, 0, OneInsn::kData + 5, kPage / 4);
  m.run({0xf3, 0x48, 0xab});
  REQUIRE(m.effects.count == 3);
  const cpu::Effect& e = m.effects.list[0];
  CHECK(e.kind == cpu::PlaceKind::memory_write);
  CHECK(e.address == Addr(OneInsn::kData + 5));
  CHECK(e.size == 2 * kPage);
  CHECK(bytes_after(m, e).at(8) == 0x88);
  CHECK(effect_on(m, cpu::PlaceKind::gpr, cpu::rdi)->before[0] == OneInsn::kData + 5);
  CHECK(effect_on(m, cpu::PlaceKind::gpr, cpu::rdi)->after[0] == OneInsn::kData + 5 + 2 * kPage);
  CHECK(effect_on(m, cpu::PlaceKind::gpr, cpu::rcx)->before[0] == kPage / 4);
}

TEST_CASE("reads of REP MOVS, LODS, SCAS and CMPS are what was there, in both directions") {
  for (const bool down : {false, true})
    for (const auto& [code, size] : {Form{{0xf3, 0x48, 0xa5}, 8}, Form{{0xf3, 0xac}, 1},
                                     Form{{0xf2, 0x66, 0xaf}, 2}, Form{{0xf2, 0xa7}, 4}}) {
      OneInsn m = filled();
      const u64 count = 700 / size, at = OneInsn::kData + (down ? (count - 1) * size : 0);
      start(m, at, at + kPage + 1, count);
      if (down) m.regs.set_rflags(m.regs.rflags() | 0x400);
      const std::vector<u8> before = m.data;
      m.run_bytes(code);
      for (const cpu::Effect& e : m.effects) {
        if (e.kind != cpu::PlaceKind::memory_read) continue;
        CHECK(std::ranges::equal(bytes_after(m, e), std::span(before).subspan(
                                                        e.address.value - OneInsn::kData, e.size)));
      }
    }
}

TEST_CASE("what a REP did before it faulted is told, and no more") {
  OneInsn m = filled();
  const u64 limit = kEnd - kPage;  // the last page is read-only
  start(m, OneInsn::kData, limit - 804, 200);
  REQUIRE(m.step({0xf3, 0x48, 0xa5}));
  const cpu::Effect* const e = effect_on(m, cpu::PlaceKind::memory_write);
  REQUIRE(e != nullptr);
  CHECK(e->size == 800);
  CHECK(effect_on(m, cpu::PlaceKind::gpr, cpu::rcx)->after[0] == 100);
}
