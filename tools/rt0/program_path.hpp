/// Where the guest finds its program (decision 0008): what /proc/self/exe, AT_EXECFN and the lines
/// of /proc/self/maps say, and what can be opened there.
#pragma once

#include <string>
#include <vector>

#include "emulator/kernel/files.hpp"

namespace rt0 {

/// The guest path of the host's `file`: `wanted` (--program-path) when given, else, for a program
/// that lies below a mounted folder, its path there, else /rt0/program. `file` is empty for the
/// built-in program. Throws base::UserError for a `wanted` that is no path, or lies below a mount
/// that has not this program there.
std::string program_path_of(const std::string& file, const std::string& wanted,
                            const std::vector<emulator::kernel::Mount>& mounts);

}  // namespace rt0
