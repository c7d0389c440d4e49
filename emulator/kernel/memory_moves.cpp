// mremap(2), madvise(2), and files in memory.
#include <algorithm>
#include <set>

#include "emulator/kernel/limits.hpp"
#include "emulator/kernel/memory_calls.hpp"

namespace emulator::kernel {
namespace {

using base::kPageSize;
using base::page_ceil;
using memory::Backing;
using memory::Region;

enum RemapFlag : u64 { kMayMove = 1, kFixed = 2, kDontUnmap = 4 };

enum Advice : i32 {
  kNormal = 0,
  kRandom = 1,
  kSequential = 2,
  kWillNeed = 3,
  kDontNeed = 4,
  kFree = 8,
  kRemove = 9,
  kDontFork = 10,
  kDoFork = 11,
  kMergeable = 12,
  kUnmergeable = 13,
  kHugePage = 14,
  kNoHugePage = 15,
  kDontDump = 16,
  kDoDump = 17,
  kWipeOnFork = 18,
  kKeepOnFork = 19,
  kCold = 20,
  kPageOut = 21,
  kPopulateRead = 22,
  kPopulateWrite = 23,
  kCollapse = 25,
};

bool known(i32 advice) {
  return (advice >= kNormal && advice <= kDontNeed) ||
         (advice >= kFree && advice <= kPopulateWrite) || advice == kCollapse;
}

/// Drops the contents of what is mapped in [start, end). Shared memory keeps them.
void discard(Kernel& k, u64 start, u64 end) {
  for (u64 at = start; at < end;) {
    const Region* region = k.memory().region_at(Addr(at));
    if (region == nullptr) {
      const auto next = k.memory().regions().lower_bound(at);
      at = next == k.memory().regions().end() ? end : next->first;
      continue;
    }
    const u64 until = std::min(end, region->end);
    if (!region->shared) k.memory().discard(Addr(at), until - at);
    at = until;
  }
}

/// The mapping that [old, old + size) lies in, as a copy that starts at `old`.
std::optional<Region> region_from(const Kernel& k, u64 old, u64 size) {
  u64 start = 0;
  const Region* found = k.memory().region_at(Addr(old), &start);
  if (found == nullptr || old + size > found->end) return std::nullopt;
  Region region = *found;
  region.backing_offset += old - start;
  return region;
}

SysResult move_mapping(Kernel& k, u64 old, u64 old_size, Addr to, u64 new_size, Region region,
                       bool keep) {
  auto& memory = k.memory();
  (void)k.mapped_files().store_range(k, to.value, new_size);
  memory.map(to, new_size, std::move(region));
  memory.move_pages(Addr(old), to, std::min(old_size, new_size));
  if (keep)
    memory.discard(Addr(old), old_size);
  else
    memory.unmap(Addr(old), old_size);
  k.mapped_files().close_unmapped(k);
  return to.value;
}

}  // namespace

SysResult mremap(Kernel& k, Thread&, const Args& a) {
  const u64 old = a[0], old_size = page_ceil(a[1]), new_size = page_ceil(a[2]), flags = a[3],
            target = a[4];
  auto& memory = k.memory();
  if ((flags & ~u64{kMayMove | kFixed | kDontUnmap}) != 0 || old % kPageSize != 0 || new_size == 0)
    return Errno::einval;
  if ((flags & (kFixed | kDontUnmap)) != 0 && (flags & kMayMove) == 0) return Errno::einval;
  if ((flags & kDontUnmap) != 0 && old_size != new_size) return Errno::einval;
  if (!in_user_space(old, old_size)) return Errno::einval;
  const auto region = region_from(k, old, old_size);
  if (!region) return Errno::efault;
  const u64 grow = new_size > old_size ? new_size - old_size : 0;
  if (const auto full = within_memory(k, grow, region->protection)) return *full;
  if (const auto full = room_for_mappings(k, old, old_size, 3)) return *full;
  if ((flags & kFixed) != 0) {
    const bool overlap = target < old + old_size && old < target + new_size;
    if (target % kPageSize != 0 || !in_user_space(target, new_size) ||
        target < memory::kUserStart || overlap)
      return Errno::einval;
    return move_mapping(k, old, old_size, Addr(target), new_size, *region,
                        (flags & kDontUnmap) != 0);
  }
  if ((flags & kDontUnmap) == 0) {
    if (new_size < old_size) memory.unmap(Addr(old + new_size), old_size - new_size);
    if (new_size <= old_size) return old;  // a shared file keeps what was written to the rest
    if (in_user_space(old, new_size) && memory.is_free(Addr(old + old_size), grow)) {
      Region more = *region;
      more.backing_offset += old_size;
      memory.map(Addr(old + old_size), grow, std::move(more));
      return old;
    }
    if ((flags & kMayMove) == 0) return Errno::enomem;
  }
  const auto free = memory.find_free(new_size, k.mmap_ceiling());
  if (!free) return Errno::enomem;
  return move_mapping(k, old, old_size, *free, new_size, *region, (flags & kDontUnmap) != 0);
}

/// Advice that only asks for speed is accepted and changes nothing. MADV_FREE lets the kernel drop
/// pages whenever it likes: it does so at once, so that what is free does not count against the
/// limit on memory.
SysResult madvise(Kernel& k, Thread&, const Args& a) {
  const i32 advice = a.as_int(2);
  const u64 length = page_ceil(a[1]);
  if (!known(advice) || a[0] % kPageSize != 0 || length < a[1]) return Errno::einval;
  if (length == 0) return 0;
  if (a[0] + length < a[0]) return Errno::einval;
  if (!in_user_space(a[0], length)) return Errno::enomem;
  if (advice == kFree) {
    const Region* region = k.memory().region_at(a.addr(0));
    if (region != nullptr && (region->shared || region->shows_file())) return Errno::einval;
  }
  if (advice == kDontNeed || advice == kFree) discard(k, a[0], a[0] + length);
  return k.memory().is_mapped(a.addr(0), length) ? SysResult(0) : SysResult(Errno::enomem);
}

/// What the copies of mapped files take. Kernel::mapped_file_bytes also counts those that only
/// checkpoints still hold, which must not show in what the guest is answered.
u64 mapped_now(Kernel& k) {
  std::set<const Backing*> copies;
  std::set<u64> files;
  u64 sum = 0;
  for (const auto& [start, region] : k.memory().regions())
    if (region.shared_file != 0 && files.insert(region.shared_file).second)
      sum += k.memory().shared_file(region.shared_file)->bytes.size();
    else if (region.backing && region.backing->bus_past_end &&
             copies.insert(region.backing.get()).second)
      sum += region.backing->bytes.size();
  return sum;
}

/// A private mapping shows what the file held at that moment, a shared one what it holds
/// (mapped_files.hpp).
std::optional<Errno> back_by_file(Kernel& k, i32 fd, Region& region) {
  constexpr u64 kLargest = u64{1} << 32, kMostShared = memory::SharedFiles::kMostFiles - 1;
  const Description* file = k.files().find(fd);
  if (file == nullptr) return Errno::ebadf;
  const bool writes = (region.protection & memory::kWrite) != 0;
  if (region.shared && writes && !file->writable()) return Errno::eacces;
  auto bytes = k.files().contents(k, fd, kLargest);
  if (!bytes) return bytes.error();
  const u64 size = (*bytes)->size(), limit = k.memory().limit();
  const auto held = k.mapped_file_bytes();
  if (*held + size > limit && mapped_now(k) + size > limit)
    return k.refuse("bytes of mapped files", limit, Errno::enomem);
  *held += size;
  // The copy goes with the last mapping of it.
  const std::shared_ptr<const void> owner(
      (*bytes)->data(), [keep = *bytes, held, size](const void*) { *held -= size; });
  region.name = file->path.substr(0, limits::kMappingName);
  region.may_write = !region.shared || file->writable();
  if (!region.shared || !MappedFiles::can_map(*file)) {
    region.backing = std::make_shared<const Backing>(Backing{owner, **bytes, true});
    return std::nullopt;
  }
  const auto shared = k.mapped_files().open(k, *file, owner, **bytes);
  if (!shared) return k.refuse("files that are mapped shared", kMostShared, Errno::enomem);
  region.shared_file = *shared;
  return std::nullopt;
}

}  // namespace emulator::kernel
