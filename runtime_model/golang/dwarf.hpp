/// Layouts from the debug information that the Go linker writes unless told -w.
#pragma once

#include <optional>

#include "runtime_model/golang/layouts.hpp"

namespace runtime_model::golang {

/// The runtime's types and variables from the DWARF of the file (version 4 or 5, compressed or
/// not); nothing when there is none, when it is damaged, or when it has no runtime.g. A file nobody
/// vouches for costs time and memory in proportion to its size.
std::optional<Layouts> layouts_from_dwarf(const emulator::kernel::ElfImage& image);

/// What the runtime model asks for by name: types that are reached through pointers only, and
/// variables. Whatever these hold is taken along. Names of all releases; not every one has each.
std::span<const std::string_view> wanted_types();
std::span<const std::string_view> wanted_variables();

}  // namespace runtime_model::golang
