/// Real Go programs, built by the machine's own Go when the tests run.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "emulator/base/types.hpp"

namespace tests {

using File = std::vector<emulator::u8>;

/// A small program built with these arguments to `go build`; nothing when there is no Go, or when
/// it cannot build this.
std::optional<File> build_go_program(const std::string& arguments);
/// The same of a program of one file.
std::optional<File> build_go_program(const std::string& arguments, const std::string& source);

/// The same file as if a tool had removed its section headers.
File without_sections(File file);

}  // namespace tests
