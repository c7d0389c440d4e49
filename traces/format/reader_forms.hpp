/// The two readers, for open_trace.
#pragma once

#include <memory>

#include "traces/format/input.hpp"
#include "traces/format/reader.hpp"

namespace traces::format {

std::unique_ptr<Reader> read_json_lines(std::unique_ptr<Input> input);
std::unique_ptr<Reader> read_rt0t(std::unique_ptr<Input> input);

}  // namespace traces::format
