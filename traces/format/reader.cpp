#include "traces/format/reader.hpp"

#include "emulator/base/error.hpp"
#include "traces/format/container.hpp"
#include "traces/format/reader_forms.hpp"

namespace traces::format {

std::unique_ptr<Reader> open_trace(const std::string& path) {
  auto input = std::make_unique<Input>(path);
  std::array<u8, 16> start{};
  const auto known = std::span(start).first(input->read(0, start));
  if (known.empty()) emulator::base::user_error("trace {} is empty", input->name());
  if (is_rt0t(known)) return read_rt0t(std::move(input));
  if (known[0] == '{') return read_json_lines(std::move(input));
  emulator::base::user_error("{} is not an rt0 trace: it starts neither as JSON Lines nor as rt0t",
                             input->name());
}

u64 convert(Reader& from, Writer& to) {
  u64 count = 0;
  for (const Event* event = from.next(); event != nullptr; event = from.next(), ++count)
    to.write(*event);
  return count;
}

}  // namespace traces::format
