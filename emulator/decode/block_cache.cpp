#include "emulator/decode/block_cache.hpp"

#include <algorithm>

namespace emulator::decode {

namespace {

u64 first_page(const Block& block) { return block.pc.value / base::kPageSize; }
u64 last_page(const Block& block) { return (block.end.value - 1) / base::kPageSize; }

/// The first of the blocks, in order of address, that begins behind `pc`.
template <class Blocks>
auto upper_bound(Blocks& blocks, Addr pc) {
  return std::upper_bound(blocks.begin(), blocks.end(), pc,
                          [](Addr a, const Block* block) { return a < block->pc; });
}

/// With what containers and the allocator add, roughly.
u64 size_of(const Block& block) {
  constexpr u64 kBeside = 160;
  return sizeof(Block) + sizeof(Op) + block.count * (sizeof(Op) + sizeof(OpInfo)) + block.bytes() +
         kBeside;
}

}  // namespace

const Op* BlockCache::find(Addr pc) const {
  if (const auto it = blocks_.find(pc.value); it != blocks_.end()) return it->second->ops.get();
  const auto page = by_page_.find(pc.value / base::kPageSize);
  if (page == by_page_.end()) return nullptr;
  for (auto it = upper_bound(page->second, pc); it != page->second.begin();) {
    const Block& block = **--it;
    if (pc.value - block.pc.value >= Block::kMaxBytes) break;
    if (const Op* op = block.find(pc)) return op;
  }
  return nullptr;
}

Block* BlockCache::insert(std::unique_ptr<Block> block) {
  for (u64 page = first_page(*block); page <= last_page(*block); ++page) {
    auto& blocks = by_page_[page];
    blocks.insert(upper_bound(blocks, block->pc), block.get());
  }
  bytes_ += size_of(*block);
  auto& slot = blocks_[block->pc.value];
  slot = std::move(block);
  return slot.get();
}

/// Every Op of a block that is no more stops its execution, wherever it had got to.
void BlockCache::stop(Block& block) const {
  block.dead = true;
  for (u32 i = 0; i < block.count; ++i) block.ops[i].exec = stale_op_;
  block.exits().exec = stale_exit_;
}

void BlockCache::retire(std::unique_ptr<Block> block) {
  stop(*block);
  bytes_ -= size_of(*block);
  dropped_.push_back(std::move(block));
}

void BlockCache::forget_page_entry(u64 page, const Block& block) {
  const auto it = by_page_.find(page);
  if (it != by_page_.end()) std::erase(it->second, &block);
}

void BlockCache::unlink_all() {
  for (auto& [pc, block] : blocks_) block->unlink();
  for (auto& block : dropped_) block->unlink();
}

void BlockCache::drop_page(u64 page) {
  const auto it = by_page_.find(page);
  if (it == by_page_.end()) return;
  const std::vector<Block*> blocks = std::move(it->second);
  by_page_.erase(it);
  for (const Block* block : blocks) {
    const auto found = blocks_.find(block->pc.value);
    for (const u64 other : {first_page(*block), last_page(*block)})
      if (other != page) forget_page_entry(other, *block);
    retire(std::move(found->second));
    blocks_.erase(found);
  }
  unlink_all();
}

void BlockCache::drop_all() {
  for (auto& [pc, block] : blocks_) retire(std::move(block));
  blocks_.clear();
  by_page_.clear();
  unlink_all();
}

}  // namespace emulator::decode
