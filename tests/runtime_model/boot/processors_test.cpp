// Ps and the auxiliary vector on a bare address space.
#include "runtime_model/boot/arguments.hpp"
#include "runtime_model/boot/procresize.hpp"
#include "runtime_model/thread/words.hpp"
#include "tests/runtime_model/support/bench.hpp"

#include "tests/support/catch.hpp"

namespace {

using namespace emulator;
using namespace runtime_model;
using tests::Bench;

std::vector<u32> coprimes(Bench& bench, u32 count) {
  const auto list = bench.views().stealOrder().coprimes();
  const Addr room = bench.allocate(256);
  list.data() = room, list.len() = 0, list.cap() = 64;
  const auto run = bench.run(boot::steal_order_reset, count);
  REQUIRE(run.result);
  std::vector<u32> out;
  for (u64 i = 0; i < list.len(); ++i) out.push_back(list[i]);
  return out;
}

}  // namespace

TEST_CASE("thieves step by numbers that have no common divisor with the number of Ps") {
  Bench bench(19);
  CHECK(coprimes(bench, 1) == std::vector<u32>{1});
  CHECK(coprimes(bench, 8) == std::vector<u32>{1, 3, 5, 7});
  CHECK(coprimes(bench, 6) == std::vector<u32>{1, 5});
  CHECK(bench.views().stealOrder().count() == 6);
}

TEST_CASE("a P begins stopped, with empty caches on its own buffers") {
  for (const int minor : {17, 19, 22}) {
    Bench bench(minor);
    INFO(minor);
    for (const auto& mask : {bench.views().idlepMask(), bench.views().timerpMask()})
      mask.data() = bench.allocate(8), mask.len() = 1, mask.cap() = 1;
    bench.views().idlepMask(0) = 0xf;
    const golang::P pp = bench.make_p();
    const Addr cache = pp.mcache();
    REQUIRE(bench.run(boot::p_init, pp, i32{2}).result);
    CHECK(pp.id() == 2);
    CHECK(pp.status() == model::kPgcstop);
    CHECK(pp.mcache() == cache);
    CHECK(pp.sudogcache().len() == 0);
    CHECK(pp.sudogcache().data() == pp.sudogbuf().address());
    CHECK(pp.deferpool(0).cap() == 32);
    CHECK(pp.wbBuf().next() == pp.wbBuf().buf().address());
    CHECK(bench.views().idlepMask(0) == 0xb);
    CHECK(bench.views().timerpMask(0) == 0x4);
  }
}

TEST_CASE("the auxiliary vector is behind the arguments and the environment") {
  Bench bench(19);
  const Addr argv = bench.allocate(4096);
  const Addr random = bench.allocate(16);
  const std::vector<u64> words = {0x1000, 0x1010, 0,                 // two arguments
                                  0x2000, 0,                         // one variable
                                  6,      4096,   25, random.value,  // AT_PAGESZ, AT_RANDOM
                                  99,     1,      0,  0};            // unknown, AT_NULL
  for (std::size_t i = 0; i < words.size(); ++i) bench.store<u64>(argv + 8 * i, words[i]);
  const auto run = bench.run(boot::args, i32{2}, argv);
  REQUIRE(run.result);
  CHECK(bench.views().argc() == 2);
  CHECK(bench.views().argv() == argv);
  CHECK(bench.views().physPageSize() == 4096);
  CHECK(bench.views().startupRandomData().data() == random);
  CHECK(bench.views().startupRandomData().len() == 16);
  CHECK(run.ids() == std::vector<std::string>{"args/keep", "sysargs/auxv", "sysauxv/page-size",
                                              "sysauxv/random"});
}
