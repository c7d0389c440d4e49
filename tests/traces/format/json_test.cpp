#include "traces/format/json.hpp"

#include "tests/support/catch.hpp"
#include "tests/traces/format/sample.hpp"
#include "traces/format/bytes_text.hpp"

using namespace traces::format;

namespace {
std::string line(const Event& event) {
  std::string out;
  append_json(out, event);
  return out;
}
}  // namespace

TEST_CASE("each kind of event is written as the format says, keys in order") {
  const auto events = sample::every_kind();
  const std::vector<std::string> lines = {
      R"({"e":"insn","n":5,"t":1,"pc":"0x455e23","fn":"runtime.rt0_go","off":3,"text":"mov rbx, rsi",)"
      R"("w":{"rbx":"0x7ffc00000010","ymm3":"0x4000000000000000300000000000000020000000000000001"},)"
      R"("m":[{"a":"0x7ffc00000008","s":8,"k":"w","v":"0x1234"}],"c":17})",
      R"({"e":"insn","n":6,"t":1,"ns":-5,"pc":"0x10","fn":"","off":0,"text":"","w":{},"m":[]})",
      R"({"e":"call","n":6,"t":1,"fn":"runtime.check"})",
      R"({"e":"ret","n":7,"t":1,"ns":70,"fn":"runtime.check"})",
      R"({"e":"step","n":8,"t":1,"m":0,"p":0,"g":1,"id":"newproc1/gobuf","text":"prepare the gobuf",)"
      R"("w":[{"f":"g1.sched.pc","old":"0x0","new":"runtime.goexit+1"}]})",
      R"({"e":"sys","n":9,"t":1,"ns":90,"name":"arch_prctl","args":["ARCH_SET_FS","0x5a1b70"],"ret":"0x0"})",
      R"({"e":"sys","n":10,"t":1,"name":"exit_group","args":["0"]})",
      R"({"e":"switch","n":11,"t":1,"from":"g0","to":"g1","stack":"0xc000040000"})",
      R"({"e":"mark","n":12,"t":1,"ns":120,"fn":"runtime.schedinit","pc":"0x431000","text":"the scheduler is set up"})",
      R"({"e":"signal","n":13,"t":2,"sig":11,"code":1,"addr":"0x0"})",
      R"({"e":"thread","n":14,"t":1,"child":2})",
      R"({"e":"exit","n":15,"t":1,"code":3})",
      R"({"e":"exit","n":15,"t":1,"ns":150,"code":0,"sig":9})"};
  REQUIRE(events.size() == lines.size());
  for (std::size_t i = 0; i < lines.size(); ++i) CHECK(line(events[i]) == lines[i]);
}

TEST_CASE("a step says whether the real code confirmed it, where there was real code beside it") {
  Step step{{8, 1}, 0, 0, 1, "runqput/next", "it runs next", {}, "contradicted"};
  const std::string text = line(step);
  CHECK(text.find(R"("text":"it runs next","verdict":"contradicted","w":[])") != text.npos);
  Event event;
  Strings strings;
  parse_event(text, event, strings);
  CHECK(std::get<Step>(event) == step);
}

TEST_CASE("the header is written as the format says") {
  Header header = sample::header();
  header.program.argv = {"hello"};
  std::string out;
  append_json(out, header);
  CHECK(
      out ==
      R"({"schema":"rt0-trace/1","level":"instruction","program":{"sha256":")" +
          std::string(64, 'a') +
          R"(","build_id":"abc/def","go":"go1.17.6","argv":["hello"]},"machine":{"cpu":"x86-64-v3",)"
          R"("cores":4,"seed":7,"quantum":10000,"core":"none"},"runtime":"check"})");
  CHECK(parse_header(out) == header);
}

TEST_CASE("any bytes survive as JSON text") {
  sample::Random random(1);
  for (int i = 0; i < 3000; ++i) {
    std::string bytes;
    for (u64 k = random.below(6); k != 0; --k) {
      const u64 c = random.next();
      bytes += c % 3 == 0 ? static_cast<char>(c >> 8)
                          : "\xee\xbe\x80\xc2\xf4\x90\xed\xa0\xe2\x86\x92"[(c >> 8) % 11];
    }
    Event event;
    Strings strings;
    parse_event(line(Landmark{{1, 1}, bytes, Addr(0), ""}), event, strings);
    CHECK(std::get<Landmark>(event).fn == bytes);
  }
}

TEST_CASE("text in UTF-8 stays as it is, and a stray byte becomes a private-use character") {
  std::string out;
  append_string(out, "g1 \xe2\x86\x92 \xff");
  CHECK(out == "\"g1 \xe2\x86\x92 \\uefff\"");
}

TEST_CASE("memory values that are no register's size are bytes in address order") {
  Insn insn;
  insn.begin(1, 1, Addr(0));
  const std::array<u8, 3> bytes = {1, 0xab, 0};
  insn.add_memory(Access::Read, Addr(16), bytes);
  insn.add_memory_unvalued(Access::Write, Addr(32), 4096);
  CHECK(line(insn).find(
            R"("m":[{"a":"0x10","s":3,"k":"r","v":"01ab00"},{"a":"0x20","s":4096,"k":"w"}])") !=
        std::string::npos);
}

TEST_CASE("unknown keys are skipped") {
  Event event;
  Strings strings;
  parse_event(R"({"e":"exit","n":1,"t":1,"colour":"red","code":2})", event, strings);
  CHECK(event == Event(Exit{{1, 1}, 2}));
}

TEST_CASE("a line that is not an event says what is wrong with it") {
  const auto wrong = [](std::string_view text) {
    Event event;
    Strings strings;
    try {
      parse_event(text, event, strings);
    } catch (const Malformed& why) {
      return std::string(why.what());
    }
    return std::string("fine");
  };
  CHECK(wrong("") == "it is not JSON");
  CHECK(wrong("[]") == "it is not a JSON object");
  CHECK(wrong("{}") == "\"e\" is missing");
  CHECK(wrong(R"({"e":"bang","n":1,"t":1})") == "\"bang\" is not a kind of event");
  CHECK(wrong(R"({"e":"exit","n":-1,"t":1,"code":0})") == "\"n\" is not a whole number in range");
  CHECK(wrong(R"({"e":"exit","n":1.5,"t":1,"code":0})") == "\"n\" is not a whole number in range");
  CHECK(wrong(R"({"e":"exit","n":1,"t":4294967296,"code":0})") ==
        "\"t\" is not a whole number in range");
  CHECK(wrong(R"({"e":"switch","n":1,"t":1,"from":"a","to":"b","stack":12})") ==
        "a value is not a string");
  CHECK(wrong(R"({"e":"switch","n":1,"t":1,"from":"a","to":"b","stack":"0x1g"})") ==
        "'g' is not a lower-case hex digit");
  const std::string insn = R"({"e":"insn","n":1,"t":1,"pc":"0x1","fn":"","off":0,"text":"",)";
  CHECK(wrong(insn + R"("w":{"eax":"0x1"},"m":[]})") == "\"eax\" is not a register");
  CHECK(wrong(insn + R"("w":{},"m":[{"a":"0x1","s":1,"k":"w","v":"0x100"}]})") ==
        "\"v\" does not fit 1 bytes");
  CHECK(wrong(insn + R"("w":{},"m":[{"a":"0x1","s":4000000000,"k":"w","v":"00"}]})") ==
        "\"v\" is not 4000000000 bytes");
  CHECK(wrong(insn + R"("w":{},"m":[{"a":"0x1","s":1,"k":"x","v":"0x1"}]})") ==
        "\"k\" is neither \"r\" nor \"w\"");
}
