#include "runtime_model/golang/views.hpp"

#include <memory>

#include "emulator/base/error.hpp"
#include "runtime_model/golang/globals.hpp"
#include "tests/runtime_model/golang/flat_memory.hpp"
#include "tests/support/catch.hpp"

using namespace emulator;
using namespace runtime_model::golang;

namespace {

/// The runtime of one release over empty memory, its globals at made-up addresses.
struct Guest {
  explicit Guest(int minor) : layouts(Layouts::of_release(minor)) {
    u64 at = 0x500000;
    for (const auto name :
         {"runtime.allp", "runtime.g0", "runtime.m0", "runtime.mheap_", "runtime.ncpu",
          "runtime.numCPUStartup", "runtime.sched", "runtime.stackpool", "runtime.work"})
      globals.add(name, Addr(at += 0x20000), "test");
    tables = std::make_unique<Tables>(layouts, globals);
  }
  Views views() { return {memory, *tables}; }

  Layouts layouts;
  Globals globals;
  tests::FlatMemory memory;
  std::unique_ptr<Tables> tables;
};

}  // namespace

TEST_CASE("A field is read and written at its offset and in its size") {
  Guest guest(19);
  const Views rt = guest.views();
  const G g = rt.g(Addr(0xc000000000));
  g.sched().pc() = Addr(0x401000);
  CHECK(g.sched().pc().address() == Addr(0xc000000000 + 64));
  CHECK(g.sched().pc() == Addr(0x401000));
  g.atomicstatus() = 4;
  g.stackLock() = 7;
  CHECK(g.atomicstatus().size() == 4);
  CHECK(g.atomicstatus() == 4);
  g.goid() = -1;
  CHECK(g.goid() == -1);
  g.preempt() = true;
  CHECK(g.preempt());
  CHECK_FALSE(g.preemptStop());
}

TEST_CASE("Pointers lead to views, and arrays to their elements") {
  Guest guest(19);
  const Views rt = guest.views();
  const M m = rt.m0();
  const G g = rt.g0();
  m.g0() = g;
  g.m() = m.address();
  CHECK(m.g0() == g);
  CHECK(m.g0()->m()->g0() == g);
  CHECK_FALSE(m.curg());
  const P p = rt.p(Addr(0xc000020000));
  p.runq(3) = g;
  CHECK(p.runq(3).address() == p.address() + 408 + 3 * 8);
  CHECK(p.runq(3)->m() == m.address());
  CHECK(p.runq().count() == 256);
  m.tls(0) = g.address();
  CHECK(m.tls(0).address() == m.address() + 136);
  rt.allp().data() = Addr(0xc000001000);
  rt.allp(1) = p;
  CHECK(rt.allp()[1]->runq(3) == g);
}

TEST_CASE("Structs without a name are views of their own") {
  Guest guest(19);
  const Views rt = guest.views();
  CHECK(rt.sched().disable().runnable().address() == rt.sched().address() + 120 + 8);
  CHECK(rt.mheap_().central(2).mcentral().spanclass().address() ==
        rt.mheap_().central().address() + 2 * 192);
  CHECK(rt.stackpool(1).item().span().first().address() == rt.stackpool().address() + 64 + 8);
  CHECK(rt.work().wbufSpans().free().address() == rt.work().address() + 88);
}

TEST_CASE("A field that moved or was renamed has one name here") {
  for (const auto& [minor, offset] : {std::pair(24, 120), std::pair(26, 128 + 16)}) {
    Guest guest(minor);
    const Schedt sched = guest.views().sched();
    INFO("1." << minor);
    CHECK(sched.runqsize().address() - sched.address() == static_cast<u64>(offset));
  }
  Guest old(24), young(25);
  CHECK(old.views().ncpu().address() != young.views().ncpu().address());
}

TEST_CASE("Atomics are read through, and narrower fields widened") {
  Guest guest(22);
  const Views rt = guest.views();
  CHECK(rt.sched().npidle().size() == 4);
  rt.sched().npidle() = -2;
  CHECK(rt.sched().npidle() == -2);
  const Mspan span = rt.mspan(Addr(0x7000));
  CHECK(span.nelems().size() == 2);
  span.nelems() = 1000;
  CHECK(span.nelems() == 1000);
  CHECK(span.state().size() == 1);
  span.allocCount() = 3;
  span.allocCount() += 2;
  CHECK(span.allocCount() == 5);
}

TEST_CASE("A field that the release does not have is told by exists, and loud when read") {
  Guest guest(19);
  const G g = guest.views().g0();
  CHECK_FALSE(g.syscallbp().exists());
  CHECK(g.syscallsp().exists());
  CHECK_FALSE(g.has(G::Field::syscallbp));
  try {
    (void)g.syscallbp().get();
    FAIL("read");
  } catch (const base::Unimplemented& e) {
    CHECK(std::string(e.what()) ==
          "runtime.g.syscallbp: go1.19 has no such field (by table for go1.19)");
  }
  CHECK_THROWS_AS(guest.views().p(Addr(0x1000)).timers(), base::Unimplemented);
  CHECK_THROWS_AS(guest.views().stackLarge(), base::Unimplemented);  // at no address here
}

TEST_CASE("What the models live on is in every release of the tables") {
  const Releases have = table_releases();
  CHECK(have.first == 17);
  CHECK(have.last >= 27);
  const auto everywhere = [](const Views& rt) {
    const G g = rt.g0();
    const M m = rt.m0();
    const P p = rt.p(Addr(0x1000));
    return g.stackguard0().exists() && g.sched().ctxt().exists() && g.goid().exists() &&
           g.startpc().exists() && g.schedlink().exists() && m.park().key().exists() &&
           m.alllink().exists() && m.id().exists() && p.runnext().exists() &&
           p.gFree().head().exists() && p.gFree_n().exists() && p.mcache().exists() &&
           rt.sched().midle().exists() && rt.sched().runqsize().exists() &&
           rt.sched().gFree().stack().head().exists() && rt.sched().gcwaiting().exists() &&
           rt.mheap_().curArena().base().exists() && rt.work().full().exists() &&
           rt.mheap_().pages().searchAddr().exists();
  };
  for (int minor = have.first; minor <= have.last; ++minor) {
    INFO("1." << minor);
    Guest guest(minor);
    CHECK(everywhere(guest.views()));
  }
}
