/// The guest's 47-bit user address space: mappings with permissions, 4 KiB pages made on first
/// touch, copy-on-write snapshots, and a direct-mapped translation cache that makes the common
/// access a compare and a load.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <unordered_set>
#include <vector>

#include "emulator/base/types.hpp"
#include "emulator/cpu/fault.hpp"
#include "emulator/memory/gaps.hpp"
#include "emulator/memory/page_table.hpp"
#include "emulator/memory/shared_file.hpp"

namespace emulator::memory {

enum Protection : u8 { kNone = 0, kRead = 1, kWrite = 2, kExec = 4 };

/// End of user addresses on x86-64 Linux (TASK_SIZE_MAX): the last page below 2^47 is never mapped.
inline constexpr u64 kUserEnd = 0x7ffffffff000;
/// Nothing is mapped below (vm.mmap_min_addr).
inline constexpr u64 kUserStart = 0x10000;

/// What fills the pages of a mapping before the guest writes to them. Bytes past the end read as
/// zero; pages that lie wholly past the end of a file fault with SIGBUS when `bus_past_end`.
struct Backing {
  std::shared_ptr<const void> owner;  // keeps `bytes` alive
  std::span<const u8> bytes;
  bool bus_past_end = false;
};

/// One mapping [start, end): a line of /proc/self/maps.
struct Region {
  u64 end = 0;
  u8 protection = kNone;
  bool shared = false;
  std::shared_ptr<const Backing> backing;  // none: anonymous
  u64 backing_offset = 0;                  // of `start` in the backing, or the shared file
  std::string name;                        // "[stack]", "[heap]", a guest path
  u64 shared_file = 0;  // MAP_SHARED of a file: its number (shared_file.hpp); then no backing
  bool may_write =
      true;  // false: mprotect cannot make it writable (the file was opened to be read)

  bool shows_file() const { return backing != nullptr || shared_file != 0; }
};

/// Translation cache. A slot's tag is the page number it answers for; `addend` plus the guest
/// address is the host address. Pages that hold decoded code, are shared with a snapshot or are
/// watched are never in the write half.
struct Tlb {
  static constexpr std::size_t kEntries = 256;
  static constexpr u64 kEmpty = ~u64{0};
  struct Entry {
    u64 tag = kEmpty;
    u64 addend = 0;
  };
  std::array<Entry, kEntries> read;
  std::array<Entry, kEntries> write;

  /// The host address of [address, address + size) or null. An access that straddles pages misses:
  /// its last byte's page number is compared with the slot of its first.
  static u8* find(const std::array<Entry, kEntries>& half, u64 address, unsigned size) {
    const Entry& e = half[(address / base::kPageSize) % kEntries];
    if ((address + size - 1) / base::kPageSize != e.tag) [[unlikely]]
      return nullptr;
    return reinterpret_cast<u8*>(e.addend + address);
  }
  void clear() { read.fill({}), write.fill({}); }
  void clear_write() { write.fill({}); }
  void drop(u64 page) {
    for (auto* half : {&read, &write})
      if (Entry& e = (*half)[page % kEntries]; e.tag == page) e = {};
  }
};

/// What a listener to AddressSpace::on_change is told: bytes or whole pages were replaced; a
/// protection; mappings, and with them what the pages hold.
enum class Change : u8 { contents, protection, mapping };

/// Thrown instead of the access: the page is watched, and watches are heeded. Nothing has been
/// done.
struct WatchedAccess {};

/// A frozen address space: shares every page with the live one until either writes.
struct Snapshot {
  PageTable pages;
  std::shared_ptr<const std::map<u64, Region>> regions;
  SharedFiles files;
};

/// What may be copied to and from the guest whole: no pointers of ours, and not a container, whose
/// elements are meant.
template <class T>
concept Record = std::is_trivially_copyable_v<T> && !std::is_pointer_v<T> &&
                 !std::is_convertible_v<const T&, std::span<const u8>> &&
                 !std::is_convertible_v<T&, std::span<u8>>;

class AddressSpace {
 public:
  /// `limit`: bytes of pages that may be touched; reaching it throws base::LimitReached. So does a
  /// page table of more than a quarter of it, as pages that lie far apart need.
  explicit AddressSpace(u64 limit);

  // -- mappings; addresses and lengths are page-aligned, ranges lie in user space (checked by the
  // caller) --

  /// Replaces whatever is mapped in [start, start+length).
  void map(Addr start, u64 length, Region region);
  void unmap(Addr start, u64 length);
  /// False when part of the range is not mapped (ENOMEM); the mapped part before the hole is
  /// changed, as Linux does.
  bool protect(Addr start, u64 length, u8 protection);
  bool is_mapped(Addr start, u64 length) const;  // wholly
  bool is_free(Addr start, u64 length) const;    // no byte of it mapped
  /// The highest free range of `length` bytes that ends at or below `ceiling`: the deterministic
  /// placement rule.
  std::optional<Addr> find_free(u64 length, Addr ceiling) const;
  const Region* region_at(Addr a, u64* start = nullptr) const;
  const std::map<u64, Region>& regions() const { return *regions_; }
  /// Forgets the contents of whole pages: they read as their backing or zero again (MADV_DONTNEED).
  void discard(Addr start, u64 length);
  /// Moves page contents (mremap).
  void move_pages(Addr from, Addr to, u64 length);
  bool page_touched(u64 page) const;

  // -- files that all their mappings share (MAP_SHARED); the caller keeps them in step with what is
  // written to the file itself --

  /// A new one, which nothing maps yet. Nothing when there are too many.
  std::optional<u64> add_shared_file(std::shared_ptr<const void> owner, std::span<const u8> bytes) {
    return files_.add(std::move(owner), bytes);
  }
  const SharedFile* shared_file(u64 id) const { return files_.find(id); }
  /// What its untouched pages hold, and its size, anew: what was written has been stored.
  void refresh_shared_file(u64 id, std::shared_ptr<const void> owner, std::span<const u8> bytes);
  /// Bytes [offset, …) of the file were written by other means: mappings show them.
  void file_written(u64 id, u64 offset, std::span<const u8> bytes);
  /// The file's size has changed: what lies beyond is gone, what is new is zero.
  void file_resized(u64 id, u64 size);
  /// Calls store(offset, bytes) for each page that the guest has written since the last time; what
  /// lies beyond the file's end is not of it.
  void take_written(u64 id, const std::function<void(u64, std::span<const u8>)>& store);
  /// Those that nothing maps any more; each is to be given to drop_shared_file.
  std::vector<u64> unmapped_files() const { return files_.unmapped(); }
  void drop_shared_file(u64 id) { files_.drop(id); }

  // -- access: checked copies; throw GuestFault at the first byte that cannot be accessed, nothing
  // written before --

  void read(Addr from, std::span<u8> to, cpu::Access why = cpu::Access::read);
  void write(Addr to, std::span<const u8> from);
  /// As read/write, for the kernel's copies: false (EFAULT) instead of a fault.
  bool copy_in(Addr from, std::span<u8> to);
  bool copy_out(Addr to, std::span<const u8> from);
  template <Record T>
  bool copy_in(Addr from, T& to) {
    return copy_in(from, std::span(reinterpret_cast<u8*>(&to), sizeof(T)));
  }
  template <Record T>
  bool copy_out(Addr to, const T& from) {
    return copy_out(to, std::span(reinterpret_cast<const u8*>(&from), sizeof(T)));
  }
  /// While set, every copy_out is noted here: what the kernel wrote for a system call. More than
  /// `limit` bytes, into the same pages over and over, throw base::LimitReached.
  void journal_copies(std::vector<std::pair<Addr, std::vector<u8>>>* journal) {
    journal_ = journal;
    journal_bytes_ = 0;
  }
  /// Writes whatever the protection (the loader, a debugger). Mapped pages only.
  void poke(Addr to, std::span<const u8> from);
  /// Reads whatever the protection without touching pages or the translation cache; false when not
  /// mapped.
  bool peek(Addr from, std::span<u8> to) const;
  /// As many code bytes as can be fetched at `pc`, at most to.size(); 0 with a fault to raise when
  /// none can. Touches no page: how far ahead code is decoded must not show in what the guest is
  /// told of its memory.
  std::size_t fetch(Addr pc, std::span<u8> to, cpu::GuestFault& fault);

  /// Fills the translation cache for one page or throws the GuestFault.
  u8* translate(u64 page, cpu::Access access, u64 address);

  // -- wiring --

  /// The cache that the executing core reads; kept in step with every change of the address space.
  void attach(Tlb* tlb) { tlb_ = tlb; }
  /// Code was decoded from this page: the next write to it calls the listener, once.
  void mark_code(u64 page);
  void on_code_change(std::function<void(u64 page)> listener) {
    code_changed_ = std::move(listener);
  }

  /// Told of everything that the kernel or a debugger changes, after the fact. Of the guest's own
  /// stores it hears some, those that take the slow path.
  void on_change(std::function<void(Change what, Addr start, u64 length)> listener) {
    changed_ = std::move(listener);
  }
  /// Calls visit(page number, its bytes) for the pages that have been touched, in ascending order.
  template <class Visit>
  void for_each_page(Visit visit) const {
    pages_.for_each([&](u64 page, const Frame& frame) {
      visit(page, std::span<const u8, base::kPageSize>(frame.bytes));
    });
  }

  // -- watched pages --

  /// Pages whose writes, and with `true` reads as well, are not to pass unnoticed.
  void watch_pages(std::map<u64, bool> pages) { watched_ = std::move(pages); }
  bool has_watches() const { return !watched_.empty(); }
  /// While heeded, an access to them throws WatchedAccess.
  void heed_watches(bool heed) {
    heeding_ = heed && !watched_.empty();
    if (heeding_)
      for (const auto& [page, reads] : watched_) tlb_->drop(page);
  }

  // -- snapshots --

  Snapshot snapshot();
  /// Code whose bytes and permission are the same in the snapshot counts as unchanged: what was
  /// decoded from it stays.
  void restore(const Snapshot& s);
  /// What this address space and all snapshots of it take together, and this alone.
  u64 held_bytes() const { return pages_.held_bytes() + files_.pages.held_bytes(); }
  u64 own_bytes() const { return pages_.bytes() + files_.pages.bytes(); }

  u64 touched_bytes() const { return (pages_.count() + files_.pages.count()) * base::kPageSize; }
  u64 limit() const { return limit_; }

 private:
  using Regions = std::map<u64, Region>;
  Regions& mutable_regions();
  void split(Regions& regions, u64 at);
  void merge_around(Regions& regions, u64 start, u64 end);
  void forget_pages(u64 start, u64 end);
  void heed(u64 page, cpu::Access access) const;
  void code_write(u64 page);
  bool same_code(u64 page, const Snapshot& s) const;
  const Region& permitted(u64 page, cpu::Access access, u64 address, u64& start) const;
  void tell(Change what, u64 start, u64 length) const {
    if (changed_) changed_(what, Addr(start), length);
  }
  Frame* own(PageTable& table, u64 page, bool& created);
  u8* shared_page(u64 page, const Region& region, u64 region_start, u64 address,
                  cpu::Access access);
  u8* page_of_file(SharedFile& file, u64 key);
  void clear_tail(SharedFile& file, u64 id);
  std::optional<u64> shared_key(const Region& region, u64 region_start, u64 page) const;
  void tell_of_file(u64 id, u64 offset, u64 length);
  template <class Visit>
  void for_each_place(u64 id, u64 offset, u64 length, Visit visit) const;
  [[noreturn]] static void fault(u64 address, cpu::Access access, bool present);
  u8* materialise(u64 page, const Region& region, u64 region_start, bool for_write, u64 address,
                  cpu::Access access);

  PageTable pages_;
  SharedFiles files_;
  std::shared_ptr<Regions> regions_ = std::make_shared<Regions>();
  Gaps gaps_{kUserStart, kUserEnd};  // between the regions
  std::unordered_set<u64> code_pages_;
  std::function<void(u64)> code_changed_;
  std::function<void(Change, Addr, u64)> changed_;
  Tlb own_tlb_;  // until a core attaches its own
  Tlb* tlb_ = &own_tlb_;
  u64 limit_;
  std::vector<std::pair<Addr, std::vector<u8>>>* journal_ = nullptr;
  u64 journal_bytes_ = 0;
  std::map<u64, bool> watched_;
  bool heeding_ = false;
};

}  // namespace emulator::memory
