/// The file system that lives in memory: directories, files, symbolic links and devices, as plain
/// values. What is in it at the start is in vfs_virtual.cpp. A copy costs a pointer for each inode.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "emulator/base/types.hpp"
#include "emulator/kernel/cow.hpp"
#include "emulator/kernel/host_directory.hpp"
#include "emulator/kernel/result.hpp"

namespace emulator::kernel {

class Kernel;
struct Thread;

using InodeId = u64;

/// Nanoseconds of the virtual real-time clock.
struct FileTimes {
  i64 access = 0, change = 0, modify = 0;
};

/// Makes the text of a virtual file, when it is opened, or the target of a virtual link, when it is
/// followed.
using Generator = std::string (*)(Kernel&, const Thread&);

/// What stands behind an inode that is not plain content.
enum class Special : u8 {
  none,
  generated,    // `generator`
  program,      // the program's own file
  forbidden,    // EACCES when opened
  descriptors,  // the directory /proc/self/fd
  null,
  zero,
  full,
  random,
  terminal,
};

struct Inode {
  FileType type = FileType::regular;
  Special special = Special::none;
  bool frozen = false;  // EROFS for every change
  u16 mode = 0644;
  u64 links = 1;
  u64 openers = 0;     // descriptions that keep it alive after its last name is gone
  InodeId parent = 0;  // directories
  std::map<std::string, InodeId, std::less<>> entries;  // directories
  std::string target;                                   // symbolic links
  Generator generator = nullptr;
  u64 size = 0;
  std::map<u64, Cow<std::array<u8, base::kPageSize>>> pages;  // absent pages are zero
  FileTimes times;
};

class Tree {
 public:
  static constexpr InodeId kRoot = 1;
  static constexpr u64 kMaxBytes =
      u64{256} << 20;  // ENOSPC beyond: the named limit "memory file system size"
  static constexpr u64 kMaxNames = 65536;            // ENOSPC beyond: "memory file system names"
  static constexpr u64 kMaxFileSize = u64{1} << 40;  // EFBIG beyond; holes cost nothing

  Tree();

  const Inode& operator[](InodeId id) const { return *inodes_.at(id); }
  Inode& edit(InodeId id) { return inodes_.at(id).edit(); }
  std::optional<InodeId> child(InodeId directory, std::string_view name) const;
  /// "/a/b", by the parents' names; nothing for a directory that was removed.
  std::optional<std::string> path_of(InodeId directory) const;

  // -- changes by the guest; the caller has checked that names are free or there, and that nothing
  // is frozen --

  Result<InodeId> create(InodeId directory, std::string_view name, FileType type, u16 mode,
                         i64 now);
  /// A symbolic link. A long target counts as several names.
  Result<InodeId> create_link(InodeId directory, std::string_view name, std::string target,
                              i64 now);
  /// An inode without a name (memfd_create, O_TMPFILE).
  Result<InodeId> create_unnamed(u16 mode, i64 now);
  Failure link(InodeId directory, std::string_view name, InodeId to, i64 now);
  void unlink(InodeId directory, std::string_view name, i64 now);
  void rename(InodeId from, std::string_view name, InodeId to, std::string_view new_name, i64 now);
  /// True when `inside` is `directory` or lies below it.
  bool contains(InodeId directory, InodeId inside) const;

  void opened(InodeId id) { ++edit(id).openers; }
  void closed(InodeId id);

  // -- content of regular files --

  u64 read(InodeId id, u64 offset, std::span<u8> to) const;
  /// How many bytes were written: fewer than asked only when space ran out.
  Result<u64> write(InodeId id, u64 offset, std::span<const u8> from, i64 now);
  Failure resize(InodeId id, u64 size, i64 now);

  // -- building what the guest finds at the start; directories on the way are made --

  InodeId add(std::string_view path, Inode inode);
  InodeId add_directory(std::string_view path);

  u64 used_bytes() const { return used_pages_ * base::kPageSize; }
  u64 names() const { return names_; }
  u64 inodes() const { return inodes_.size(); }

 private:
  void drop_if_unused(InodeId id);
  void touch(InodeId directory, i64 now);

  std::map<InodeId, Cow<Inode>> inodes_;
  InodeId next_ = kRoot;
  u64 used_pages_ = 0, names_ = 0;
};

}  // namespace emulator::kernel
