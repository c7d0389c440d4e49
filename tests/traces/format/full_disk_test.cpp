// Disks that fill up while a trace is written.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "emulator/base/error.hpp"
#include "tests/support/catch.hpp"
#include "tests/traces/format/sample.hpp"

using namespace traces::format;
using emulator::base::UserError;

namespace {

/// Takes `room` bytes, then refuses.
class SmallDisk final : public Sink {
 public:
  SmallDisk(std::size_t room, std::string& bytes) : Sink("F"), room_(room), bytes_(bytes) {}
  std::size_t write(std::span<const u8> bytes) override {
    const std::size_t taken = std::min(room_ - bytes_.size(), bytes.size());
    bytes_.append(reinterpret_cast<const char*>(bytes.data()), taken);
    if (taken != bytes.size()) errno = ENOSPC;
    return taken;
  }

 private:
  std::size_t room_;
  std::string& bytes_;
};

/// Writes `events` to a disk of `room` bytes, a flush after every third; returns the complaint.
std::string fill(Form form, const std::vector<Event>& events, std::size_t room,
                 std::string& bytes) {
  try {
    const auto writer =
        make_writer(form, std::make_unique<SmallDisk>(room, bytes), sample::header());
    for (std::size_t i = 0; i < events.size(); ++i) {
      writer->write(events[i]);
      if (i % 3 == 2) writer->flush();
    }
    writer->close();
  } catch (const UserError& e) {
    return e.what();
  }
  return "";
}

}  // namespace

TEST_CASE("whatever the disk's size, what the message counts can be read") {
  const auto events = sample::random_events(31, 10);
  for (const Form form : {Form::JsonLines, Form::Rt0t}) {
    std::string whole;
    CHECK(fill(form, events, 1 << 24, whole).empty());
    for (std::size_t room = 0; room < whole.size(); ++room) {
      std::string bytes;
      const std::string complaint = fill(form, events, room, bytes);
      CHECK(bytes == whole.substr(0, room));
      const sample::TempFile file("full");
      file.put(bytes);
      std::size_t readable = 0;
      try {
        readable = sample::rest(*open_trace(file.path())).size();
      } catch (const UserError&) {
      }
      // A line whose newline alone is missing is read, but was not counted.
      const std::size_t counted =
          readable - (form == Form::JsonLines && readable != 0 && whole[room] == '\n' ? 1 : 0);
      CHECK(complaint == "cannot write trace F: No space left on device after " +
                             std::to_string(counted) + " complete events");
    }
  }
}

TEST_CASE("a writer that has failed keeps saying so") {
  std::string bytes;
  const auto writer =
      make_writer(Form::Rt0t, std::make_unique<SmallDisk>(500, bytes), sample::header());
  const auto events = sample::random_events(32, 100);
  for (const Event& event : events) writer->write(event);
  CHECK_THROWS_AS(writer->flush(), UserError);
  CHECK_THROWS_AS(writer->write(events[0]), UserError);
  CHECK_THROWS_AS(writer->close(), UserError);
}

TEST_CASE("/dev/full gives the sentence too") {
  if (access("/dev/full", W_OK) != 0) return;
  for (const Form form : {Form::JsonLines, Form::Rt0t}) {
    try {
      make_writer(form, "/dev/full", sample::header())->close();
      FAIL("nothing was thrown");
    } catch (const UserError& e) {
      CHECK(std::string(e.what()) ==
            "cannot write trace /dev/full: No space left on device after 0 complete events");
    }
  }
}

TEST_CASE("a limit on the size of files leaves a readable trace") {
  const sample::TempFile file("limit.rt0t");
  const pid_t child = fork();
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{2'000'000, 2'000'000};
    setrlimit(RLIMIT_FSIZE, &limit);
    try {
      const auto writer = make_writer(Form::Rt0t, file.path(), sample::header());
      sample::Program program(1);
      Insn insn;
      for (int i = 0; i < 3'000'000; ++i) program.step(insn), writer->write(insn);
    } catch (const UserError& e) {
      _exit(std::string(e.what()).find("File too large after ") != std::string::npos ? 7 : 8);
    }
    _exit(9);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WEXITSTATUS(status) == 7);
  const auto reader = open_trace(file.path());
  sample::Program program(1);
  Insn insn;
  u64 count = 0;
  while (const Event* event = reader->next()) {
    program.step(insn);
    REQUIRE((std::get<Insn>(*event) == insn));
    ++count;
  }
  CHECK(count > 1000);
  CHECK(reader->truncated());
}

TEST_CASE("a trace that cannot be created is a sentence") {
  CHECK_THROWS_WITH(make_writer(Form::Rt0t, "/nowhere/at/all", sample::header()),
                    "cannot create trace /nowhere/at/all: No such file or directory");
}
