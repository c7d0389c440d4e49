// Speed and size; run with: traces_format_test "[.bench]" -s. RT0_BENCH_TRACE=FILE takes the events
// from a trace.
#include <fmt/format.h>

#include <cstdlib>
#include <ctime>

#include "tests/support/catch.hpp"
#include "tests/traces/format/sample.hpp"
#include "traces/format/sha256.hpp"

using namespace traces::format;

namespace {

/// Names and texts live in `from` or `program`.
std::vector<Insn> some_instructions(Reader* from, sample::Program& program, std::size_t count) {
  std::vector<Insn> insns;
  Insn insn;
  while (insns.size() < count) {
    if (from == nullptr) {
      program.step(insn);
      insns.push_back(insn);
      continue;
    }
    const Event* event = from->next();
    if (event == nullptr) break;
    if (const auto* read = std::get_if<Insn>(event)) insns.push_back(*read);
  }
  return insns;
}

/// Processor time of this process: other work on the machine does not count.
double seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

void measure(Form form, const std::vector<Insn>& insns) {
  const sample::TempFile file("bench");
  double start = seconds();
  const auto writer = make_writer(form, file.path(), sample::header());
  for (const Insn& insn : insns) writer->write(insn);
  writer->close();
  const double writing = seconds() - start;
  const auto size = static_cast<double>(file.bytes().size());
  start = seconds();
  const auto reader = open_trace(file.path());
  while (reader->next() != nullptr) {
  }
  const double reading = seconds() - start;
  const auto count = static_cast<double>(insns.size());
  fmt::print("{:6} write {:6.2f} M/s  read {:6.2f} M/s  {:7.2f} bytes/instruction\n",
             form == Form::Rt0t ? "rt0t" : "jsonl", count / writing / 1e6, count / reading / 1e6,
             size / count);
}

}  // namespace

TEST_CASE("speed of writing and reading", "[.bench]") {
  const char* path = std::getenv("RT0_BENCH_TRACE");
  const auto from = path == nullptr ? nullptr : open_trace(path);
  sample::Program program(1);
  const auto insns = some_instructions(from.get(), program, 400'000);
  measure(Form::Rt0t, insns);
  measure(Form::JsonLines, insns);
}

TEST_CASE("speed of SHA-256", "[.bench]") {
  const std::vector<u8> bytes(25'000'000, 7);
  const double start = seconds();
  const std::string digest = sha256(bytes);
  fmt::print("sha256 {:.0f} MB/s ({:.8})\n", 25 / (seconds() - start), digest);
}
