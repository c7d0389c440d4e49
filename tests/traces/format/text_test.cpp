#include "traces/format/text.hpp"

#include "tests/support/catch.hpp"
#include "tests/traces/format/sample.hpp"

using namespace traces::format;

namespace {
std::string text(const Event& event) {
  std::string out;
  append_text(out, event);
  return out;
}
}  // namespace

TEST_CASE("every kind of event is one line in columns") {
  const std::vector<std::string> lines = {
      "         5   t1  runtime.rt0_go+3                     mov rbx, rsi                         "
      "rbx=0x7ffc00000010"
      " ymm3=0x4000000000000000300000000000000020000000000000001 [0x7ffc00000008]=0x1234 @17",
      "         6   t1  0x10  (-5 ns)",
      "         6   t1  call    runtime.check",
      "         7   t1  ret     runtime.check  (70 ns)",
      "         8   t1  step    m0 p0 g1  newproc1/gobuf: prepare the gobuf  g1.sched.pc: 0x0 -> "
      "runtime.goexit+1",
      "         9   t1  sys     arch_prctl(ARCH_SET_FS, 0x5a1b70) = 0x0  (90 ns)",
      "        10   t1  sys     exit_group(0) = ?",
      "        11   t1  switch  g0 -> g1, stack 0xc000040000",
      "        12   t1  mark    runtime.schedinit            0x431000  the scheduler is set up  "
      "(120 ns)",
      "        13   t2  signal  11 (code 1) at 0x0",
      "        14   t1  thread  t1 cloned t2",
      "        15   t1  exit    3",
      "        15   t1  exit    killed by signal 9  (150 ns)"};
  const auto events = sample::every_kind();
  REQUIRE(events.size() == lines.size());
  for (std::size_t i = 0; i < lines.size(); ++i) CHECK(text(events[i]) == lines[i]);
}

TEST_CASE("reads, long values and values that were not recorded are told apart") {
  Insn insn;
  insn.begin(1, 1, Addr(0x10));
  insn.add_memory(Access::Read, Addr(1), std::array<u8, 4>{1, 2});
  insn.add_memory(Access::Write, Addr(2), std::array<u8, 3>{1, 2, 3});
  insn.add_memory(Access::Write, Addr(3), std::vector<u8>(20, 0xaa));
  insn.add_memory_unvalued(Access::Read, Addr(4), 4096);
  insn.add_memory_repeated(Access::Write, Addr(5), 8192, 0);
  insn.add_memory_repeated(Access::Read, Addr(6), 40, 0x201);
  insn.more = 2;
  const std::string out = text(insn);
  CHECK(out.substr(out.find('[')) ==
        "[0x1]->0x201 [0x2, 3 bytes]=010203"
        " [0x3, 20 bytes]=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…"
        " [0x4, 4096 bytes]->? [0x5, 8192 bytes]=00… [0x6, 40 bytes]->0102000000000000…"
        " and 2 more");
}

TEST_CASE("control characters are made visible") {
  CHECK(text(Call{{1, 1}, "a\x1b[31m\n\x7f\xc2\x9b\xc3\xa4"}) ==
        "         1   t1  call    a\\x1b[31m\\x0a\\x7f\\x9b\xc3\xa4");
}

TEST_CASE("the header is two lines") {
  Header header = sample::header();
  header.program.argv = {"hello", "-v"};
  header.program.sha256 = "abc";
  std::string out;
  append_text(out, header);
  CHECK(out ==
        "# instruction trace of hello -v: go1.17.6, sha256 abc\n"
        "# cpu x86-64-v3, 4 cores, seed 7, quantum 10000, core none, runtime check");
}
