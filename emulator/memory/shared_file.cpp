// Pages of files that all their mappings share.
#include "emulator/memory/shared_file.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "emulator/memory/address_space.hpp"

namespace emulator::memory {

using base::kPageSize;
using cpu::Access;

/// Under which number the table of shared pages has a page of the guest's; nothing when it is not
/// of a shared file.
std::optional<u64> AddressSpace::shared_key(const Region& region, u64 region_start,
                                            u64 page) const {
  if (region.shared_file == 0) return std::nullopt;
  const u64 offset = region.backing_offset + (page * kPageSize - region_start);
  return SharedFiles::key(region.shared_file,
                          std::min(offset / kPageSize, SharedFiles::kMostPages - 1));
}

bool AddressSpace::page_touched(u64 page) const {
  u64 start = 0;
  const Region* const region = region_at(Addr(page * kPageSize), &start);
  const auto key = region != nullptr ? shared_key(*region, start, page) : std::nullopt;
  return (key ? files_.pages.find(*key) : pages_.find(page)) != nullptr;
}

/// Calls visit(address, offset, length) for each place where a part of [offset, offset + length) of
/// the file is mapped.
template <class Visit>
void AddressSpace::for_each_place(u64 id, u64 offset, u64 length, Visit visit) const {
  for (const auto& [start, region] : *regions_) {
    if (region.shared_file != id) continue;
    const u64 first = std::max(offset, region.backing_offset);
    const u64 last = std::min(offset + length, region.backing_offset + (region.end - start));
    if (first < last) visit(start + (first - region.backing_offset), first, last - first);
  }
}

/// The bytes of a page, to be written, with what the file has there at its first touch.
u8* AddressSpace::page_of_file(SharedFile& file, u64 key) {
  const Frame* const before = files_.pages.find(key);
  bool created = false;
  Frame* const frame = own(files_.pages, key, created);
  const u64 offset = key % SharedFiles::kMostPages * kPageSize;
  if (created && offset < file.bytes.size())
    std::memcpy(frame->bytes.data(), file.bytes.data() + offset,
                std::min<u64>(kPageSize, file.bytes.size() - offset));
  // The cache may lead to what was there before, at any address.
  if (frame != before) tlb_->clear();
  return frame->bytes.data();
}

u8* AddressSpace::shared_page(u64 page, const Region& region, u64 region_start, u64 address,
                              Access access) {
  SharedFile& file = files_.at(region.shared_file);
  const u64 offset = region.backing_offset + (page * kPageSize - region_start);
  if (offset >= file.size || offset / kPageSize >= SharedFiles::kMostPages)
    throw cpu::GuestFault{cpu::FaultKind::bus, Addr(address), access, true};
  const u64 key = *shared_key(region, region_start, page);
  if (access != Access::write) {
    Frame* const frame = files_.pages.find(key);
    return frame != nullptr ? frame->bytes.data() : page_of_file(file, key);
  }
  file.written.insert(offset / kPageSize);
  for_each_place(region.shared_file, offset, kPageSize,
                 [this](u64 at, u64, u64) { code_write(at / kPageSize); });
  return page_of_file(file, key);
}

void AddressSpace::tell_of_file(u64 id, u64 offset, u64 length) {
  for_each_place(id, offset, length, [this](u64 at, u64, u64 size) {
    for (u64 page = at / kPageSize; page <= (at + size - 1) / kPageSize; ++page) code_write(page);
    tell(Change::contents, at, size);
  });
}

void AddressSpace::refresh_shared_file(u64 id, std::shared_ptr<const void> owner,
                                       std::span<const u8> bytes) {
  SharedFile& file = files_.at(id);
  file.owner = std::move(owner);
  file.bytes = bytes;
  file.size = bytes.size();
}

/// Zeros behind the file's end in its last page: what the guest wrote there is not of the file.
void AddressSpace::clear_tail(SharedFile& file, u64 id) {
  const u64 key = SharedFiles::key(id, file.size / kPageSize), used = file.size % kPageSize;
  if (used == 0 || file.size / kPageSize >= SharedFiles::kMostPages) return;
  if (files_.pages.find(key) == nullptr) return;
  u8* const last = page_of_file(file, key);
  std::fill(last + used, last + kPageSize, u8{0});
}

void AddressSpace::file_written(u64 id, u64 offset, std::span<const u8> bytes) {
  SharedFile& file = files_.at(id);
  constexpr u64 kEnd = SharedFiles::kMostPages * kPageSize;
  if (offset + bytes.size() > file.size) file_resized(id, offset + bytes.size());
  const u64 length = std::min<u64>(bytes.size(), kEnd - std::min(kEnd, offset));
  if (length == 0) return;
  // Pages that are neither mapped nor touched come from the file when they are mapped.
  std::set<u64> pages;
  const auto add = [&](u64 from, u64 size) {
    for (u64 page = from / kPageSize; page <= (from + size - 1) / kPageSize; ++page)
      pages.insert(page);
  };
  for_each_place(id, offset, length, [&](u64, u64 from, u64 size) { add(from, size); });
  const u64 first = SharedFiles::key(id, offset / kPageSize);
  const u64 last = SharedFiles::key(id, (offset + length - 1) / kPageSize) + 1;
  for (auto key = files_.pages.next(first, last); key; key = files_.pages.next(*key + 1, last))
    pages.insert(*key % SharedFiles::kMostPages);
  for (const u64 page : pages) {
    const u64 from = std::max(offset, page * kPageSize);
    const u64 to = std::min(offset + length, (page + 1) * kPageSize);
    std::memcpy(page_of_file(file, SharedFiles::key(id, page)) + from % kPageSize,
                bytes.data() + (from - offset), to - from);
  }
  tell_of_file(id, offset, length);
}

void AddressSpace::file_resized(u64 id, u64 size) {
  SharedFile& file = files_.at(id);
  const u64 before = file.size;
  if (size == before) return;
  if (size > before) clear_tail(file, id);
  file.size = size;
  if (size < before) {
    const u64 kept = std::min(base::page_ceil(size) / kPageSize, SharedFiles::kMostPages);
    file.written.erase(file.written.lower_bound(kept), file.written.end());
    files_.pages.erase(SharedFiles::key(id, kept), SharedFiles::key(id + 1, 0));
    file.bytes = file.bytes.first(std::min<u64>(file.bytes.size(), size));
    clear_tail(file, id);
  }
  tlb_->clear();
  // Pages that fault, or do no more: as if they were mapped anew.
  const u64 first = base::page_floor(std::min(size, before));
  const u64 last = base::page_ceil(std::max(size, before));
  for_each_place(id, first, last - first, [this](u64 at, u64, u64 length) {
    for (u64 page = at / kPageSize; page < (at + length) / kPageSize; ++page) code_write(page);
    tell(Change::mapping, at, length);
  });
}

void AddressSpace::take_written(u64 id,
                                const std::function<void(u64, std::span<const u8>)>& store) {
  SharedFile& file = files_.at(id);
  if (file.written.empty()) return;
  tlb_->clear_write();  // the next write to a page is to be seen again
  const auto written = std::exchange(file.written, {});
  for (const u64 page : written) {
    const Frame* const frame = files_.pages.find(SharedFiles::key(id, page));
    if (frame == nullptr || page * kPageSize >= file.size) continue;
    store(page * kPageSize,
          std::span(frame->bytes).first(std::min(kPageSize, file.size - page * kPageSize)));
  }
}

}  // namespace emulator::memory
