/// Files that all their mappings share: each page is there once, wherever and however often it is
/// mapped. Plain values: a copy is part of a snapshot.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "emulator/memory/page_table.hpp"

namespace emulator::memory {

struct SharedFile {
  std::shared_ptr<const void> owner;  // keeps `bytes` alive
  std::span<const u8> bytes;          // what fills a page at its first touch; then zeros
  u64 size = 0;                       // pages that lie wholly beyond fault with SIGBUS
  u64 mapped = 0;                     // bytes of mappings
  std::set<u64> written;              // pages, by number in the file, that are to be stored
};

class SharedFiles {
 public:
  /// Pages of all files are in one table: a file's number, then the page's in the file. The guest
  /// can map the first 4 GiB.
  static constexpr u64 kMostPages = u64{1} << 20, kMostFiles = u64{1} << 15;
  static u64 key(u64 id, u64 page_in_file) { return id * kMostPages + page_in_file; }
  PageTable pages;

  std::optional<u64> add(std::shared_ptr<const void> owner, std::span<const u8> bytes) {
    u64 id = 1;
    for (const auto& [used, file] : files_) {
      if (used != id) break;
      ++id;
    }
    if (id >= kMostFiles) return std::nullopt;
    files_[id] = {std::move(owner), bytes, bytes.size(), 0, {}};
    idle_.insert(id);
    return id;
  }
  const SharedFile* find(u64 id) const {
    const auto it = files_.find(id);
    return it == files_.end() ? nullptr : &it->second;
  }
  SharedFile& at(u64 id) { return files_.at(id); }
  const SharedFile& at(u64 id) const { return files_.at(id); }
  void map(u64 id, u64 bytes) {
    files_.at(id).mapped += bytes;
    idle_.erase(id);
  }
  void unmap(u64 id, u64 bytes) {
    SharedFile& file = files_.at(id);
    file.mapped -= bytes;
    if (file.mapped == 0) idle_.insert(id);
  }
  std::vector<u64> unmapped() const { return {idle_.begin(), idle_.end()}; }
  void drop(u64 id) {
    pages.erase(key(id, 0), key(id + 1, 0));
    files_.erase(id);
    idle_.erase(id);
  }

 private:
  std::map<u64, SharedFile> files_;
  std::set<u64> idle_;  // have no mappings
};

}  // namespace emulator::memory
