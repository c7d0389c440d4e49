#include "emulator/kernel/mapped_files.hpp"

#include <fmt/format.h>

#include <set>

#include "emulator/kernel/kernel.hpp"

namespace emulator::kernel {

std::optional<MappedFiles::Name> MappedFiles::name_of(const Description& file) {
  if (const auto* f = std::get_if<TreeFile>(&file.object)) return Name{false, f->inode};
  if (const auto* f = std::get_if<MountedFile>(&file.object)) return Name{true, f->inode};
  return std::nullopt;
}

bool MappedFiles::can_map(const Description& file) { return name_of(file).has_value(); }

MappedFiles::Entry* MappedFiles::find(const Description& file) {
  if (files_.empty()) return nullptr;
  const auto name = name_of(file);
  const auto it = name ? files_.find(*name) : files_.end();
  return it == files_.end() ? nullptr : &it->second;
}

/// A file in memory lives on when its last name and descriptor are gone.
void MappedFiles::keep(Kernel& k, Entry& entry, const Description& file) {
  entry.file = file;
  if (const auto* f = std::get_if<TreeFile>(&file.object)) k.files().tree.opened(f->inode);
}

std::optional<u64> MappedFiles::open(Kernel& k, const Description& file,
                                     std::shared_ptr<const void> owner, std::span<const u8> bytes) {
  if (Entry* const there = find(file)) {
    k.memory().refresh_shared_file(there->id, std::move(owner), bytes);
    // What is to be stored needs a description that may be written.
    if (file.writable()) there->file = file;
    return there->id;
  }
  const auto id = k.memory().add_shared_file(std::move(owner), bytes);
  if (!id) return std::nullopt;
  const Name name = *name_of(file);
  Entry& entry = files_.emplace(name, Entry{*id, {}}).first->second;
  names_[*id] = name;
  keep(k, entry, file);
  return id;
}

Failure MappedFiles::store(Kernel& k, const Entry& entry) {
  Failure failure;
  k.memory().take_written(entry.id, [&](u64 offset, std::span<const u8> bytes) {
    const auto stored = k.files().store_at(k, entry.file, offset, bytes);
    if (!stored || *stored < bytes.size()) failure = stored ? Errno::eio : stored.error();
  });
  if (failure)
    k.notice_once(fmt::format("{}: what was written to a mapping cannot be stored: {}",
                              entry.file.path, name(*failure)));
  return failure;
}

Failure MappedFiles::store(Kernel& k, const Description& file) {
  const Entry* const entry = find(file);
  return entry == nullptr ? std::nullopt : store(k, *entry);
}

Failure MappedFiles::store_all(Kernel& k) {
  Failure failure;
  for (const auto& [name, entry] : files_)
    if (const auto failed = store(k, entry)) failure = failed;
  return failure;
}

Failure MappedFiles::store_range(Kernel& k, u64 start, u64 length) {
  if (files_.empty()) return std::nullopt;
  std::set<u64> ids;
  const auto& regions = k.memory().regions();
  auto it = regions.upper_bound(start);
  if (it != regions.begin()) --it;
  for (; it != regions.end() && it->first < start + length; ++it)
    if (it->second.shared_file != 0 && it->second.end > start) ids.insert(it->second.shared_file);
  Failure failure;
  for (const u64 id : ids)
    if (const auto failed = store(k, files_.at(names_.at(id)))) failure = failed;
  return failure;
}

void MappedFiles::close_unmapped(Kernel& k) {
  if (files_.empty()) return;
  for (const u64 id : k.memory().unmapped_files()) {
    const Name name = names_.at(id);
    const Entry entry = files_.at(name);
    (void)store(k, entry);
    k.memory().drop_shared_file(id);
    files_.erase(name);
    names_.erase(id);
    if (const auto* f = std::get_if<TreeFile>(&entry.file.object)) k.files().tree.closed(f->inode);
  }
}

void MappedFiles::written(Kernel& k, const Description& file, u64 offset,
                          std::span<const u8> bytes) {
  if (const Entry* const entry = find(file)) k.memory().file_written(entry->id, offset, bytes);
}

void MappedFiles::resized(Kernel& k, const Description& file, u64 size) {
  if (const Entry* const entry = find(file)) k.memory().file_resized(entry->id, size);
}

}  // namespace emulator::kernel
