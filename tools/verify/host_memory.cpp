#include "tools/verify/host_memory.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "emulator/base/error.hpp"

#if defined(__linux__)
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#endif

namespace rt0::verify {
namespace {

using emulator::base::kPageSize;
using emulator::base::page_ceil;
using emulator::base::page_floor;
using emulator::base::user_error;
using emulator::memory::Change;
using emulator::memory::kUserEnd;
using emulator::memory::Region;

constexpr u64 kWindow = u64{4} << 20;
constexpr u64 kFileSize = u64{1} << 47;
/// Shorter changes are copied byte by byte; longer ones by the pages that hold something.
constexpr u64 kShort = 64 * 1024;

/// Where the pages of a mapped file end that can be touched without SIGBUS.
u64 end_of_file(const emulator::memory::AddressSpace& memory, u64 region_start,
                const Region& region) {
  const auto* const shared = memory.shared_file(region.shared_file);
  if (shared == nullptr && (!region.backing || !region.backing->bus_past_end)) return region.end;
  const u64 size = page_ceil(shared != nullptr ? shared->size : region.backing->bytes.size());
  const u64 left = size - std::min(size, region.backing_offset);
  return std::min(region.end, region_start + left);
}

}  // namespace

#if defined(__linux__)

HostFiles::HostFiles() {
  memory_ = ::memfd_create("rt0-verify-memory", 0);  // the process inherits both
  empty_ = ::memfd_create("rt0-verify-empty", 0);
  if (memory_ < 0 || empty_ < 0 || ::ftruncate(memory_, static_cast<off_t>(kFileSize)) != 0)
    user_error("verify: cannot make a file in memory: {}", std::strerror(errno));
}

HostFiles::~HostFiles() {
  ::close(memory_);
  ::close(empty_);
}

HostMemory::~HostMemory() {
  for (const auto& [number, base] : windows_) ::munmap(base, kWindow);
}

u8* HostMemory::at(Addr a) {
  const u64 number = a.value / kWindow;
  if (number != last_window_) {
    auto [it, fresh] = windows_.try_emplace(number, nullptr);
    if (fresh) {
      void* const base = ::mmap(nullptr, kWindow, PROT_READ | PROT_WRITE, MAP_SHARED, file_,
                                static_cast<off_t>(number * kWindow));
      if (base == MAP_FAILED)
        user_error("verify: cannot map the host's memory: {}", std::strerror(errno));
      it->second = static_cast<u8*>(base);
    }
    last_window_ = number;
    last_base_ = it->second;
  }
  return last_base_ + a.value % kWindow;
}

/// The pages read as zero again, and take no memory.
void HostMemory::drop(u64 start, u64 end) {
  if (start >= end) return;
  if (::fallocate(file_, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(start),
                  static_cast<off_t>(end - start)) != 0)
    user_error("verify: cannot free the host's memory: {}", std::strerror(errno));
}

/// Pages that the process has touched and the emulator has not.
std::optional<MemoryDifference> HostMemory::compare_host_only() {
  off_t at = 0;
  std::array<u8, kPageSize> page;
  while ((at = ::lseek(file_, at, SEEK_DATA)) >= 0) {
    const off_t end = ::lseek(file_, at, SEEK_HOLE);
    for (; at < end; at += kPageSize) {
      const Addr start(static_cast<u64>(at));
      if (memory_.page_touched(start.value / kPageSize) || !memory_.peek(start, page)) continue;
      if (auto found = compare_bytes(start.value, page.data(), kPageSize)) return found;
    }
  }
  return std::nullopt;
}

#else

HostFiles::HostFiles() { user_error("verify needs an x86-64 Linux host"); }
HostFiles::~HostFiles() = default;
HostMemory::~HostMemory() = default;
u8* HostMemory::at(Addr) { return nullptr; }
void HostMemory::drop(u64, u64) {}
std::optional<MemoryDifference> HostMemory::compare_host_only() { return std::nullopt; }

#endif

HostMemory::HostMemory(const emulator::memory::AddressSpace& memory, const HostFiles& files)
    : memory_(memory), file_(files.memory()) {
  note(Change::mapping, Addr(0), kUserEnd);
}

void HostMemory::note(Change what, Addr start, u64 length) {
  const Note n{what, start.value, start.value + length};
  if (!notes_.empty()) {  // unmap, then map
    const Note& last = notes_.back();
    if (last.what == what && last.start == n.start && last.end == n.end) return;
  }
  notes_.push_back(n);
}

template <class Visit>
void HostMemory::for_each_mapped(u64 start, u64 end, Visit visit) const {
  const auto& regions = memory_.regions();
  auto it = regions.upper_bound(start);
  if (it != regions.begin()) --it;
  for (; it != regions.end() && it->first < end; ++it)
    if (it->second.end > start)
      visit(std::max(start, it->first), std::min(end, it->second.end), it->first, it->second);
}

void HostMemory::update(HostProcess& process) {
  for (const Note& n : notes_) {
    if (n.what == Change::mapping) remap(process, n.start, n.end);
    if (n.what == Change::protection) protect(process, n.start, n.end);
    if (n.what == Change::contents) refresh(n.start, n.end);
  }
  notes_.clear();
}

void HostMemory::remap(HostProcess& process, u64 start, u64 end) {
  process.unmap(Addr(start), end - start);
  drop(start, end);
  for_each_mapped(start, end, [&](u64 from, u64 to, u64 region_start, const Region& region) {
    const u64 limit = std::clamp(end_of_file(memory_, region_start, region), from, to);
    if (from < limit) process.map(Addr(from), limit - from, region.protection);
    if (limit < to) process.map_beyond_end(Addr(limit), to - limit, region.protection);
  });
  refresh(start, end);
}

void HostMemory::protect(HostProcess& process, u64 start, u64 end) {
  for_each_mapped(start, end, [&](u64 from, u64 to, u64, const Region& region) {
    process.protect(Addr(from), to - from, region.protection);
  });
}

/// The process's bytes become the emulator's.
void HostMemory::refresh(u64 start, u64 end) {
  if (end - start <= kShort) return copy(start, end);
  const u64 first = page_ceil(start), last = page_floor(end);
  copy(start, first), copy(last, end);
  drop(first, last);
  for_each_mapped(first, last, [&](u64 from, u64 to, u64 region_start, const Region& region) {
    if (region.shared_file != 0)
      return copy(from, std::clamp(end_of_file(memory_, region_start, region), from, to));
    if (!region.backing) return;
    const u64 left = region.backing->bytes.size() -
                     std::min<u64>(region.backing->bytes.size(), region.backing_offset);
    copy(from, std::clamp(page_ceil(region_start + left), from, to));
  });
  memory_.for_each_page([&](u64 page, auto bytes) {
    const u64 at = page * kPageSize;
    if (at >= first && at < last) std::memcpy(this->at(Addr(at)), bytes.data(), bytes.size());
  });
}

void HostMemory::copy(u64 start, u64 end) {
  while (start < end) {
    const u64 n = std::min(end, page_floor(start) + kPageSize) - start;
    std::array<u8, kPageSize> bytes;
    if (memory_.peek(Addr(start), std::span(bytes).first(n)))
      std::memcpy(at(Addr(start)), bytes.data(), n);
    start += n;
  }
}

std::optional<MemoryDifference> HostMemory::compare_bytes(u64 start, const u8* emulator,
                                                          u64 length) {
  const u8* const host = at(Addr(start));
  if (std::memcmp(emulator, host, length) == 0) return std::nullopt;
  u64 i = 0;
  while (emulator[i] == host[i]) ++i;
  const u64 end = std::min(length, i + 32);
  return MemoryDifference{Addr(start + i), {emulator + i, emulator + end}, {host + i, host + end}};
}

std::optional<MemoryDifference> HostMemory::compare(Addr start, u64 length) {
  std::array<u8, kPageSize> bytes;
  for (u64 a = start.value; a < start.value + length;) {
    const u64 n = std::min(start.value + length, page_floor(a) + kPageSize) - a;
    if (memory_.peek(Addr(a), std::span(bytes).first(n)))
      if (auto found = compare_bytes(a, bytes.data(), n)) return found;
    a += n;
  }
  return std::nullopt;
}

std::optional<MemoryDifference> HostMemory::compare_all() {
  std::optional<MemoryDifference> found;
  memory_.for_each_page([&](u64 page, auto bytes) {
    if (!found) found = compare_bytes(page * kPageSize, bytes.data(), bytes.size());
  });
  return found ? found : compare_host_only();
}

}  // namespace rt0::verify
