// The mappings of an address space: what mmap, munmap, mprotect and mremap change.
#include <algorithm>

#include "emulator/base/error.hpp"
#include "emulator/memory/address_space.hpp"

namespace emulator::memory {

AddressSpace::Regions& AddressSpace::mutable_regions() {
  if (regions_.use_count() > 1) regions_ = std::make_shared<Regions>(*regions_);
  return *regions_;
}

/// Makes `at` a region boundary if it lies inside a region.
void AddressSpace::split(Regions& regions, u64 at) {
  auto it = regions.upper_bound(at);
  if (it == regions.begin()) return;
  --it;
  if (it->first == at || it->second.end <= at) return;
  Region right = it->second;
  right.backing_offset += at - it->first;
  it->second.end = at;
  regions.emplace_hint(std::next(it), at, std::move(right));
}

namespace {
bool continues(u64 left_start, const Region& left, u64 right_start, const Region& right) {
  return left.end == right_start && left.protection == right.protection &&
         left.shared == right.shared && left.backing == right.backing && left.name == right.name &&
         left.shared_file == right.shared_file && left.may_write == right.may_write &&
         (!left.shows_file() ||
          left.backing_offset + (right_start - left_start) == right.backing_offset);
}
}  // namespace

/// Joins regions that became alike, so that /proc/self/maps and the map's size stay as Linux would
/// have them.
void AddressSpace::merge_around(Regions& regions, u64 start, u64 end) {
  auto it = regions.lower_bound(start);
  if (it != regions.begin()) --it;
  while (it != regions.end() && it->first <= end) {
    const auto next = std::next(it);
    if (next == regions.end()) return;
    if (continues(it->first, it->second, next->first, next->second)) {
      it->second.end = next->second.end;
      regions.erase(next);
    } else {
      it = next;
    }
  }
}

void AddressSpace::forget_pages(u64 start, u64 end) {
  const u64 first = start / base::kPageSize, last = end / base::kPageSize;
  tlb_->clear();
  if (last - first > code_pages_.size()) {
    std::vector<u64> hit;
    for (const u64 page : code_pages_)
      if (page >= first && page < last) hit.push_back(page);
    std::sort(hit.begin(), hit.end());
    for (const u64 page : hit) code_write(page);
  } else {
    for (u64 page = first; page < last; ++page) code_write(page);
  }
}

void AddressSpace::map(Addr start, u64 length, Region region) {
  unmap(start, length);
  Regions& regions = mutable_regions();
  region.end = start.value + length;
  if (region.shared_file != 0) files_.map(region.shared_file, length);
  regions.emplace(start.value, std::move(region));
  gaps_.take(start.value, start.value + length);
  merge_around(regions, start.value, start.value + length);
  tell(Change::mapping, start.value, length);
}

void AddressSpace::unmap(Addr start, u64 length) {
  const u64 end = start.value + length;
  RT0_CHECK(start.value % base::kPageSize == 0 && length % base::kPageSize == 0,
            "unaligned mapping");
  Regions& regions = mutable_regions();
  split(regions, start.value);
  split(regions, end);
  for (auto it = regions.lower_bound(start.value); it != regions.end() && it->first < end;) {
    gaps_.give(it->first, it->second.end);
    if (it->second.shared_file != 0)
      files_.unmap(it->second.shared_file, it->second.end - it->first);
    it = regions.erase(it);
  }
  pages_.erase(start.value / base::kPageSize, end / base::kPageSize);
  forget_pages(start.value, end);
  tell(Change::mapping, start.value, length);
}

bool AddressSpace::protect(Addr start, u64 length, u8 protection) {
  const u64 end = start.value + length;
  Regions& regions = mutable_regions();
  split(regions, start.value);
  split(regions, end);
  u64 at = start.value;
  for (auto it = regions.lower_bound(start.value);
       it != regions.end() && it->first < end && it->first == at; ++it) {
    it->second.protection = protection;
    at = it->second.end;
  }
  merge_around(regions, start.value, end);
  forget_pages(start.value, end);
  tell(Change::protection, start.value, length);
  return at >= end;
}

bool AddressSpace::is_mapped(Addr start, u64 length) const {
  u64 at = start.value;
  const u64 end = start.value + length;
  while (at < end) {
    const Region* r = region_at(Addr(at));
    if (r == nullptr) return false;
    at = r->end;
  }
  return true;
}

bool AddressSpace::is_free(Addr start, u64 length) const {
  const u64 end = start.value + length;
  auto it = regions_->lower_bound(start.value);
  if (it != regions_->end() && it->first < end) return false;
  return it == regions_->begin() || std::prev(it)->second.end <= start.value;
}

std::optional<Addr> AddressSpace::find_free(u64 length, Addr ceiling) const {
  const auto start = gaps_.find(length, ceiling.value);
  return start ? std::optional(Addr(*start)) : std::nullopt;
}

const Region* AddressSpace::region_at(Addr a, u64* start) const {
  auto it = regions_->upper_bound(a.value);
  if (it == regions_->begin()) return nullptr;
  --it;
  if (it->second.end <= a.value) return nullptr;
  if (start != nullptr) *start = it->first;
  return &it->second;
}

void AddressSpace::discard(Addr start, u64 length) {
  pages_.erase(start.value / base::kPageSize, (start.value + length) / base::kPageSize);
  forget_pages(start.value, start.value + length);
  tell(Change::contents, start.value, length);
}

void AddressSpace::move_pages(Addr from, Addr to, u64 length) {
  const u64 first = from.value / base::kPageSize, last = first + length / base::kPageSize;
  const u64 target = to.value / base::kPageSize;
  std::vector<u8> bytes(base::kPageSize);
  for (auto page = pages_.next(first, last); page; page = pages_.next(*page + 1, last)) {
    const Frame* frame = pages_.find(*page);
    std::copy(frame->bytes.begin(), frame->bytes.end(), bytes.begin());
    pages_.erase(*page, *page + 1);  // first, so that a move needs no room
    bool created = false;
    Frame* moved = own(pages_, target + (*page - first), created);
    std::copy(bytes.begin(), bytes.end(), moved->bytes.begin());
  }
  tlb_->clear();
  tell(Change::contents, to.value, length);
}

Snapshot AddressSpace::snapshot() {
  tlb_->clear_write();  // every frame is shared from here on
  return {pages_, regions_, files_};
}

namespace {

/// The bytes of a page before the guest has touched it: of its backing, then zeros.
void untouched(const Region& region, u64 start, u64 page, std::span<u8, base::kPageSize> to) {
  std::fill(to.begin(), to.end(), u8{0});
  const u64 offset = region.backing_offset + (page * base::kPageSize - start);
  if (!region.backing || offset >= region.backing->bytes.size()) return;
  const auto bytes = region.backing->bytes.subspan(offset);
  std::copy_n(bytes.begin(), std::min<u64>(bytes.size(), to.size()), to.begin());
}

const Region* find_region(const std::map<u64, Region>& regions, u64 address, u64& start) {
  auto it = regions.upper_bound(address);
  if (it == regions.begin()) return nullptr;
  --it;
  start = it->first;
  return it->second.end <= address ? nullptr : &it->second;
}

}  // namespace

/// Would decoding this page, here and in the snapshot, give the same?
bool AddressSpace::same_code(u64 page, const Snapshot& s) const {
  u64 start = 0, other_start = 0;
  const Region* const region = find_region(*regions_, page * base::kPageSize, start);
  const Region* const other = find_region(*s.regions, page * base::kPageSize, other_start);
  if (region == nullptr || other == nullptr || region->protection != other->protection)
    return false;
  if (region->shared_file != 0 || other->shared_file != 0) return false;  // seldom: not looked into
  const Frame *const frame = pages_.find(page), *const other_frame = s.pages.find(page);
  if (frame == other_frame && frame != nullptr) return true;
  if (frame == nullptr && other_frame == nullptr && region->backing == other->backing &&
      region->backing_offset - start == other->backing_offset - other_start)
    return true;
  std::array<u8, base::kPageSize> bytes, other_bytes;
  if (frame == nullptr) untouched(*region, start, page, bytes);
  if (other_frame == nullptr) untouched(*other, other_start, page, other_bytes);
  return (frame != nullptr ? frame->bytes : bytes) ==
         (other_frame != nullptr ? other_frame->bytes : other_bytes);
}

void AddressSpace::restore(const Snapshot& s) {
  std::vector<u64> changed;
  for (const u64 page : code_pages_)
    if (!same_code(page, s)) changed.push_back(page);
  std::sort(changed.begin(), changed.end());
  pages_ = s.pages;
  files_ = s.files;
  regions_ = std::const_pointer_cast<Regions>(s.regions);
  gaps_ = Gaps(kUserStart, kUserEnd);
  for (const auto& [start, region] : *regions_) gaps_.take(start, region.end);
  tlb_->clear();
  for (const u64 page : changed) code_write(page);
  tell(Change::mapping, 0, kUserEnd);
}

}  // namespace emulator::memory
