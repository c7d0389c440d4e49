/// Decoded blocks by address. A write to a page that code was decoded from drops that page's
/// blocks; a dropped block may still be executing, so it is only marked, made to stop at its next
/// instruction, and freed later.
#pragma once

#include <memory>
#include <unordered_map>
#include <vector>

#include "emulator/decode/op.hpp"

namespace emulator::decode {

class BlockCache {
 public:
  /// Handlers that take over a dropped block's Ops and its Exits: each hands control back to the
  /// loop.
  BlockCache(Handler stale_op, Handler stale_exit) : stale_op_(stale_op), stale_exit_(stale_exit) {}

  /// The instruction at `pc`, where some block has it: each is decoded once, wherever blocks are
  /// entered. Null when none has.
  const Op* find(Addr pc) const;
  Block* insert(std::unique_ptr<Block> block);
  /// Whether some block has, or had, a byte in the page.
  bool has_page(u64 page) const { return by_page_.contains(page); }
  /// Drops every block with a byte in the page. Links into them from other blocks are undone.
  void drop_page(u64 page);
  void drop_all();
  /// Makes a block that is not in the cache stop where it has got to, as dropping does.
  void stop(Block& block) const;
  /// What blocks and their entries take of the host's memory.
  u64 bytes() const { return bytes_; }
  /// Frees dropped blocks. Only while no handler runs.
  void free_dropped() { dropped_.clear(); }
  std::size_t size() const { return blocks_.size(); }

 private:
  void retire(std::unique_ptr<Block> block);
  void forget_page_entry(u64 page, const Block& block);
  void unlink_all();

  Handler stale_op_, stale_exit_;
  std::unordered_map<u64, std::unique_ptr<Block>> blocks_;
  std::unordered_map<u64, std::vector<Block*>> by_page_;  // page number → blocks by address
  std::vector<std::unique_ptr<Block>> dropped_;
  u64 bytes_ = 0;
};

}  // namespace emulator::decode
