#include "emulator/memory/page_table.hpp"

#include <algorithm>
#include <cstring>

namespace emulator::memory {

Frame* FramePool::take() {
  if (free_.empty() && used_ == kPiece) {
    pieces_.emplace_back(new Piece);  // not make_unique, which would touch all of it now
    used_ = 0;
  }
  Frame* frame;
  if (free_.empty()) {
    frame = &(*pieces_.back())[used_++];
  } else {
    frame = free_.back();
    free_.pop_back();
  }
  frame->references = 1;
  return frame;
}

PageTable::PageTable(const PageTable& other)
    : held_(other.held_), root_(other.root_), count_(other.count_), nodes_(other.nodes_) {
  if (root_ != nullptr) retain(root_, 0);
}

PageTable::~PageTable() {
  if (root_ != nullptr) release(root_, 0);
}

void PageTable::retain(void* p, unsigned level) {
  if (level == kLevels)
    ++static_cast<Frame*>(p)->references;
  else
    ++static_cast<Node*>(p)->references;
}

void PageTable::release(void* p, unsigned level) const {
  if (level == kLevels) {
    auto* frame = static_cast<Frame*>(p);
    if (--frame->references != 0) return;
    held_->pool.give(frame);
    --held_->frames;
    return;
  }
  auto* node = static_cast<Node*>(p);
  if (--node->references != 0) return;
  for (void* child : node->slot)
    if (child != nullptr) release(child, level + 1);
  delete node;
  --held_->nodes;
}

PageTable::Node* PageTable::new_node() const {
  ++held_->nodes;
  return new Node;
}

/// The node itself when nobody else holds it, else a copy that holds the same children.
PageTable::Node* PageTable::unshared(Node* node, unsigned level) const {
  if (node->references == 1) return node;
  auto* copy = new_node();
  *copy = *node;
  copy->references = 1;
  for (void* child : copy->slot)
    if (child != nullptr) retain(child, level + 1);
  --node->references;
  return copy;
}

Frame* PageTable::find(u64 page) const {
  void* p = root_;
  for (unsigned level = 0; level < kLevels && p != nullptr; ++level)
    p = static_cast<Node*>(p)->slot[index(page, level)];
  return static_cast<Frame*>(p);
}

std::optional<u64> PageTable::next(u64 first, u64 last) const {
  while (first < last) {
    const void* p = root_;
    unsigned level = 0;
    while (level < kLevels && p != nullptr)
      p = static_cast<const Node*>(p)->slot[index(first, level++)];
    if (p != nullptr) return first;
    // Nothing below the slot that ended the walk: on to the page where the next slot begins.
    const unsigned shift = kBitsPerLevel * (kLevels - std::max(level, 1u));
    first = ((first >> shift) + 1) << shift;
  }
  return std::nullopt;
}

bool PageTable::exclusive(u64 page) const {
  void* p = root_;
  for (unsigned level = 0; level < kLevels; ++level) {
    if (p == nullptr || static_cast<Node*>(p)->references != 1) return false;
    p = static_cast<Node*>(p)->slot[index(page, level)];
  }
  return p != nullptr && static_cast<Frame*>(p)->references == 1;
}

Frame* PageTable::own(u64 page, bool& created) {
  created = false;
  if (root_ == nullptr) root_ = new_node(), ++nodes_;
  root_ = unshared(root_, 0);
  Node* node = root_;
  for (unsigned level = 0; level + 1 < kLevels; ++level) {
    void*& slot = node->slot[index(page, level)];
    if (slot == nullptr) {
      slot = new_node();
      ++node->used;
      ++nodes_;
    } else {
      slot = unshared(static_cast<Node*>(slot), level + 1);
    }
    node = static_cast<Node*>(slot);
  }
  void*& slot = node->slot[index(page, kLevels - 1)];
  if (slot == nullptr) {
    auto* frame = held_->pool.take();
    frame->bytes.fill(0);
    ++held_->frames;
    slot = frame;
    ++node->used;
    ++count_;
    created = true;
  } else if (auto* frame = static_cast<Frame*>(slot); frame->references > 1) {
    auto* copy = held_->pool.take();
    copy->bytes = frame->bytes;
    --frame->references;
    ++held_->frames;
    slot = copy;
  }
  return static_cast<Frame*>(slot);
}

/// Erases [first, last) below `node`, which spans pages from base_page on; returns how many frames
/// went.
u64 PageTable::erase_in(Node*& node, unsigned level, u64 base_page, u64 first, u64 last) {
  const unsigned shift = kBitsPerLevel * (kLevels - 1 - level);
  const u64 from = first > base_page ? (first - base_page) >> shift : 0;
  const u64 to = std::min<u64>(kFanout, ((last - base_page - 1) >> shift) + 1);
  u64 erased = 0;
  for (u64 i = from; i < to; ++i) {
    if (node->slot[i] == nullptr) continue;
    node = unshared(node, level);
    void*& slot = node->slot[i];
    if (level + 1 == kLevels) {
      release(slot, kLevels);
      slot = nullptr;
      ++erased;
    } else {
      auto* child = static_cast<Node*>(slot);
      erased += erase_in(child, level + 1, base_page + (i << shift), first, last);
      slot = child;
    }
    if (slot == nullptr) --node->used;
  }
  if (node->used == 0) {
    release(node, level);
    node = nullptr;
    --nodes_;
  }
  return erased;
}

void PageTable::erase(u64 first, u64 last) {
  if (root_ == nullptr || first >= last) return;
  count_ -= erase_in(root_, 0, 0, first, last);
}

}  // namespace emulator::memory
