// Whole traces, in both forms, there and back.
#include "tests/support/catch.hpp"
#include "tests/traces/format/sample.hpp"
#include "traces/format/container.hpp"
#include "traces/format/frame_encoder.hpp"
#include "traces/format/sha256.hpp"

using namespace traces::format;

namespace {

constexpr std::array<Form, 2> kForms = {Form::JsonLines, Form::Rt0t};

/// Compares without printing whole events.
bool same(const std::vector<Event>& a, const std::vector<Event>& b) { return a == b; }

}  // namespace

TEST_CASE("a trace of every kind of event reads back as it was written") {
  for (const Form form : kForms) {
    const sample::TempFile file("kinds");
    sample::write_trace(form, file.path(), sample::every_kind());
    const auto reader = open_trace(file.path());
    CHECK(reader->form() == form);
    CHECK(reader->header() == sample::header());
    CHECK(same(sample::rest(*reader), sample::every_kind()));
    CHECK_FALSE(reader->truncated());
    CHECK(reader->next() == nullptr);
  }
}

TEST_CASE("a trace without events is a trace") {
  for (const Form form : kForms) {
    const sample::TempFile file("empty");
    sample::write_trace(form, file.path(), {});
    const auto reader = open_trace(file.path());
    CHECK(reader->header() == sample::header());
    CHECK(reader->next() == nullptr);
    CHECK_FALSE(reader->truncated());
  }
}

TEST_CASE("random traces read back as they were written") {
  for (u64 seed = 0; seed < 40; ++seed) {
    const auto events = sample::random_events(seed, 400);
    for (const Form form : kForms) {
      const sample::TempFile file("random");
      sample::write_trace(form, file.path(), events);
      const auto reader = open_trace(file.path());
      CHECK(same(sample::rest(*reader), events));
    }
  }
}

TEST_CASE("the same events give the same bytes") {
  for (const Form form : kForms)
    CHECK(sample::trace_bytes(form, sample::random_events(3, 2000)) ==
          sample::trace_bytes(form, sample::random_events(3, 2000)));
}

TEST_CASE("converting from one form to the other and back gives the same bytes") {
  const auto events = sample::random_events(9, 3000);
  const sample::TempFile lines("a.jsonl"), binary("b.rt0t"), again("c.jsonl");
  sample::write_trace(Form::JsonLines, lines.path(), events);
  const auto copy = [](const std::string& from, const std::string& to) {
    const auto reader = open_trace(from);
    const auto writer = make_writer(form_for_path(to), to, reader->header());
    const u64 count = convert(*reader, *writer);
    writer->close();
    return count;
  };
  CHECK(copy(lines.path(), binary.path()) == events.size());
  CHECK(copy(binary.path(), again.path()) == events.size());
  CHECK(lines.bytes() == again.bytes());
  CHECK(binary.bytes() == sample::trace_bytes(Form::Rt0t, events));
}

TEST_CASE("a long trace has several frames, and each starts afresh") {
  const sample::TempFile file("long.rt0t");
  const auto writer = make_writer(Form::Rt0t, file.path(), sample::header());
  sample::Program program(5);
  Insn insn;
  constexpr u64 kCount = 500'000;
  for (u64 i = 0; i < kCount; ++i) program.step(insn), writer->write(insn);
  CHECK(writer->events() == kCount);
  writer->close();

  const auto reader = open_trace(file.path());
  sample::Program again(5);
  u64 count = 0;
  bool equal = true;
  while (const Event* event = reader->next()) {
    again.step(insn);
    equal = equal && std::get<Insn>(*event) == insn;
    ++count;
  }
  CHECK(equal);
  CHECK(count == kCount);
  for (const u64 n : {u64{1}, u64{2}, u64{123'456}, kCount / 2, kCount}) {
    reader->seek(n);
    const Event* event = reader->next();
    REQUIRE(event != nullptr);
    CHECK(stamp(*event).n == n);
  }
  reader->seek(kCount + 1);
  CHECK(reader->next() == nullptr);
}

TEST_CASE(
    "seeking finds the first event that has the number or a greater one, forwards and backwards") {
  const auto events = sample::random_events(11, 500);
  for (const Form form : kForms) {
    const sample::TempFile file("seek");
    const auto writer = make_writer(form, file.path(), sample::header());
    for (std::size_t i = 0; i < events.size(); ++i) {
      writer->write(events[i]);
      if (i % 37 == 0) writer->flush();  // many small frames
    }
    writer->close();
    const auto reader = open_trace(file.path());
    sample::Random random(2);
    for (int i = 0; i < 60; ++i) {
      const u64 n = random.below(stamp(events.back()).n + 2);
      const auto first = std::find_if(events.begin(), events.end(),
                                      [&](const Event& e) { return stamp(e).n >= n; });
      reader->seek(n);
      if (i % 3 == 0) {
        CHECK(same(sample::rest(*reader), std::vector<Event>(first, events.end())));
      } else {
        const Event* event = reader->next();
        CHECK((event == nullptr) == (first == events.end()));
        if (event != nullptr) CHECK((*event == *first));
      }
    }
  }
}

TEST_CASE("a trace may be read while it is written, up to the last flush") {
  for (const Form form : kForms) {
    const sample::TempFile file("live");
    const auto writer = make_writer(form, file.path(), sample::header());
    const auto events = sample::every_kind();
    for (const Event& event : events) writer->write(event);
    CHECK(open_trace(file.path())->next() == nullptr);
    writer->flush();
    const auto reader = open_trace(file.path());
    CHECK(same(sample::rest(*reader), events));
    CHECK(reader->truncated() == (form == Form::Rt0t));
  }
}

TEST_CASE("a trace that its writer did not close is finished by the destructor") {
  const sample::TempFile file("abandoned");
  make_writer(Form::Rt0t, file.path(), sample::header())->write(sample::every_kind()[0]);
  const auto reader = open_trace(file.path());
  CHECK(sample::rest(*reader).size() == 1);
  CHECK_FALSE(reader->truncated());
}

TEST_CASE("the forms have names, and rt0t files an ending") {
  CHECK(form_named("jsonl") == Form::JsonLines);
  CHECK(form_named("rt0t") == Form::Rt0t);
  CHECK_FALSE(form_named("xml"));
  CHECK(form_for_path("a/b.rt0t") == Form::Rt0t);
  CHECK(form_for_path("-") == Form::JsonLines);
}

TEST_CASE("a frame's contents are what they were when the version was given") {
  // A change here is a change of the form, or of the encoder's choices. If old traces no longer
  // read, raise kVersion.
  frame::Encoder encoder;
  for (const Event& event : sample::random_events(1, 500)) encoder.add(event);
  CHECK(sha256(encoder.finish()) ==
        "50b2d05546e11f5f64eaeab0724c665ad35c88b564d1f8adde38890b848cbbe9");
}

TEST_CASE("very long events pass, in both forms") {
  Insn insn;
  insn.begin(1, 1, Addr(0));
  const std::vector<u8> bytes(Insn::kMaxValueBytes, 0xab);
  insn.add_memory(Access::Write, Addr(0), bytes);
  insn.add_memory(Access::Read, Addr(0), bytes);
  for (unsigned i = 0; i < Insn::kMaxEffects; ++i)
    insn.add_memory_unvalued(Access::Read, Addr(i), i);
  const std::vector<Event> events = {insn,
                                     Sys{{1, 1}, "write", {std::string(8'000'000, 'x')}, "0x0"}};
  for (const Form form : kForms) {
    const sample::TempFile file("huge");
    sample::write_trace(form, file.path(), events);
    CHECK(same(sample::rest(*open_trace(file.path())), events));
  }
}
