/// One event, one line: the JSON Lines form of docs/handbook/trace_format.md.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "traces/format/event.hpp"
#include "traces/format/strings.hpp"

namespace traces::format {

/// Longest line that is written or read, bytes.
inline constexpr std::size_t kMaxLine = std::size_t{16} << 20;

/// Append the line, without its end, to `out`. Keys come in the order of the format.
void append_json(std::string& out, const Header& header);
void append_json(std::string& out, const Insn& insn);
void append_json(std::string& out, const Event& event);

/// A line or a frame is not what the format says. Readers catch it and say where.
class Malformed : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Read what append_json wrote. Unknown keys are skipped; Malformed for anything else that is not
/// as specified.
Header parse_header(std::string_view line);
/// `into` is overwritten; its buffers are reused when the kind stays the same. Views point into
/// `strings`.
void parse_event(std::string_view line, Event& into, Strings& strings);

}  // namespace traces::format
