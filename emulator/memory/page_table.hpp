/// Page number → frame, as a persistent radix tree: copying the table is copying a pointer, and a
/// change after that copies only the nodes and the frame on its path. That is what makes snapshots
/// cost the pages touched.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "emulator/base/types.hpp"

#if defined(__SANITIZE_ADDRESS__)
#define RT0_GUARDED_FRAMES 1
#elif defined(__has_feature)
#define RT0_GUARDED_FRAMES __has_feature(address_sanitizer)
#else
#define RT0_GUARDED_FRAMES 0
#endif

namespace emulator::memory {

/// One 4 KiB page of guest memory. Shared between snapshots by reference count; written only while
/// unshared.
struct Frame {
  u32 references;
  alignas(64) std::array<u8, base::kPageSize> bytes;
};

/// Where frames come from: large pieces that hold frames alone. Among everything else on the heap,
/// frames that come and go for hours leave gaps that nothing fits into.
class FramePool {
 public:
  /// A frame with one reference; what is in it is left over from whoever had it.
  Frame* take();
  void give(Frame* frame) { free_.push_back(frame); }

 private:
#if RT0_GUARDED_FRAMES
  static constexpr std::size_t kPiece = 1;  // AddressSanitizer then guards each frame's end
#else
  static constexpr std::size_t kPiece = 64;
#endif
  using Piece = std::array<Frame, kPiece>;
  std::vector<std::unique_ptr<Piece>> pieces_;
  std::vector<Frame*> free_;
  std::size_t used_ = kPiece;  // of the newest piece
};

class PageTable {
 public:
  PageTable() : held_(std::make_shared<Held>()) {}
  PageTable(const PageTable& other);
  PageTable(PageTable&& other) noexcept
      : held_(other.held_),
        root_(std::exchange(other.root_, nullptr)),
        count_(std::exchange(other.count_, 0)),
        nodes_(std::exchange(other.nodes_, 0)) {}
  PageTable& operator=(PageTable other) noexcept {
    std::swap(held_, other.held_);
    std::swap(root_, other.root_), std::swap(count_, other.count_);
    std::swap(nodes_, other.nodes_);
    return *this;
  }
  ~PageTable();

  /// The frame of a page or null. Not to be written through.
  Frame* find(u64 page) const;
  /// May the frame be written in place: no snapshot shares it nor any node above it.
  bool exclusive(u64 page) const;
  /// The frame of a page, made exclusive: new and zero when there was none, copied when it was
  /// shared. `created` tells which.
  Frame* own(u64 page, bool& created);
  /// Forgets all pages in [first, last).
  void erase(u64 first, u64 last);
  /// Pages held.
  u64 count() const { return count_; }
  /// What the tree above the pages takes: as much as they do when they lie far apart.
  u64 table_bytes() const { return nodes_ * sizeof(Node); }
  /// What this table and all copies of it take together, everything that they share counted once.
  u64 held_bytes() const { return held_->frames * sizeof(Frame) + held_->nodes * sizeof(Node); }
  /// What this table alone would take.
  u64 bytes() const { return count_ * sizeof(Frame) + table_bytes(); }
  /// The first page in [first, last) that is held.
  std::optional<u64> next(u64 first, u64 last) const;
  /// Calls visit(page, frame) in ascending order.
  template <class Visit>
  void for_each(Visit visit) const {
    walk(root_, 0, 0, visit);
  }

 private:
  // 47-bit addresses have 35-bit page numbers: four levels of 9 bits.
  static constexpr unsigned kLevels = 4, kBitsPerLevel = 9, kFanout = 1u << kBitsPerLevel;
  struct Node {
    u32 references = 1;
    u32 used = 0;  // non-null slots
    std::array<void*, kFanout> slot{};
  };
  static unsigned index(u64 page, unsigned level) {
    return (page >> (kBitsPerLevel * (kLevels - 1 - level))) & (kFanout - 1);
  }
  struct Held {
    u64 frames = 0, nodes = 0;
    FramePool pool;
  };
  void release(void* p, unsigned level) const;
  static void retain(void* p, unsigned level);
  Node* new_node() const;
  Node* unshared(Node* node, unsigned level) const;
  u64 erase_in(Node*& node, unsigned level, u64 base_page, u64 first, u64 last);

  template <class Visit>
  static void walk(const void* p, unsigned level, u64 base_page, Visit& visit) {
    if (p == nullptr) return;
    if (level == kLevels) {
      visit(base_page, *static_cast<const Frame*>(p));
      return;
    }
    const auto* node = static_cast<const Node*>(p);
    for (u64 i = 0; i < kFanout; ++i)
      walk(node->slot[i], level + 1, base_page + (i << (kBitsPerLevel * (kLevels - 1 - level))),
           visit);
  }

  std::shared_ptr<Held> held_;  // one for all copies
  Node* root_ = nullptr;
  u64 count_ = 0, nodes_ = 0;
};

}  // namespace emulator::memory
