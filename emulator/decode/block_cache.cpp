#include "emulator/decode/block_cache.hpp"

namespace emulator::decode {

Block* BlockCache::insert(std::unique_ptr<Block> block) {
  const u64 last = (block->end.value - 1) / base::kPageSize;
  for (u64 page = block->pc.value / base::kPageSize; page <= last; ++page)
    by_page_[page].push_back(block->pc.value);
  auto& slot = blocks_[block->pc.value];
  slot = std::move(block);
  return slot.get();
}

/// Every Op of a block that is no more stops its execution, wherever it had got to.
void BlockCache::retire(std::unique_ptr<Block> block) {
  block->dead = true;
  for (u32 i = 0; i < block->count; ++i) block->ops[i].exec = stale_op_;
  block->exits().exec = stale_exit_;
  dropped_.push_back(std::move(block));
}

void BlockCache::unlink_all() {
  for (auto& [pc, block] : blocks_) block->unlink();
  for (auto& block : dropped_) block->unlink();
}

void BlockCache::drop_page(u64 page) {
  const auto it = by_page_.find(page);
  if (it == by_page_.end()) return;
  const std::vector<u64> addresses = std::move(it->second);
  by_page_.erase(it);
  for (const u64 pc : addresses) {
    const auto found = blocks_.find(pc);
    if (found == blocks_.end()) continue;
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
