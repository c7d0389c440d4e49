// Access to guest memory: permissions, first touch, copy-on-write, and the translation cache that
// remembers.
#include "emulator/memory/address_space.hpp"

#include <algorithm>
#include <cstring>

#include "emulator/base/error.hpp"

namespace emulator::memory {
namespace {

using base::kPageSize;
using cpu::Access;
using cpu::FaultKind;
using cpu::GuestFault;

/// What untouched anonymous pages read as; only ever in the read half of the cache.
alignas(kPageSize) constinit const std::array<u8, kPageSize> kZeroPage{};

bool allows(u8 protection, Access access) {
  // On x86-64 a page that can be written or executed can be read.
  if (access == Access::read) return protection != kNone;
  return protection & (access == Access::write ? kWrite : kExec);
}

}  // namespace

AddressSpace::AddressSpace(u64 limit) : limit_(limit) {}

void AddressSpace::fault(u64 address, Access access, bool present) {
  throw GuestFault{FaultKind::page, Addr(address), access, present};
}

void AddressSpace::mark_code(u64 page) {
  if (!code_pages_.insert(page).second) return;
  const Region* const region = region_at(Addr(page * kPageSize));
  // A page of a shared file may be written at another address.
  if (region != nullptr && region->shared_file != 0) tlb_->clear_write();
  tlb_->drop(page);
}

void AddressSpace::code_write(u64 page) {
  if (code_pages_.erase(page) != 0 && code_changed_) code_changed_(page);
}

/// The exclusive frame of a page, new ones within the limit.
Frame* AddressSpace::own(PageTable& table, u64 page, bool& created) {
  constexpr u64 kFreeTables = 1 << 20;
  if (table.find(page) == nullptr) {
    if (touched_bytes() + kPageSize > limit_)
      throw base::LimitReached(
          fmt::format("the guest touched more memory than --memory allows ({} MiB)", limit_ >> 20));
    if (pages_.table_bytes() + files_.pages.table_bytes() > limit_ / 4 + kFreeTables)
      throw base::LimitReached(fmt::format(
          "the pages that the guest touched lie so far apart that finding them takes more than a "
          "quarter of --memory ({} MiB)",
          limit_ >> 20));
  }
  return table.own(page, created);
}

/// The exclusive frame of a page, filled from its backing when it is new.
u8* AddressSpace::materialise(u64 page, const Region& region, u64 region_start, bool for_write,
                              u64 address, Access access) {
  if (region.shared_file != 0) return shared_page(page, region, region_start, address, access);
  const u64 page_address = page * kPageSize;
  std::span<const u8> source;
  if (region.backing) {
    const u64 offset = region.backing_offset + (page_address - region_start);
    const auto& bytes = region.backing->bytes;
    if (offset < bytes.size())
      source = bytes.subspan(offset, std::min<u64>(kPageSize, bytes.size() - offset));
    if (source.empty() && region.backing->bus_past_end && pages_.find(page) == nullptr)
      throw GuestFault{FaultKind::bus, Addr(address), access, true};
  }
  if (!for_write && source.empty()) return const_cast<u8*>(kZeroPage.data());
  bool created = false;
  Frame* frame = own(pages_, page, created);
  if (created && !source.empty()) std::memcpy(frame->bytes.data(), source.data(), source.size());
  return frame->bytes.data();
}

/// The region of a page that may be accessed so, and where it starts, or the fault.
const Region& AddressSpace::permitted(u64 page, Access access, u64 address, u64& start) const {
  if (page >= kUserEnd / kPageSize) {
    const bool canonical = page <= 0x7ffffffff || page >= 0xffff800000000;
    if (!canonical) throw GuestFault{FaultKind::general_protection, Addr(address), access, false};
    fault(address, access, false);
  }
  const Region* region = region_at(Addr(page * kPageSize), &start);
  if (region == nullptr) fault(address, access, false);
  if (!allows(region->protection, access)) fault(address, access, true);
  return *region;
}

void AddressSpace::heed(u64 page, Access access) const {
  const auto watched = watched_.find(page);
  if (watched != watched_.end() && (access == Access::write || watched->second))
    throw WatchedAccess{};
}

u8* AddressSpace::translate(u64 page, Access access, u64 address) {
  if (heeding_) [[unlikely]]
    heed(page, access);
  u64 start = 0;
  const Region& region = permitted(page, access, address, start);
  const bool write = access == Access::write;
  Frame* frame = pages_.find(page);
  u8* host = frame != nullptr && (!write || pages_.exclusive(page))
                 ? frame->bytes.data()
                 : materialise(page, region, start, write, address, access);
  if (write && code_pages_.contains(page)) {
    code_write(page);  // blocks decoded from it are dropped; it may be written freely until code
                       // runs there again
  }
  Tlb::Entry& read = tlb_->read[page % Tlb::kEntries];
  const u64 addend = reinterpret_cast<u64>(host) - page * kPageSize;
  read = {page, addend};
  Tlb::Entry& writable = tlb_->write[page % Tlb::kEntries];
  if (write)
    writable = {page, addend};
  else if (writable.tag != page)
    writable = {};
  return host;
}

void AddressSpace::read(Addr from, std::span<u8> to, Access why) {
  u64 at = from.value;
  while (!to.empty()) {
    const u64 in_page = at % kPageSize;
    const std::size_t n = std::min<u64>(to.size(), kPageSize - in_page);
    std::memcpy(to.data(), translate(at / kPageSize, why, at) + in_page, n);
    to = to.subspan(n);
    at += n;
  }
}

void AddressSpace::write(Addr to, std::span<const u8> from) {
  if (from.empty()) return;
  // All pages first, so that a fault leaves nothing half done.
  const u64 last = (to.value + from.size() - 1) / kPageSize;
  for (u64 page = to.value / kPageSize; page <= last; ++page)
    translate(page, Access::write, std::max(to.value, page * kPageSize));
  const u64 size = from.size();
  u64 at = to.value;
  while (!from.empty()) {
    const u64 in_page = at % kPageSize;
    const std::size_t n = std::min<u64>(from.size(), kPageSize - in_page);
    std::memcpy(translate(at / kPageSize, Access::write, at) + in_page, from.data(), n);
    from = from.subspan(n);
    at += n;
  }
  tell(Change::contents, to.value, size);
}

bool AddressSpace::copy_in(Addr from, std::span<u8> to) {
  try {
    read(from, to);
    return true;
  } catch (const GuestFault&) {
    return false;
  }
}

bool AddressSpace::copy_out(Addr to, std::span<const u8> from) {
  try {
    write(to, from);
    if (journal_ != nullptr) {
      journal_bytes_ += from.size();
      if (journal_bytes_ > limit_)
        throw base::LimitReached(fmt::format(
            "a system call wrote more than --memory ({} MiB) in all, too much to record",
            limit_ >> 20));
      journal_->emplace_back(to, std::vector<u8>(from.begin(), from.end()));
    }
    return true;
  } catch (const GuestFault&) {
    return false;
  }
}

void AddressSpace::poke(Addr to, std::span<const u8> from) {
  const u64 size = from.size();
  u64 at = to.value;
  while (!from.empty()) {
    const u64 page = at / kPageSize, in_page = at % kPageSize;
    u64 start = 0;
    const Region* region = region_at(Addr(at), &start);
    RT0_CHECK(region != nullptr, "poke outside any mapping");
    const std::size_t n = std::min<u64>(from.size(), kPageSize - in_page);
    std::memcpy(materialise(page, *region, start, true, at, Access::write) + in_page, from.data(),
                n);
    tlb_->drop(page);
    code_write(page);
    from = from.subspan(n);
    at += n;
  }
  tell(Change::contents, to.value, size);
}

bool AddressSpace::peek(Addr from, std::span<u8> to) const {
  u64 at = from.value;
  while (!to.empty()) {
    u64 start = 0;
    const Region* region = region_at(Addr(at), &start);
    if (region == nullptr) return false;
    const u64 in_page = at % kPageSize;
    const std::size_t n = std::min<u64>(to.size(), kPageSize - in_page);
    std::fill_n(to.begin(), n, u8{0});
    const auto key = shared_key(*region, start, at / kPageSize);
    const Frame* frame = key ? files_.pages.find(*key) : pages_.find(at / kPageSize);
    if (frame != nullptr) {
      std::memcpy(to.data(), frame->bytes.data() + in_page, n);
    } else if (region->shows_file()) {
      const u64 offset = region->backing_offset + (at - start);
      const auto bytes = key ? files_.at(region->shared_file).bytes : region->backing->bytes;
      if (offset < bytes.size())
        std::memcpy(to.data(), bytes.data() + offset, std::min<u64>(n, bytes.size() - offset));
    }
    to = to.subspan(n);
    at += n;
  }
  return true;
}

std::size_t AddressSpace::fetch(Addr pc, std::span<u8> to, GuestFault& why) {
  std::size_t got = 0;
  try {
    while (got < to.size()) {
      const u64 at = pc.value + got;
      const u64 in_page = at % kPageSize;
      const std::size_t n = std::min<u64>(to.size() - got, kPageSize - in_page);
      u64 start = 0;
      const Region& region = permitted(at / kPageSize, Access::fetch, at, start);
      const u64 offset = region.backing_offset + (at - in_page - start);
      if (region.backing && region.backing->bus_past_end &&
          offset >= region.backing->bytes.size() && pages_.find(at / kPageSize) == nullptr)
        throw GuestFault{FaultKind::bus, Addr(at), Access::fetch, true};
      if (region.shared_file != 0 && offset >= files_.at(region.shared_file).size)
        throw GuestFault{FaultKind::bus, Addr(at), Access::fetch, true};
      peek(Addr(at), to.subspan(got, n));
      got += n;
    }
  } catch (const GuestFault& fault) {
    why = fault;
  }
  return got;
}

}  // namespace emulator::memory
