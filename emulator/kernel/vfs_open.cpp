// open(2): from a path and flags to an open file description.
#include <utility>

#include "emulator/kernel/file_records.hpp"
#include "emulator/kernel/kernel.hpp"

namespace emulator::kernel {
namespace {

bool writes(u32 flags) { return (flags & kAccessMode) != kReadOnly; }

/// The flags that stay with the description (F_GETFL). 64-bit programs always get O_LARGEFILE.
u32 status_flags(u32 flags) {
  if (!(flags & kPathOnly)) flags |= kLargeFile;
  return flags & ~(kCreate | kExclusive | kNoCtty | kTruncate | kCloseOnExec);
}

}  // namespace

Result<Description> Files::open(Kernel& k, const Thread& t, const Location& from,
                                std::string_view path, u32 flags, u16 mode) {
  if (flags & kPathOnly) flags &= kPathOnly | kDirectory | kNoFollow | kCloseOnExec;
  const bool unnamed = (flags & kTmpFile) != 0;
  const bool exclusive = (flags & kCreate) && (flags & kExclusive) && !unnamed;
  const bool follow = !(flags & kNoFollow) && !exclusive;
  auto walk = this->walk(k, t, from, path, follow);
  if (!walk) return walk.error();
  Result<Description> opened = Errno::enoent;
  if (unnamed && walk->found) {
    opened = open_unnamed(k, *walk->found, flags, mode);
  } else if (walk->found) {
    if (exclusive) return Errno::eexist;
    opened = open_found(k, t, *walk, flags);
  } else if ((flags & kCreate) && !unnamed) {
    opened = create(k, *walk, flags, mode);
  }
  if (!opened) return opened;
  if (flags & kTruncate) k.mapped_files().resized(k, *opened, 0);
  if (opened->path.empty()) opened->path = path_of(*walk);
  opened->flags = status_flags(flags);
  return opened;
}

Result<Description> Files::create(Kernel& k, const Walk& walk, u32 flags, u16 mode) {
  if (walk.wants_directory) return Errno::eisdir;
  if (flags & kDirectory) return Errno::einval;
  if (frozen(walk.directory)) return Errno::erofs;
  const u16 bits = static_cast<u16>(mode & ~umask & 07777);
  if (walk.directory.in_mount()) {
    const std::string& parent = walk.directory.name;
    const std::string name = parent.empty() ? walk.name : parent + "/" + walk.name;
    return open_mounted(Location::in_mount(walk.directory.mount, name), flags, bits);
  }
  const InodeId directory = walk.directory.inode;
  if (tree[directory].links == 0) return Errno::enoent;
  const auto inode = tree.create(directory, walk.name, FileType::regular, bits, real_time(k));
  if (!inode) return k.refuse("memory file system names", Tree::kMaxNames, inode.error());
  return Description{.object = TreeFile{*inode}};
}

Result<Description> Files::open_unnamed(Kernel& k, const Location& directory, u32 flags, u16 mode) {
  if (!writes(flags)) return Errno::einval;
  if (directory.in_mount()) return Errno::eopnotsupp;
  if (directory.kind != Location::Kind::memory || tree[directory.inode].type != FileType::directory)
    return Errno::enotdir;
  if (frozen(directory)) return Errno::erofs;
  const auto inode = tree.create_unnamed(static_cast<u16>(mode & ~umask & 07777), real_time(k));
  if (!inode) return inode.error();
  return Description{.object = TreeFile{*inode},
                     .path = "/tmp/#" + std::to_string(*inode) + " (deleted)"};
}

Result<Description> Files::open_found(Kernel& k, const Thread& t, const Walk& walk, u32 flags) {
  const Location& place = *walk.found;
  if (place.kind == Location::Kind::descriptor && !(flags & kNoFollow))
    return reopen(k, t, place.fd, flags);
  const auto type = type_of(place);
  if (!type) return type.error();
  const bool directory = *type == FileType::directory;
  if (!directory && (walk.wants_directory || (flags & kDirectory))) return Errno::enotdir;
  if (flags & kPathOnly) return Description{.object = PathFile{place}};
  if (*type == FileType::symlink) return Errno::eloop;
  if (directory) {
    if (writes(flags) || (flags & (kCreate | kTruncate))) return Errno::eisdir;
    return Description{.object = DirectoryFile{place, nullptr}};
  }
  if (place.in_mount()) return open_mounted(place, flags, 0);
  return open_inode(k, t, place.inode, flags);
}

Result<Description> Files::open_location(Kernel& k, const Thread& t, const Location& place,
                                         u32 flags) {
  Result<Description> opened = Errno::enoent;
  if (place.kind == Location::Kind::descriptor) opened = reopen(k, t, place.fd, flags);
  if (place.kind == Location::Kind::host) opened = open_mounted(place, flags, 0);
  if (place.kind == Location::Kind::memory) opened = open_inode(k, t, place.inode, flags);
  if (opened) opened->flags = status_flags(flags);
  return opened;
}

Result<Description> Files::open_inode(Kernel& k, const Thread& t, InodeId id, u32 flags) {
  const Inode& inode = tree[id];
  if (inode.type == FileType::character) {
    if (inode.special == Special::terminal) return Errno::enxio;
    return Description{.object = DeviceFile{id, inode.special}};
  }
  if (inode.special == Special::forbidden) return Errno::eacces;
  if (inode.frozen && (writes(flags) || (flags & kTruncate))) return Errno::erofs;
  if (inode.special == Special::generated) {
    auto text = std::make_shared<const std::string>(inode.generator(k, t));
    if (const auto failure = room_for_text(k, text->size())) return *failure;
    return Description{.object = TextFile{id, std::move(text)}};
  }
  if (inode.special == Special::program) return Description{.object = ProgramFile{id}};
  if ((flags & kTruncate) && inode.size > 0) {
    if (const auto failure = tree.resize(id, 0, real_time(k))) return *failure;
  }
  return Description{.object = TreeFile{id}};
}

Result<Description> Files::open_mounted(const Location& place, u32 flags, u16 mode) {
  if ((writes(flags) || (flags & kTruncate)) && frozen(place)) return Errno::erofs;
  const HostOpen how{.read = (flags & kAccessMode) != kWriteOnly,
                     .write = writes(flags) || (flags & kTruncate),
                     .create = (flags & kCreate) && !frozen(place),
                     .exclusive = (flags & kExclusive) != 0,
                     .truncate = (flags & kTruncate) != 0,
                     .mode = mode};
  auto file = directory(place).open_file(place.name, how);
  if (!file) return file.error();
  const auto status = (*file)->status();
  if (!status) return status.error();
  return Description{.object = MountedFile{place, std::move(*file), number_of(*status)}};
}

/// Opening /proc/self/fd/N: the same object, with flags and an offset of its own.
Result<Description> Files::reopen(Kernel& k, const Thread& t, i32 fd, u32 flags) {
  const Description* d = find(fd);
  if (d == nullptr) return Errno::enoent;
  const bool directory = std::holds_alternative<DirectoryFile>(d->object);
  if ((flags & kDirectory) && !directory) return Errno::enotdir;
  if (const auto* file = std::get_if<TreeFile>(&d->object)) {
    auto again = open_inode(k, t, file->inode, flags);
    if (again) again->path = d->path;
    return again;
  }
  if (const auto* file = std::get_if<MountedFile>(&d->object)) {
    auto again = open_mounted(file->place, flags & ~(kCreate | kExclusive), 0);
    if (again) again->path = d->path;
    return again;
  }
  const bool reopens = std::holds_alternative<StandardStream>(d->object) ||
                       std::holds_alternative<PipeEnd>(d->object) ||
                       std::holds_alternative<DeviceFile>(d->object) ||
                       std::holds_alternative<TextFile>(d->object) ||
                       std::holds_alternative<ProgramFile>(d->object) || directory;
  if (!reopens) return Errno::enxio;
  const bool pipe = std::holds_alternative<PipeEnd>(d->object);
  if (const auto* stream = std::get_if<StandardStream>(&d->object);
      stream && writes(flags) != (stream->fd > 0))
    return Errno::eacces;
  if (!pipe && writes(flags) && !d->writable() && !std::holds_alternative<DeviceFile>(d->object))
    return directory ? Errno::eisdir : Errno::eacces;
  return Description{.object = d->object, .path = d->path};
}

}  // namespace emulator::kernel
