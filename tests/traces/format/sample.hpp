/// Events and files for the tests of traces/format.
#pragma once

#include <string>
#include <vector>

#include "traces/format/event.hpp"
#include "traces/format/reader.hpp"
#include "traces/format/writer.hpp"

namespace sample {

using namespace traces::format;

/// splitmix64: the same numbers on every host.
class Random {
 public:
  explicit Random(u64 seed) : state_(seed) {}
  u64 next();
  u64 below(u64 bound) { return next() % bound; }

 private:
  u64 state_;
};

Header header();

/// One event of each kind, with every optional field present in one and absent in another.
std::vector<Event> every_kind();

/// Events of all kinds, mostly instructions, with every odd thing that the format allows.
std::vector<Event> random_events(u64 seed, std::size_t count);

/// Steps through a made-up program that loops, calls, pushes and loads as compiled code does.
/// Refills `insn`.
class Program {
 public:
  explicit Program(u64 seed);
  void step(Insn& insn);

 private:
  struct Code {
    std::string fn, text;
    u64 pc = 0, off = 0;
    u32 kind = 0;
    u32 reg = 0, base = 0, target = 0;
  };
  Random random_;
  std::vector<Code> code_;
  std::array<u64, 16> gpr_{};
  u64 flags_ = 0x246;
  std::vector<u32> stack_;
  u32 at_ = 0;
  u64 n_ = 0;
};

/// A file that is gone when the test is over.
class TempFile {
 public:
  explicit TempFile(const std::string& name);
  TempFile(const TempFile&) = delete;
  TempFile& operator=(const TempFile&) = delete;
  ~TempFile();
  const std::string& path() const { return path_; }
  std::string bytes() const;
  void put(std::string_view bytes) const;

 private:
  std::string path_;
};

/// Writes a whole trace to `path`.
void write_trace(Form form, const std::string& path, const std::vector<Event>& events);
/// A trace's bytes, by way of a file.
std::string trace_bytes(Form form, const std::vector<Event>& events);
/// What next() gives from here to the end. The events live as long as `reader`.
std::vector<Event> rest(Reader& reader);

}  // namespace sample
