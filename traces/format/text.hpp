/// Events for people: one line each, in columns. For machines there is append_json.
#pragma once

#include <string>

#include "traces/format/event.hpp"

namespace traces::format {

/// Appends the line without its end:
///     n  t1  function+offset  disassembly  rax=0x1  [0xc000000000]=0x2 (written)  [0x…]->0x3
///     (read)
/// Control characters are shown as \xNN, so that a trace cannot drive the reader's terminal.
void append_text(std::string& out, const Event& event);

/// Two lines about the trace as a whole.
void append_text(std::string& out, const Header& header);

}  // namespace traces::format
