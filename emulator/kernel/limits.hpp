/// The named limits of the box: what a guest can make of each kind of thing, so that rt0's own
/// memory stays within --memory and a stated overhead (docs/handbook/limits.md has the table).
/// Where Linux has such a limit, the number or its meaning is Linux's.
#pragma once

#include "emulator/base/types.hpp"

namespace emulator::kernel::limits {

inline constexpr u64 kMappings = 65'530;          // vm.max_map_count: ENOMEM
inline constexpr u64 kMappingName = 512;          // bytes of a file's path that a mapping keeps
inline constexpr u64 kOpenFiles = 65'536;         // fs.file-max: ENFILE
inline constexpr u64 kPipeBytes = u64{64} << 20;  // fs.pipe-user-pages-soft: new pipes are small
inline constexpr u64 kAllPipeBytes = 2 * kPipeBytes;  // fs.pipe-user-pages-hard: ENFILE
inline constexpr u64 kWatches = 100'000;              // fs.epoll.max_user_watches: ENOSPC
inline constexpr u64 kOpenText = u64{64} << 20;  // virtual files and listings held open: ENOMEM
inline constexpr u64 kLinkText = 256;            // bytes of a link's target that count as a name
inline constexpr u64 kNotices = 256;             // different sentences on standard error
/// So often a guest may run into limits before it is taken to do so for ever.
inline constexpr u64 kRefusals = 100'000;
/// So often timers may expire in a row without waking any thread.
inline constexpr u64 kIdleExpirations = 1'000'000;

}  // namespace emulator::kernel::limits
