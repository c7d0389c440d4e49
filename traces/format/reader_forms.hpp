/// The two readers, for open_trace.
#pragma once

#include <memory>

#include "traces/format/input.hpp"
#include "traces/format/reader.hpp"

namespace traces::format {

/// Bytes from the start of a file that tell whether it is a trace.
constexpr std::size_t kTraceStart = 16;
/// Throws base::UserError for what does not begin as a trace does.
void require_trace(std::span<const u8> start, const std::string& name);

std::unique_ptr<Reader> read_json_lines(std::unique_ptr<Input> input);
std::unique_ptr<Reader> read_rt0t(std::unique_ptr<Input> input);

}  // namespace traces::format
