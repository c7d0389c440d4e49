#include "emulator/kernel/vfs_tree.hpp"

#include <algorithm>
#include <cstring>

#include "emulator/kernel/limits.hpp"

namespace emulator::kernel {

using base::kPageSize;

Tree::Tree() {
  Inode root;
  root.type = FileType::directory;
  root.mode = 0755;
  root.links = 2;
  root.frozen = true;
  root.parent = kRoot;
  inodes_.emplace(next_++, Cow(std::move(root)));
}

std::optional<InodeId> Tree::child(InodeId directory, std::string_view name) const {
  const auto& entries = (*this)[directory].entries;
  const auto found = entries.find(name);
  if (found == entries.end()) return std::nullopt;
  return found->second;
}

std::optional<std::string> Tree::path_of(InodeId directory) const {
  std::string path;
  while (directory != kRoot) {
    const InodeId parent = (*this)[directory].parent;
    if (!inodes_.contains(parent)) return std::nullopt;
    const auto& entries = (*this)[parent].entries;
    const auto named =
        std::ranges::find_if(entries, [&](const auto& e) { return e.second == directory; });
    if (named == entries.end()) return std::nullopt;
    if (named == entries.end()) return std::nullopt;
    path = "/" + named->first + path;
    directory = parent;
  }
  return path.empty() ? "/" : path;
}

void Tree::touch(InodeId directory, i64 now) {
  FileTimes& times = edit(directory).times;
  times.modify = times.change = now;
}

Result<InodeId> Tree::create(InodeId directory, std::string_view name, FileType type, u16 mode,
                             i64 now) {
  if (names_ >= kMaxNames) return Errno::enospc;
  Inode inode;
  inode.type = type;
  inode.mode = mode;
  inode.times = {now, now, now};
  if (type == FileType::directory) {
    inode.links = 2;
    inode.parent = directory;
    ++edit(directory).links;
  }
  const InodeId id = next_++;
  inodes_.emplace(id, Cow(std::move(inode)));
  edit(directory).entries.emplace(name, id);
  touch(directory, now);
  ++names_;
  return id;
}

namespace {
u64 names_of_target(const Inode& inode) { return inode.target.size() / limits::kLinkText; }
}  // namespace

Result<InodeId> Tree::create_link(InodeId directory, std::string_view name, std::string target,
                                  i64 now) {
  if (names_ + target.size() / limits::kLinkText >= kMaxNames) return Errno::enospc;
  const auto id = create(directory, name, FileType::symlink, 0777, now);
  if (!id) return id;
  Inode& inode = edit(*id);
  inode.target = std::move(target);
  names_ += names_of_target(inode);
  return id;
}

Result<InodeId> Tree::create_unnamed(u16 mode, i64 now) {
  Inode inode;
  inode.mode = mode;
  inode.links = 0;
  inode.times = {now, now, now};
  const InodeId id = next_++;
  inodes_.emplace(id, Cow(std::move(inode)));
  return id;
}

Failure Tree::link(InodeId directory, std::string_view name, InodeId to, i64 now) {
  if (names_ >= kMaxNames) return Errno::enospc;
  ++names_;
  Inode& target = edit(to);
  ++target.links;
  target.times.change = now;
  edit(directory).entries.emplace(name, to);
  touch(directory, now);
  return std::nullopt;
}

void Tree::unlink(InodeId directory, std::string_view name, i64 now) {
  auto& entries = edit(directory).entries;
  const auto entry = entries.find(name);
  const InodeId id = entry->second;
  entries.erase(entry);
  touch(directory, now);
  --names_;
  Inode& inode = edit(id);
  inode.times.change = now;
  if (inode.type == FileType::directory) {
    inode.links = 0;
    inode.parent = kRoot;  // whoever still stands in it finds the root above
    --edit(directory).links;
  } else {
    --inode.links;
  }
  drop_if_unused(id);
}

void Tree::rename(InodeId from, std::string_view name, InodeId to, std::string_view new_name,
                  i64 now) {
  auto& old_entries = edit(from).entries;
  const auto entry = old_entries.find(name);
  const InodeId id = entry->second;
  old_entries.erase(entry);
  edit(to).entries.emplace(new_name, id);
  Inode& inode = edit(id);
  inode.times.change = now;
  if (inode.type == FileType::directory && from != to) {
    inode.parent = to;
    --edit(from).links;
    ++edit(to).links;
  }
  touch(from, now);
  touch(to, now);
}

bool Tree::contains(InodeId directory, InodeId inside) const {
  while (inside != directory) {
    if (inside == kRoot || !inodes_.contains(inside)) return false;
    inside = (*this)[inside].parent;
  }
  return true;
}

void Tree::closed(InodeId id) {
  --edit(id).openers;
  drop_if_unused(id);
}

void Tree::drop_if_unused(InodeId id) {
  const Inode& inode = (*this)[id];
  if (inode.links > 0 || inode.openers > 0) return;
  used_pages_ -= inode.pages.size();
  names_ -= names_of_target(inode);
  inodes_.erase(id);
}

u64 Tree::read(InodeId id, u64 offset, std::span<u8> to) const {
  const Inode& inode = (*this)[id];
  if (offset >= inode.size) return 0;
  const u64 count = std::min<u64>(to.size(), inode.size - offset);
  for (u64 done = 0; done < count;) {
    const u64 page = (offset + done) / kPageSize, within = (offset + done) % kPageSize;
    const u64 n = std::min(count - done, kPageSize - within);
    const auto found = inode.pages.find(page);
    if (found == inode.pages.end()) {
      std::memset(to.data() + done, 0, n);
    } else {
      std::memcpy(to.data() + done, found->second->data() + within, n);
    }
    done += n;
  }
  return count;
}

Result<u64> Tree::write(InodeId id, u64 offset, std::span<const u8> from, i64 now) {
  if (offset > kMaxFileSize || from.size() > kMaxFileSize - offset) return Errno::efbig;
  Inode& inode = edit(id);
  u64 done = 0;
  while (done < from.size()) {
    const u64 page = (offset + done) / kPageSize, within = (offset + done) % kPageSize;
    const u64 n = std::min<u64>(from.size() - done, kPageSize - within);
    auto found = inode.pages.find(page);
    if (found == inode.pages.end()) {
      if (used_bytes() >= kMaxBytes) break;
      ++used_pages_;
      found = inode.pages.emplace(page, Cow<std::array<u8, kPageSize>>()).first;
      found->second.edit().fill(0);
    }
    std::memcpy(found->second.edit().data() + within, from.data() + done, n);
    done += n;
  }
  if (done == 0 && !from.empty()) return Errno::enospc;
  inode.size = std::max(inode.size, offset + done);
  inode.times.modify = inode.times.change = now;
  return done;
}

Failure Tree::resize(InodeId id, u64 size, i64 now) {
  if (size > kMaxFileSize) return Errno::efbig;
  Inode& inode = edit(id);
  if (size < inode.size) {
    const auto first_gone = inode.pages.lower_bound(base::page_ceil(size) / kPageSize);
    used_pages_ -= static_cast<u64>(std::distance(first_gone, inode.pages.end()));
    inode.pages.erase(first_gone, inode.pages.end());
    // What lies past the end in the last page must read as zero if the file grows again.
    if (const auto last = inode.pages.find(size / kPageSize); last != inode.pages.end()) {
      auto& bytes = last->second.edit();
      std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(size % kPageSize), bytes.end(), u8{0});
    }
  }
  inode.size = size;
  inode.times.modify = inode.times.change = now;
  return std::nullopt;
}

InodeId Tree::add(std::string_view path, Inode inode) {
  const auto slash = path.rfind('/');
  const InodeId directory = add_directory(path.substr(0, slash));
  const std::string name(path.substr(slash + 1));
  if (const auto there = child(directory, name)) return *there;
  if (inode.type == FileType::directory) {
    inode.parent = directory;
    inode.links = 2;
    ++edit(directory).links;
  }
  const InodeId id = next_++;
  inodes_.emplace(id, Cow(std::move(inode)));
  edit(directory).entries.emplace(name, id);
  return id;
}

InodeId Tree::add_directory(std::string_view path) {
  InodeId at = kRoot;
  while (!path.empty()) {
    path.remove_prefix(std::min(path.find_first_not_of('/'), path.size()));
    const std::string name(path.substr(0, path.find('/')));
    path.remove_prefix(name.size());
    if (name.empty()) break;
    auto next = child(at, name);
    if (!next) {
      Inode directory;
      directory.type = FileType::directory;
      directory.mode = 0755;
      directory.frozen = (*this)[at].frozen;
      directory.parent = at;
      directory.links = 2;
      directory.times = (*this)[at].times;
      next = next_++;
      inodes_.emplace(*next, Cow(std::move(directory)));
      edit(at).entries.emplace(name, *next);
      ++edit(at).links;
    }
    at = *next;
  }
  return at;
}

}  // namespace emulator::kernel
