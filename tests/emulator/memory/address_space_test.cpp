#include "emulator/memory/address_space.hpp"

#include "emulator/base/error.hpp"
#include "tests/support/catch.hpp"

namespace {

using namespace emulator;
using memory::AddressSpace;
using memory::Region;

constexpr u64 kPage = base::kPageSize;
constexpr u64 kAt = 0x10000000;

AddressSpace space(u64 limit = 1 << 24) { return AddressSpace(limit); }
Region region(u8 protection) {
  Region r;
  r.protection = protection;
  return r;
}
void store(AddressSpace& m, u64 at, u64 value) {
  m.write(Addr(at), std::span(reinterpret_cast<const u8*>(&value), 8));
}
u64 load(AddressSpace& m, u64 at) {
  u64 value = 0;
  m.read(Addr(at), std::span(reinterpret_cast<u8*>(&value), 8));
  return value;
}
template <class F>
cpu::GuestFault fault_of(F f) {
  try {
    f();
  } catch (const cpu::GuestFault& fault) {
    return fault;
  }
  FAIL("no fault");
  return {};
}

}  // namespace

TEST_CASE("untouched memory reads as zero and costs nothing") {
  auto m = space();
  m.map(Addr(kAt), 512 * kPage, region(memory::kRead | memory::kWrite));
  CHECK(load(m, kAt + 100 * kPage) == 0);
  CHECK(m.touched_bytes() == 0);
  store(m, kAt + 8, 7);
  CHECK(m.touched_bytes() == kPage);
}

TEST_CASE("a reservation of hundreds of MiB costs nothing and cannot be accessed") {
  auto m = space();
  m.map(Addr(0xc000000000), u64{512} << 20, region(memory::kNone));
  const auto fault = fault_of([&] { load(m, 0xc000000000); });
  CHECK(fault.kind == cpu::FaultKind::page);
  CHECK(fault.present);
  CHECK(m.touched_bytes() == 0);
}

TEST_CASE("a write that straddles into a page that refuses it changes nothing") {
  auto m = space();
  m.map(Addr(kAt), kPage, region(memory::kRead | memory::kWrite));
  m.map(Addr(kAt + kPage), kPage, region(memory::kRead));
  const auto fault = fault_of([&] { store(m, kAt + kPage - 4, ~u64{0}); });
  CHECK(fault.address == Addr(kAt + kPage));
  CHECK(fault.access == cpu::Access::write);
  CHECK(fault.present);
  CHECK(load(m, kAt + kPage - 8) == 0);
}

TEST_CASE("a straddling access sees both pages") {
  auto m = space();
  m.map(Addr(kAt), 2 * kPage, region(memory::kRead | memory::kWrite));
  store(m, kAt + kPage - 3, 0x1122334455667788);
  CHECK(load(m, kAt + kPage - 3) == 0x1122334455667788);
}

TEST_CASE(
    "non-canonical addresses are general protection, the rest of the upper half page faults") {
  auto m = space();
  CHECK(fault_of([&] { load(m, 0x800000000000); }).kind == cpu::FaultKind::general_protection);
  CHECK(fault_of([&] { load(m, 0xffff7fffffffffff - 8); }).kind ==
        cpu::FaultKind::general_protection);
  CHECK(fault_of([&] { load(m, 0xffff800000000000); }).kind == cpu::FaultKind::page);
}

TEST_CASE("mprotect splits and joins regions, and says when part is not mapped") {
  auto m = space();
  m.map(Addr(kAt), 4 * kPage, region(memory::kRead | memory::kWrite));
  CHECK(m.protect(Addr(kAt + kPage), kPage, memory::kRead));
  CHECK(m.regions().size() == 3);
  CHECK(m.protect(Addr(kAt + kPage), kPage, memory::kRead | memory::kWrite));
  CHECK(m.regions().size() == 1);
  CHECK_FALSE(m.protect(Addr(kAt + 3 * kPage), 2 * kPage, memory::kRead));
  CHECK(fault_of([&] { store(m, kAt + 3 * kPage, 1); }).present);
}

TEST_CASE("the placement rule is the highest gap below the ceiling") {
  auto m = space();
  m.map(Addr(kAt), kPage, region(memory::kRead));
  CHECK(m.find_free(2 * kPage, Addr(kAt + 2 * kPage)) == Addr(kAt - 2 * kPage));
  CHECK(m.find_free(kPage, Addr(kAt + 2 * kPage)) == Addr(kAt + kPage));
  CHECK_FALSE(m.find_free(u64{1} << 46, Addr(kAt)).has_value());
}

TEST_CASE("a snapshot stays as it was and can be gone back to") {
  auto m = space();
  m.map(Addr(kAt), 2 * kPage, region(memory::kRead | memory::kWrite));
  store(m, kAt, 1);
  const auto before = m.snapshot();
  store(m, kAt, 2);
  store(m, kAt + kPage, 3);
  m.unmap(Addr(kAt + kPage), kPage);
  m.restore(before);
  CHECK(load(m, kAt) == 1);
  CHECK(load(m, kAt + kPage) == 0);
  store(m, kAt, 9);
  m.restore(before);
  CHECK(load(m, kAt) == 1);
}

TEST_CASE("touching more than the limit is a named limit, not a host failure") {
  auto m = space(4 * kPage);
  m.map(Addr(kAt), 16 * kPage, region(memory::kRead | memory::kWrite));
  for (u64 i = 0; i < 4; ++i) store(m, kAt + i * kPage, i);
  CHECK_THROWS_AS(store(m, kAt + 4 * kPage, 1), base::LimitReached);
}

TEST_CASE("a backing fills pages on first touch; what was discarded comes back from it") {
  auto m = space();
  auto bytes = std::make_shared<std::vector<u8>>(kPage + 16, u8{0xab});
  auto backing = std::make_shared<memory::Backing>();
  backing->owner = bytes;
  backing->bytes = *bytes;
  Region r = region(memory::kRead | memory::kWrite);
  r.backing = backing;
  m.map(Addr(kAt), 2 * kPage, r);
  CHECK(load(m, kAt + kPage + 8) == 0xabababababababab);
  CHECK(load(m, kAt + kPage + 16) == 0);
  store(m, kAt + kPage + 8, 5);
  m.discard(Addr(kAt + kPage), kPage);
  CHECK(load(m, kAt + kPage + 8) == 0xabababababababab);
}

TEST_CASE("the first write to a page with decoded code tells the listener, later ones do not") {
  auto m = space();
  m.map(Addr(kAt), kPage, region(memory::kRead | memory::kWrite | memory::kExec));
  std::vector<u64> told;
  m.on_code_change([&told](u64 page) { told.push_back(page); });
  m.mark_code(kAt / kPage);
  store(m, kAt, 1);
  store(m, kAt, 2);
  CHECK(told == std::vector<u64>{kAt / kPage});
  m.mark_code(kAt / kPage);
  m.unmap(Addr(kAt), kPage);
  CHECK(told.size() == 2);
}

TEST_CASE("the translation cache never outlives what it translates") {
  auto m = space();
  memory::Tlb tlb;
  m.attach(&tlb);
  m.map(Addr(kAt), kPage, region(memory::kRead | memory::kWrite));
  store(m, kAt, 1);
  REQUIRE(memory::Tlb::find(tlb.write, kAt, 8) != nullptr);
  CHECK(memory::Tlb::find(tlb.write, kAt + kPage - 4, 8) == nullptr);
  SECTION("mprotect") { m.protect(Addr(kAt), kPage, memory::kRead); }
  SECTION("munmap") { m.unmap(Addr(kAt), kPage); }
  SECTION("snapshot") { (void)m.snapshot(); }
  SECTION("code") { m.mark_code(kAt / kPage); }
  CHECK(memory::Tlb::find(tlb.write, kAt, 8) == nullptr);
}
