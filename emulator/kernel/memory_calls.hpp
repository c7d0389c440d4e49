/// What the files of memory calls share.
#pragma once

#include <optional>

#include "emulator/kernel/kernel.hpp"

namespace emulator::kernel {

/// Does [start, start + length) lie below the end of user addresses?
bool in_user_space(u64 start, u64 length);
/// Would `length` bytes more that can be written go beyond --memory?
bool exceeds_limit(const Kernel& k, u64 length, u8 protection);
/// Makes `region` show a file's contents (and name) as they are now.
std::optional<Errno> back_by_file(Kernel& k, i32 fd, memory::Region& region);

SysResult mremap(Kernel& k, Thread& t, const Args& a);
SysResult madvise(Kernel& k, Thread& t, const Args& a);

}  // namespace emulator::kernel
