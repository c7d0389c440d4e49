/// What the files of memory calls share.
#pragma once

#include <optional>

#include "emulator/kernel/kernel.hpp"

namespace emulator::kernel {

/// Does [start, start + length) lie below the end of user addresses?
bool in_user_space(u64 start, u64 length);
/// ENOMEM when `length` bytes more that can be written would go beyond --memory.
Failure within_memory(Kernel& k, u64 length, u8 protection);
/// ENOMEM when there would be too many mappings.
Failure room_for_mappings(Kernel& k, u64 start, u64 length, u64 more);
/// Makes `region` show a file's contents (and name) as they are now.
std::optional<Errno> back_by_file(Kernel& k, i32 fd, memory::Region& region);

SysResult mremap(Kernel& k, Thread& t, const Args& a);
SysResult madvise(Kernel& k, Thread& t, const Args& a);

}  // namespace emulator::kernel
