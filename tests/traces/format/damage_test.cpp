// Traces that were cut, changed or forged: what is whole is read, and nothing crashes.
#include "emulator/base/error.hpp"
#include "tests/support/catch.hpp"
#include "tests/traces/format/sample.hpp"
#include "traces/format/container.hpp"
#include "traces/format/frame_decoder.hpp"
#include "traces/format/frame_encoder.hpp"
#include "traces/format/json.hpp"

using namespace traces::format;
using emulator::base::UserError;

namespace {

constexpr std::size_t kEvents = 14, kPerFrame = 4;

/// A small trace of several frames; `ends` receives the file's size after each event that is
/// complete in it.
std::string small_trace(Form form, const std::vector<Event>& events,
                        std::vector<std::size_t>& ends) {
  const sample::TempFile file("small");
  const auto writer = make_writer(form, file.path(), sample::header());
  const std::size_t per_flush = form == Form::Rt0t ? kPerFrame : 1;
  std::size_t pending = 0;
  const auto flush = [&] {
    writer->flush();
    ends.insert(ends.end(), std::exchange(pending, 0), file.bytes().size());
  };
  for (const Event& event : events) {
    writer->write(event);
    if (++pending == per_flush) flush();
  }
  flush();
  writer->close();
  return file.bytes();
}

std::size_t header_size(Form form) { return sample::trace_bytes(form, {}).size(); }

/// Reads what there is; the error's sentence goes to `error`.
std::vector<Event> read_all(Reader& reader, std::string& error) {
  std::vector<Event> events;
  try {
    while (const Event* event = reader.next()) events.push_back(*event);
  } catch (const UserError& e) {
    error = e.what();
  }
  return events;
}

}  // namespace

TEST_CASE("a trace cut at any byte reads up to its last complete event or frame") {
  const auto events = sample::random_events(21, kEvents);
  for (const Form form : {Form::JsonLines, Form::Rt0t}) {
    std::vector<std::size_t> ends;
    const std::string whole = small_trace(form, events, ends);
    REQUIRE(ends.size() == kEvents);
    const sample::TempFile file("cut");
    for (std::size_t size = 0; size < whole.size(); ++size) {
      file.put(std::string_view(whole).substr(0, size));
      // JSON Lines: the newline itself may be missing.
      const std::size_t grace = form == Form::JsonLines ? 1 : 0;
      const auto expected = static_cast<std::size_t>(std::count_if(
          ends.begin(), ends.end(), [&](std::size_t end) { return end <= size + grace; }));
      std::unique_ptr<Reader> reader;
      try {
        reader = open_trace(file.path());
      } catch (const UserError& e) {
        CHECK(expected == 0);
        CHECK(size + grace < header_size(form));
        continue;
      }
      const auto got = sample::rest(*reader);
      CHECK(std::equal(got.begin(), got.end(), events.begin(),
                       events.begin() + static_cast<long>(expected)));
      const bool at_line_end =
          form == Form::JsonLines && size != 0 && (whole[size - 1] == '\n' || whole[size] == '\n');
      CHECK(reader->truncated() != at_line_end);
    }
  }
}

TEST_CASE("a truncated trace says so in one sentence") {
  const auto events = sample::random_events(21, kEvents);
  const auto sentence = [&](Form form, std::size_t less) {
    std::vector<std::size_t> ends;
    const std::string whole = small_trace(form, events, ends);
    const sample::TempFile file("sentence");
    file.put(std::string_view(whole).substr(0, ends.back() - less));
    const auto reader = open_trace(file.path());
    sample::rest(*reader);
    std::string text = reader->truncation();
    const auto at = text.find(file.path());
    REQUIRE(at != std::string::npos);
    return text.replace(at, file.path().size(), "F");
  };
  CHECK(sentence(Form::Rt0t, 1) == "trace F is cut short: 12 events in 3 complete frames");
  CHECK(sentence(Form::Rt0t, 0) == "trace F is cut short: 14 events in 4 complete frames");
  CHECK(sentence(Form::JsonLines, 2) ==
        "trace F is cut short: 13 complete events, then line 15 breaks off");
}

TEST_CASE("a trace whose index is gone still reads whole, and seeks") {
  const auto events = sample::random_events(22, kEvents);
  std::vector<std::size_t> ends;
  std::string whole = small_trace(Form::Rt0t, events, ends);
  const sample::TempFile file("indexless");
  file.put(std::string_view(whole).substr(0, whole.size() - 1));
  const auto reader = open_trace(file.path());
  CHECK((sample::rest(*reader) == events));
  CHECK(reader->truncation().find("has lost its index") != std::string::npos);
  reader->seek(stamp(events[9]).n);
  CHECK(stamp(*reader->next()).n == stamp(events[9]).n);
}

TEST_CASE("a flipped bit is reported or harmless, never a crash, and never a wrong event in rt0t") {
  const auto events = sample::random_events(23, kEvents);
  for (const Form form : {Form::JsonLines, Form::Rt0t}) {
    std::vector<std::size_t> ends;
    const std::string whole = small_trace(form, events, ends);
    const sample::TempFile file("flip");
    sample::Random random(4);
    for (std::size_t at = 0; at < whole.size(); ++at) {
      std::string bad = whole;
      bad[at] = static_cast<char>(bad[at] ^ (1 << random.below(8)));
      file.put(bad);
      try {
        const auto reader = open_trace(file.path());
        std::string error;
        const auto got = read_all(*reader, error);
        if (form == Form::JsonLines) continue;
        CHECK(got.size() <= events.size());
        CHECK(std::equal(got.begin(), got.end(), events.begin()));
        const bool reported = !error.empty() || reader->truncated();
        CHECK((reported || got.size() == events.size()));
      } catch (const UserError&) {
      }
    }
  }
}

TEST_CASE("frames before and after a damaged one can be read") {
  const auto events = sample::random_events(24, kEvents);
  std::vector<std::size_t> ends;
  std::string bad = small_trace(Form::Rt0t, events, ends);
  bad[ends[kPerFrame] - 3] ^= 0x55;  // inside the second frame
  const sample::TempFile file("middle");
  file.put(bad);
  const auto reader = open_trace(file.path());
  std::string error;
  CHECK(read_all(*reader, error).size() == kPerFrame);
  CHECK(error.find("frame 1 at byte") != std::string::npos);
  CHECK(sample::rest(*reader).size() == kEvents - 2 * kPerFrame);
}

TEST_CASE("contents that lie behind a right checksum are refused, not believed") {
  // The decoder alone, without the container's checksums: every byte of a frame changed, at random.
  frame::Encoder encoder;
  for (const Event& event : sample::random_events(25, 200)) encoder.add(event);
  const auto contents = encoder.finish();
  const std::vector<u8> good(contents.begin(), contents.end());
  sample::Random random(5);
  Strings strings;
  frame::Decoder decoder(strings);
  unsigned refused = 0;
  for (int i = 0; i < 1500; ++i) {
    auto bad = good;
    for (u64 changes = 1 + random.below(3); changes != 0; --changes)
      bad[random.below(bad.size())] = static_cast<u8>(random.next());
    Event event;
    try {
      decoder.load(std::move(bad));
      while (decoder.next(event)) {
      }
    } catch (const Malformed&) {
      ++refused;
    }
  }
  CHECK(refused > 300);
}

TEST_CASE("a frame that claims to be huge costs nothing") {
  FrameHead head{FrameKind::Events};
  Packer packer;
  const std::vector<u8> zeros(kFrameBytes);
  const auto packed = packer.pack(head, zeros);
  Unpacker unpacker;
  head.raw = kMaxRaw;
  CHECK_THROWS_AS(unpacker.unpack(head, packed.subspan(kHeadBytes)), Malformed);
  std::vector<u8> bytes(packed.begin(), packed.begin() + kHeadBytes);
  bytes[20] = 0xff;
  CHECK_FALSE(parse_head(bytes));
}

TEST_CASE("what is no trace is refused with one sentence") {
  const auto refusal = [](std::string_view bytes) {
    const sample::TempFile file("none");
    file.put(bytes);
    try {
      open_trace(file.path());
    } catch (const UserError& e) {
      std::string text = e.what();
      const auto at = text.find(file.path());
      REQUIRE(at != std::string::npos);
      return text.replace(at, file.path().size(), "F");
    }
    return std::string("fine");
  };
  CHECK(refusal("") == "trace F is empty");
  CHECK(refusal("\x7f"
                "ELF") == "F is not an rt0 trace: it starts neither as JSON Lines nor as rt0t");
  CHECK(refusal("{\"schema\":") ==
        "trace F is cut short inside its first line; nothing in it can be read");
  CHECK(refusal("{\"a\":1}\n") ==
        "F is not an rt0 trace: in its first line, \"schema\" is missing");
  CHECK(refusal("{\"schema\":\"rt0-trace/9\"}\n") ==
        "F is not an rt0 trace: in its first line, its schema is \"rt0-trace/9\"; this rt0 reads "
        "\"rt0-trace/1\"");
  CHECK_THROWS_AS(open_trace("/nowhere/at/all"), UserError);
}

TEST_CASE("a broken line in the middle is reported with its number") {
  std::vector<std::size_t> ends;
  std::string bad = small_trace(Form::JsonLines, sample::random_events(26, kEvents), ends);
  bad[ends[3]] = '!';
  const sample::TempFile file("line");
  file.put(bad);
  std::string error;
  CHECK(read_all(*open_trace(file.path()), error).size() == 4);
  CHECK(error == "trace " + file.path() + ", line 6: it is not JSON");
}
