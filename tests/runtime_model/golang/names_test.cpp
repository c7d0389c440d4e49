#include "runtime_model/golang/names.hpp"

#include <memory>

#include "tests/runtime_model/golang/flat_memory.hpp"
#include "tests/support/catch.hpp"

using namespace emulator;
using namespace runtime_model::golang;

namespace {

constexpr Addr kG(0xc000000000), kM(0xc000100000), kP(0xc000200000), kCache(0x7f0000001000),
    kSpan(0x7f0000002000), kLists(0x7f0000100000);

/// A small runtime in made-up memory: m0 with g0, another M, one P, g1 on a stack, one span.
struct World {
  World() : layouts(Layouts::of_release(19)) {
    u64 at = 0x500000;
    for (const auto name :
         {"runtime.allgs", "runtime.allm", "runtime.allp", "runtime.g0", "runtime.m0",
          "runtime.mainStarted", "runtime.mheap_", "runtime.sched", "runtime.stackpool"})
      globals.add(name, Addr(at += 0x20000), "test");
    tables = std::make_unique<Tables>(layouts, globals);
    const Views rt = views();
    rt.m0().g0() = rt.g0();
    rt.m(kM).id() = 2;
    rt.m(kM).gsignal() = kG + 0x4000;
    rt.m(kM).alllink() = rt.m0();
    rt.allm() = rt.m(kM);
    rt.allp().data() = kLists;
    rt.allp().len() = 1;
    rt.allp(0) = kP;
    rt.p(kP).mcache() = kCache;
    rt.allgs().data() = kLists + 0x1000;
    add_g(kG, 1);
    rt.g(kG).stack().lo() = Addr(0xc000300000);
    rt.g(kG).stack().hi() = Addr(0xc000300800);
    rt.mheap_().allspans().data() = kLists + 0x800000;
    rt.mheap_().allspans().len() = 1;
    rt.mheap_().allspans(0) = kSpan;
    rt.mspan(kSpan).startAddr() = Addr(0xc000030000);
    rt.mspan(kSpan).elemsize() = 2048;
    rt.mheap_().arenas(0) = kLists + 0x1000000;
    const u64 arena = 0x7f0010000000;
    memory.write(kLists + 0x1000000 + u64{0x203000} * 8, {reinterpret_cast<const u8*>(&arena), 8});
    rt.at<HeapArena>(Addr(arena)).spans(0x18) = kSpan;
  }
  void add_g(Addr g, i64 goid) {
    const u64 count = views().allgs().len();
    views().allgs(count) = g;
    views().allgs().len() = count + 1;
    views().g(g).goid() = goid;
  }
  Views views() { return {memory, *tables}; }
  Names names() { return {views(), layouts, globals, symbols}; }

  Layouts layouts;
  Globals globals;
  SymbolTable symbols;
  tests::FlatMemory memory;
  std::unique_ptr<Tables> tables;
};

}  // namespace

TEST_CASE("Fields of the runtime's objects have names that last") {
  World w;
  const Views rt = w.views();
  Names names = w.names();
  const std::pair<Addr, std::string> expected[] = {
      {rt.g(kG).sched().pc().address(), "g1.sched.pc"},
      {rt.g0().stackguard0().address(), "m0.g0.stackguard0"},
      {rt.g(kG + 0x4000).stack().lo().address(), "m2.gsignal.stack.lo"},
      {rt.m(kM).tls(3).address(), "m2.tls[3]"},
      {rt.p(kP).runq(3).address(), "p0.runq[3]"},
      {rt.p(kP).gFree().head().address(), "p0.gFree.head"},
      {rt.mcache(kCache).stackcache(0).size().address(), "p0.mcache.stackcache[0].size"},
      {rt.sched().midle().address(), "sched.midle"},
      {rt.sched().lock().key().address(), "sched.lock.key"},
      {rt.stackpool(1).item().span().first().address(), "stackpool[1].item.span.first"},
      {rt.mheap_().pagesInUse().address(), "mheap_.pagesInUse"},
      {rt.mheap_().central(4).mcentral().spanclass().address(),
       "mheap_.central[4].mcentral.spanclass"},
      {rt.mspan(kSpan).freeindex().address(), "span(0xc000030000).freeindex"},
      {rt.allgs().len().address(), "runtime.allgs.len"},
      {rt.mainStarted().address(), "runtime.mainStarted"},
      {Addr(0xc0003007d8), "g1.stack.hi-0x28"},
      {Addr(0xc000030810), "span(0xc000030000)[1]+0x10"},
      {Addr(0x1234), "0x1234"}};
  for (const auto& [address, name] : expected) {
    CHECK(names.name(address) == name);
    const auto found = names.find(name);
    REQUIRE(found.has_value());
    CHECK(found->address == address);
  }
  CHECK(names.object(kG) == "g1");
  CHECK(names.object(kG + 8).empty());
}

TEST_CASE("New goroutines get names when the lists have grown, and stacks when they move") {
  World w;
  Names names = w.names();
  const Addr g = kG + 0x1000;
  CHECK(names.object(g).empty());
  w.add_g(g, 7);
  names.refresh();
  CHECK(names.object(g) == "g7");
  w.views().g(g).goid() = 8;  // used again
  CHECK(names.object(g) == "g8");
  w.views().g(kG).stack().lo() = Addr(0xc000400000);
  w.views().g(kG).stack().hi() = Addr(0xc000402000);
  names.refresh();
  CHECK(names.name(Addr(0xc000401ff8)) == "g1.stack.hi-0x8");
  CHECK(names.name(Addr(0xc0003007d8)) == "0xc0003007d8");
}

TEST_CASE("Names are read back: finding undoes naming") {
  World w;
  const Views rt = w.views();
  Names names = w.names();
  w.add_g(kG + 0x1000, 0);  // newproc1 has not given it a number yet
  names.refresh();
  const std::tuple<Addr, std::string_view, std::string> objects[] = {
      {kG, "runtime.g", "g1"},
      {kG + 0x1000, "runtime.g", "g(0xc000001000)"},
      {kM, "runtime.m", "m2"},
      {rt.m0().address(), "runtime.m", "m0"},
      {kP, "runtime.p", "p0"},
      {kCache, "runtime.mcache", "p0.mcache"},
      {rt.g0().address(), "runtime.g", "m0.g0"},
      {kG + 0x4000, "runtime.g", "m2.gsignal"},
      {kSpan, "runtime.mspan", "span(0xc000030000)"}};
  for (const auto& [at, type, name] : objects) {
    CHECK(names.object(at) == name);
    for (u64 offset = 0; offset < w.layouts.find(type)->size; ++offset) {
      const std::string place = names.name(at + offset);
      INFO(name << "+" << offset << ": " << place);
      // Bytes between members have no name of their own, and p0's field mcache is nearer than what
      // it leads to.
      if (place == "p0.mcache" || place.starts_with(name + "+")) continue;
      const auto found = names.find(place);
      REQUIRE(found.has_value());
      REQUIRE(found->address == at + offset);
    }
  }
  rt.m0().g0() = Addr();  // rt0_go has not tied them yet
  CHECK(names.object(rt.g0().address()) == "g0");
  rt.allp(0) = kP + 0x100000;  // another P is number 0 now
  CHECK(names.object(kP) == "(*runtime.p)(0xc000200000)");
  CHECK(names.find("(*runtime.p)(0xc000200000).runq[3]")->address == rt.p(kP).runq(3).address());
  rt.m(kM).id() = 7;  // it has ended, and its memory is used again
  CHECK(names.object(kM).empty());
  for (const char* nothing : {"g3", "m9", "p64", "span(0x10)", "g1.nothing", "g1.sched.pc.x",
                              "p0.runq[256]", "", "nosuch", "g1 "})
    CHECK_FALSE(names.find(nothing).has_value());
}

TEST_CASE("Ten thousand goroutines are taken in once") {
  World w;
  Names names = w.names();
  for (i64 i = 2; i <= 10'000; ++i) w.add_g(kG + 0x1000000 + static_cast<u64>(i) * 0x200, i);
  names.refresh();
  CHECK(names.object(kG + 0x1000000 + 10'000 * 0x200) == "g10000");
}

TEST_CASE("Values read by the type and name of their field") {
  World w;
  const Views rt = w.views();
  Names names = w.names();
  const auto text = [&](Addr field, u64 value) {
    return names.value_text(names.place(field), value);
  };
  const G g = rt.g(kG);
  CHECK(text(g.atomicstatus().address(), 1) == "_Grunnable");
  CHECK(text(g.atomicstatus().address(), 0x1002) == "_Gscan|_Grunning");
  CHECK(text(rt.p(kP).status().address(), 3) == "_Pgcstop");
  CHECK(text(rt.mspan(kSpan).state().address(), 2) == "mSpanManual");
  CHECK(text(g.preempt().address(), 1) == "true");
  CHECK(text(g.m().address(), kM.value) == "m2");
  CHECK(text(g.m().address(), 0) == "0x0");
  CHECK(text(rt.p(kP).runq(0).address(), kG.value) == "g1");
  CHECK(text(rt.sched().midle().address(), kM.value) == "m2");
  CHECK(text(g.sched().sp().address(), 0xc0003007d8) == "g1.stack.hi-0x28");
  CHECK(text(g.stackguard0().address(), static_cast<u64>(-1314)) == "stackPreempt");
  CHECK(text(rt.sched().nmidle().address(), 0xffffffff) == "-1");
  CHECK(text(rt.mspan(kSpan).npages().address(), 4) == "4");
  CHECK(text(rt.mspan(kSpan).allocCache().address(), ~u64{0}) == "0xffffffffffffffff");
}
