// Traces in both forms: read to the end, shown, sought in, converted.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>

#include "emulator/base/error.hpp"
#include "tests/fuzz/target.hpp"
#include "tests/traces/format/sample.hpp"
#include "traces/format/container.hpp"
#include "traces/format/event.hpp"
#include "traces/format/text.hpp"

namespace fuzz {
namespace {

using namespace traces::format;

/// A file in memory, with a name to open it by.
class MemoryFile {
 public:
  explicit MemoryFile(Bytes bytes) : fd_(::memfd_create("trace", 0)) {
    if (fd_ < 0 || ::write(fd_, bytes.data(), bytes.size()) < 0) fail("no file in memory");
  }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  ~MemoryFile() { ::close(fd_); }
  std::string path() const { return "/proc/self/fd/" + std::to_string(fd_); }

 private:
  int fd_;
};

Input bytes_of(std::string_view text) { return {text.begin(), text.end()}; }

std::string shown(Reader& reader) {
  std::string text;
  append_text(text, reader.header());
  while (const Event* event = reader.next()) append_text(text, *event);
  return text;
}

void read_trace(Bytes bytes) {
  const MemoryFile file(bytes), other({});
  try {
    const auto reader = open_trace(file.path());
    (void)shown(*reader);
    for (const u64 n : {u64{0}, u64{7}, ~u64{0}}) {
      reader->seek(n);
      (void)reader->next();
    }
    const auto again = open_trace(file.path());
    const Form form = again->form() == Form::Rt0t ? Form::JsonLines : Form::Rt0t;
    const auto writer = make_writer(form, other.path(), again->header());
    convert(*again, *writer);
    writer->close();
    // What was read once can be written, read again, and says the same.
    const auto first = open_trace(file.path()), second = open_trace(other.path());
    if (shown(*first) != shown(*second)) fail("the other form of the trace says something else");
  } catch (const emulator::base::UserError&) {
  }
}

}  // namespace

void run_json_lines(Bytes input) {
  // A mutation seldom leaves the first line alone: where there is none, a good one is put before.
  if (!input.empty() && input[0] == '{') return read_trace(input);
  static const std::string first_line = [] {
    const std::string all = sample::trace_bytes(Form::JsonLines, {});
    return all.substr(0, all.find('\n') + 1);
  }();
  Input whole = bytes_of(first_line);
  whole.insert(whole.end(), input.begin(), input.end());
  read_trace(whole);
}

std::vector<Input> json_lines_seeds() {
  std::vector<Input> seeds = {bytes_of(sample::trace_bytes(Form::JsonLines, sample::every_kind()))};
  for (const auto& event : sample::every_kind()) {
    const std::string text = sample::trace_bytes(Form::JsonLines, {event});
    seeds.push_back(bytes_of(text.substr(text.find('\n') + 1)));
  }
  return seeds;
}

/// Checksums keep mutations out of a frame: what does not start as a trace does is taken for the
/// contents of an events frame, and packed.
void run_rt0t(Bytes input) {
  if (is_rt0t(input)) return read_trace(input);
  static const std::string empty = sample::trace_bytes(Form::Rt0t, {});
  const auto* start = reinterpret_cast<const u8*>(empty.data());
  const auto head = parse_head({start, kHeadBytes});
  Input whole(start, start + kHeadBytes + head->packed);
  Packer packer;
  FrameHead events;
  events.events = 3, events.last_n = 10;
  const auto frame = packer.pack(events, input);
  whole.insert(whole.end(), frame.begin(), frame.end());
  read_trace(whole);
}

std::vector<Input> rt0t_seeds() {
  std::vector<Input> seeds;
  const auto add = [&seeds](const std::vector<Event>& events) {
    const Input file = bytes_of(sample::trace_bytes(Form::Rt0t, events));
    seeds.push_back(file);
    const auto first = parse_head(Bytes(file).first(kHeadBytes));
    const u64 at = kHeadBytes + first->packed;
    const auto head = parse_head(Bytes(file).subspan(at, kHeadBytes));
    Unpacker unpacker;
    seeds.push_back(unpacker.unpack(*head, Bytes(file).subspan(at + kHeadBytes, head->packed)));
  };
  add(sample::every_kind());
  add(sample::random_events(1, 3));
  add(sample::random_events(2, 20));
  return seeds;
}

}  // namespace fuzz
