// System calls on memory (mmap(2), munmap(2), mprotect(2), brk(2) …; Linux mm/mmap.c,
// mm/mprotect.c).
//
// Where a mapping goes: to the hint when the hint's whole range is free, as Go's arena hints
// expect; else to the highest free range below mmap_ceiling, where Linux without address
// randomization begins to look, too.
#include <algorithm>
#include <vector>

#include "emulator/kernel/kernel.hpp"
#include "emulator/kernel/limits.hpp"
#include "emulator/kernel/memory_calls.hpp"

namespace emulator::kernel {

using base::kPageSize;
using base::page_ceil;
using base::page_floor;
using memory::kUserEnd;
using memory::kUserStart;
using memory::Region;

bool in_user_space(u64 start, u64 length) {
  return length <= kUserEnd && start <= kUserEnd - length;
}

/// The limit on memory, as overcommit accounting would have it: what may be written counts when it
/// is mapped.
Failure within_memory(Kernel& k, u64 length, u8 protection) {
  const auto& memory = k.memory();
  if ((protection & memory::kWrite) == 0 ||
      length <= memory.limit() - std::min(memory.limit(), memory.touched_bytes()))
    return std::nullopt;
  return k.refuse("--memory", memory.limit(), Errno::enomem);
}

/// What changes [start, start + length) may cut two mappings in pieces, and add `more`.
Failure room_for_mappings(Kernel& k, u64 start, u64 length, u64 more) {
  const auto& memory = k.memory();
  const auto cuts = [&memory](u64 at) -> u64 {
    u64 begin = 0;
    return memory.region_at(Addr(at), &begin) != nullptr && begin != at;
  };
  if (memory.regions().size() + more + cuts(start) + cuts(start + length) <= limits::kMappings)
    return std::nullopt;
  return k.refuse("mappings", limits::kMappings, Errno::enomem);
}

namespace {

enum MapFlag : u32 {
  kMapShared = 0x01,
  kMapPrivate = 0x02,
  kMapSharedValidate = 0x03,
  kMapFixed = 0x10,
  kMapAnonymous = 0x20,
  kMapNoReserve = 0x4000,
  kMapFixedNoReplace = 0x100000,
};

constexpr u8 kAllProtections = memory::kRead | memory::kWrite | memory::kExec;

/// Where to map, or why not (mm/mmap.c, get_unmapped_area).
struct MapPlace {
  Errno error{};
  std::optional<Addr> at;
};

MapPlace place_mapping(const Kernel& k, u64 hint, u64 length, u32 flags) {
  const auto& memory = k.memory();
  if (length > kUserEnd) return {Errno::enomem, {}};
  if ((flags & (kMapFixed | kMapFixedNoReplace)) != 0) {
    if (!in_user_space(hint, length)) return {Errno::enomem, {}};
    if (hint % kPageSize != 0) return {Errno::einval, {}};
    if (hint < kUserStart) return {Errno::eperm, {}};
    const bool taken = (flags & kMapFixedNoReplace) != 0 && !memory.is_free(Addr(hint), length);
    return taken ? MapPlace{Errno::eexist, {}} : MapPlace{{}, Addr(hint)};
  }
  hint = page_ceil(hint);
  if (hint >= kUserStart && in_user_space(hint, length) && memory.is_free(Addr(hint), length))
    return {{}, Addr(hint)};
  return {Errno::enomem, memory.find_free(length, k.mmap_ceiling())};
}

/// What was written to what lay there before is stored first.
void store_and_map(Kernel& k, Addr at, u64 length, Region region) {
  (void)k.mapped_files().store_range(k, at.value, length);
  k.memory().map(at, length, std::move(region));
  k.mapped_files().close_unmapped(k);
}

SysResult mmap(Kernel& k, Thread&, const Args& a) {
  const u32 flags = a.as_uint(3);
  const u64 offset = a[5];
  if (offset % kPageSize != 0) return Errno::einval;
  const bool anonymous = (flags & kMapAnonymous) != 0;
  Region region;
  region.protection = static_cast<u8>(a[2] & kAllProtections);
  region.shared = (flags & 3) != kMapPrivate;
  if (!anonymous) {
    if (const auto error = back_by_file(k, a.fd(4), region)) return *error;
    region.backing_offset = offset;
  }
  if (a[1] == 0) return Errno::einval;
  const u64 length = page_ceil(a[1]);
  if (length == 0) return Errno::enomem;
  if (!anonymous && offset + length < offset) return Errno::eoverflow;
  const MapPlace place = place_mapping(k, a[0], length, flags);
  if (!place.at) return place.error;
  if (const auto full = room_for_mappings(k, place.at->value, length, 1)) return *full;
  if ((flags & kMapSharedValidate) == 0) return Errno::einval;
  // MAP_NORESERVE asks for addresses only: what is touched still counts.
  if ((flags & kMapNoReserve) == 0)
    if (const auto full = within_memory(k, length, region.protection)) return *full;
  store_and_map(k, *place.at, length, std::move(region));
  return place.at->value;
}

SysResult munmap(Kernel& k, Thread&, const Args& a) {
  const u64 length = page_ceil(a[1]);
  if (a[0] % kPageSize != 0 || a[1] > kUserEnd || !in_user_space(a[0], a[1]) || length == 0)
    return Errno::einval;
  if (const auto full = room_for_mappings(k, a[0], length, 0)) return *full;
  const Failure stored = k.mapped_files().store_range(k, a[0], length);
  k.memory().unmap(a.addr(0), length);
  k.mapped_files().close_unmapped(k);
  return stored ? SysResult(*stored) : SysResult(0);
}

/// Was the file of some shared mapping there opened to be read only?
bool only_to_be_read(const Kernel& k, u64 start, u64 length) {
  const auto& regions = k.memory().regions();
  auto it = regions.upper_bound(start);
  if (it != regions.begin()) --it;
  for (; it != regions.end() && it->first < start + length; ++it)
    if (!it->second.may_write && it->second.end > start) return true;
  return false;
}

/// What of [start, start + length) would newly count against the limit on memory.
u64 newly_writable(const Kernel& k, u64 start, u64 length) {
  u64 bytes = 0;
  const auto& regions = k.memory().regions();
  auto it = regions.upper_bound(start);
  if (it != regions.begin()) --it;
  for (; it != regions.end() && it->first < start + length; ++it)
    if ((it->second.protection & memory::kWrite) == 0 && it->second.end > start)
      bytes += std::min(it->second.end, start + length) - std::max(it->first, start);
  return bytes;
}

SysResult mprotect(Kernel& k, Thread&, const Args& a) {
  if (a[0] % kPageSize != 0) return Errno::einval;
  if (a[1] == 0) return 0;
  const u64 length = page_ceil(a[1]);
  if (length == 0 || !in_user_space(a[0], length)) return Errno::enomem;
  // PROT_GROWSDOWN is for mappings that grow: none here does.
  if ((a[2] & ~u64{kAllProtections}) != 0) return Errno::einval;
  const u8 protection = static_cast<u8>(a[2]);
  if (k.memory().region_at(a.addr(0)) == nullptr) return Errno::enomem;
  if ((protection & memory::kWrite) != 0 && only_to_be_read(k, a[0], length)) return Errno::eacces;
  if (const auto full = within_memory(k, newly_writable(k, a[0], length), protection)) return *full;
  if (const auto full = room_for_mappings(k, a[0], length, 0)) return *full;
  return k.memory().protect(a.addr(0), length, protection) ? SysResult(0)
                                                           : SysResult(Errno::enomem);
}

/// brk(2) as the kernel does it: the answer is the break, moved or not.
SysResult brk(Kernel& k, Thread&, const Args& a) {
  Kernel::Brk& b = k.brk;
  if (a[0] < b.start.value || !in_user_space(a[0], 0)) return b.end.value;
  const u64 old_end = page_ceil(b.end.value), new_end = page_ceil(a[0]);
  if (new_end > old_end) {
    const u64 grow = new_end - old_end;
    if (!k.memory().is_free(Addr(old_end), grow + kPageSize) ||
        within_memory(k, grow, memory::kWrite) || room_for_mappings(k, old_end, grow, 1))
      return b.end.value;
    k.memory().map(
        Addr(old_end), grow,
        Region{.protection = memory::kRead | memory::kWrite, .backing = {}, .name = "[heap]"});
  } else if (new_end < old_end) {
    k.memory().unmap(Addr(new_end), old_end - new_end);
  }
  return (b.end = a.addr(0)).value;
}

/// One byte a page, bit 0: in memory. A page is when it was touched or can be read from its file.
SysResult mincore(Kernel& k, Thread&, const Args& a) {
  if (a[0] % kPageSize != 0) return Errno::einval;
  const u64 length = page_ceil(a[1]);
  if (length < a[1] || !in_user_space(a[0], length) || !k.memory().is_mapped(a.addr(0), length))
    return Errno::enomem;
  constexpr u64 kChunk = 4096;
  for (u64 done = 0; done < length / kPageSize; done += kChunk) {
    std::vector<u8> resident(std::min(kChunk, length / kPageSize - done));
    for (u64 i = 0; i < resident.size(); ++i) {
      const u64 page = a[0] / kPageSize + done + i;
      resident[i] = k.memory().page_touched(page) ||
                    k.memory().region_at(Addr(page * kPageSize))->shows_file();
    }
    if (!k.memory().copy_out(a.addr(2) + done, resident)) return Errno::efault;
  }
  return 0;
}

SysResult msync(Kernel& k, Thread&, const Args& a) {
  constexpr u64 kAsync = 1, kInvalidate = 2, kSync = 4;
  const u64 length = page_ceil(a[1]);
  if ((a[2] & ~(kAsync | kInvalidate | kSync)) != 0 || a[0] % kPageSize != 0) return Errno::einval;
  if ((a[2] & kAsync) != 0 && (a[2] & kSync) != 0) return Errno::einval;
  if (length < a[1] || !in_user_space(a[0], length)) return Errno::enomem;
  if (const auto failed = k.mapped_files().store_range(k, a[0], length)) return *failed;
  return k.memory().is_mapped(a.addr(0), length) ? SysResult(0) : SysResult(Errno::enomem);
}

/// Pages never leave memory here: locking is only a check that they are mapped.
SysResult mlock(Kernel& k, Thread&, const Args& a) {
  const u64 start = page_floor(a[0]), length = page_ceil(a[1] + a[0] % kPageSize);
  if (start + length < start) return Errno::einval;
  if (!in_user_space(start, length) || !k.memory().is_mapped(Addr(start), length))
    return Errno::enomem;
  return 0;
}

SysResult mlockall(Kernel&, Thread&, const Args& a) {
  return a[0] == 0 || (a[0] & ~u64{7}) != 0 || a[0] == 4 ? SysResult(Errno::einval) : SysResult(0);
}

SysResult munlockall(Kernel&, Thread&, const Args&) { return 0; }

/// One core executes at a time, in program order: every barrier has already happened.
SysResult membarrier(Kernel&, Thread&, const Args& a) {
  constexpr u64 kCommands = 0x1 | 0x2 | 0x4 | 0x8 | 0x10;  // GLOBAL … REGISTER_PRIVATE_EXPEDITED
  if (a[1] != 0) return Errno::einval;
  if (a[0] == 0) return kCommands;
  return std::popcount(a[0]) == 1 && (a[0] & kCommands) != 0 ? SysResult(0)
                                                             : SysResult(Errno::einval);
}

constexpr SyscallRow kRows[] = {
    {9, "mmap", "addr:addr length:size prot:hex flags:hex fd:fd offset:hex", mmap},
    {10, "mprotect", "addr:addr len:size prot:hex", mprotect},
    {11, "munmap", "addr:addr length:size", munmap},
    {12, "brk", "addr:addr", brk},
    {25, "mremap", "old_address:addr old_size:size new_size:size flags:hex new_address:addr",
     mremap},
    {26, "msync", "addr:addr length:size flags:hex", msync},
    {27, "mincore", "addr:addr length:size vec:ptr", mincore},
    {28, "madvise", "addr:addr length:size advice:int", madvise},
    {149, "mlock", "addr:addr len:size", mlock},
    {150, "munlock", "addr:addr len:size", mlock},
    {151, "mlockall", "flags:hex", mlockall},
    {152, "munlockall", "", munlockall},
    {324, "membarrier", "cmd:int flags:hex cpu_id:int", membarrier},
    {325, "mlock2", "addr:addr len:size flags:hex", mlock},
};

}  // namespace

std::span<const SyscallRow> memory_calls() { return kRows; }

}  // namespace emulator::kernel
