/// What the guest finds in its file system at the start: /proc, /sys, /dev, /etc, /tmp, and the
/// program itself. Fixed text, or text made from the kernel's own state when the file is opened;
/// nothing comes from the host.
#pragma once

#include "emulator/kernel/clock.hpp"
#include "emulator/kernel/vfs_tree.hpp"

namespace emulator::kernel {

struct Config;

/// The times of all that was there at the start, mounted files included: when the virtual clock
/// began.
inline constexpr i64 kVirtualEpoch = kEpoch.value;

/// Fills an empty tree.
void add_virtual_files(Tree& tree, const Config& config);

}  // namespace emulator::kernel
