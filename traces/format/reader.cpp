#include "traces/format/reader.hpp"

#include "emulator/base/error.hpp"
#include "traces/format/container.hpp"
#include "traces/format/reader_forms.hpp"

namespace traces::format {

void require_trace(std::span<const u8> start, const std::string& name) {
  if (start.empty()) emulator::base::user_error("trace {} is empty", name);
  if (!is_rt0t(start) && start[0] != '{')
    emulator::base::user_error(
        "{} is not an rt0 trace: it starts neither as JSON Lines nor as rt0t", name);
}

std::unique_ptr<Reader> open_trace(const std::string& path) {
  auto input = std::make_unique<Input>(path);
  std::array<u8, kTraceStart> start{};
  const auto known = std::span(start).first(input->read(0, start));
  require_trace(known, input->name());
  return is_rt0t(known) ? read_rt0t(std::move(input)) : read_json_lines(std::move(input));
}

u64 convert(Reader& from, Writer& to) {
  u64 count = 0;
  for (const Event* event = from.next(); event != nullptr; event = from.next(), ++count)
    to.write(*event);
  return count;
}

}  // namespace traces::format
