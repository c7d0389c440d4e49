// What is known of a file without opening it, and the contents of what is open.
#include <algorithm>
#include <cstring>

#include "emulator/kernel/file_records.hpp"
#include "emulator/kernel/kernel.hpp"
#include "emulator/kernel/vfs_virtual.hpp"

namespace emulator::kernel {
namespace {

/// Device numbers of what stat(2) reports: major 0, one minor for each kind of file system.
enum : u64 { kTreeDevice = 1, kAnonymousDevice = 14, kPipeDevice = 13, kMountDevice = 32 };

constexpr FileType kAnonymous{};  // anonymous inodes have no type at all

u64 device_number(Special device, InodeId) {
  switch (device) {
    case Special::null:
      return 0x103;
    case Special::zero:
      return 0x105;
    case Special::full:
      return 0x107;
    case Special::random:
      return 0x109;
    case Special::terminal:
      return 0x500;
    default:
      return 0;
  }
}

constexpr FileTimes kEpochTimes{kVirtualEpoch, kVirtualEpoch, kVirtualEpoch};

}  // namespace

u64 Files::number_of(const HostStatus& status) {
  const auto [entry, fresh] =
      host_numbers_.try_emplace({status.device, status.inode}, next_host_number_);
  if (fresh) ++next_host_number_;
  return entry->second;
}

void Files::forget_number(const HostStatus& status) {
  const auto entry = host_numbers_.find({status.device, status.inode});
  if (entry == host_numbers_.end()) return;
  host_times.erase(entry->second);
  host_numbers_.erase(entry);
}

FileStatus Files::tree_status(Kernel& k, InodeId id) const {
  const Inode& inode = tree[id];
  FileStatus s{.type = inode.type,
               .mode = inode.mode,
               .device = kTreeDevice,
               .inode = id,
               .links = inode.links,
               .rdev = device_number(inode.special, id),
               .size = inode.size,
               .times = inode.times};
  if (inode.special == Special::program) s.size = k.image().file.size();
  if (inode.type == FileType::symlink) s.size = inode.target.size();
  if (inode.type == FileType::directory) s.size = base::kPageSize;
  return s;
}

FileStatus Files::host_status(const HostStatus& host, u32 mount) {
  const u64 number = number_of(host);
  const auto times = host_times.find(number);
  return {.type = host.type,
          .mode = host.mode,
          .device = kMountDevice + mount,
          .inode = number,
          .links = host.type == FileType::directory ? 2 : host.links,
          .size = host.type == FileType::directory ? base::kPageSize : host.size,
          .times = times == host_times.end() ? kEpochTimes : times->second};
}

Result<FileStatus> Files::status(Kernel& k, const Location& place) {
  if (place.kind == Location::Kind::memory) return tree_status(k, place.inode);
  if (place.kind == Location::Kind::descriptor) {
    return FileStatus{.type = FileType::symlink,
                      .mode = 0700,
                      .device = kTreeDevice,
                      .inode = 0x10000 + static_cast<u64>(place.fd),
                      .size = 64,
                      .times = kEpochTimes};
  }
  const auto host = directory(place).status(place.name);
  if (!host) return host.error();
  return host_status(*host, place.mount);
}

Result<FileStatus> Files::status(Kernel& k, const Description& d) {
  const auto made = [](FileType type, u16 mode, u64 device, u64 inode) -> Result<FileStatus> {
    return FileStatus{
        .type = type, .mode = mode, .device = device, .inode = inode, .times = kEpochTimes};
  };
  struct Visitor {
    Files& files;
    Kernel& k;
    decltype(made)& make;
    Result<FileStatus> operator()(const StandardStream& s) {
      return make(FileType::fifo, 0600, kPipeDevice, static_cast<u64>(s.fd) + 1);
    }
    Result<FileStatus> operator()(const TreeFile& f) { return files.tree_status(k, f.inode); }
    Result<FileStatus> operator()(const TextFile& f) { return files.tree_status(k, f.inode); }
    Result<FileStatus> operator()(const ProgramFile& f) { return files.tree_status(k, f.inode); }
    Result<FileStatus> operator()(const DeviceFile& f) { return files.tree_status(k, f.inode); }
    Result<FileStatus> operator()(const MountedFile& f) {
      const auto host = f.file->status();
      if (!host) return host.error();
      return files.host_status(*host, f.place.mount);
    }
    Result<FileStatus> operator()(const DirectoryFile& f) { return files.status(k, f.place); }
    Result<FileStatus> operator()(const PathFile& f) { return files.status(k, f.place); }
    Result<FileStatus> operator()(const PipeEnd& p) {
      return make(FileType::fifo, 0600, kPipeDevice, 16 + p.pipe);
    }
    Result<FileStatus> operator()(const SocketEnd& s) {
      return make(FileType::socket, 0777, kPipeDevice, 16 + s.in);
    }
    Result<FileStatus> operator()(const EventFile&) {
      return make(kAnonymous, 0600, kAnonymousDevice, 1);
    }
    Result<FileStatus> operator()(const TimerFile&) {
      return make(kAnonymous, 0600, kAnonymousDevice, 1);
    }
    Result<FileStatus> operator()(const EpollFile&) {
      return make(kAnonymous, 0600, kAnonymousDevice, 1);
    }
  };
  return std::visit(Visitor{*this, k, made}, d.object);
}

Result<std::vector<DirectoryEntry>> Files::list(const Location& place) {
  std::vector<DirectoryEntry> entries;
  if (place.in_mount()) {
    const auto host = directory(place).list(place.name);
    if (!host) return host.error();
    for (const HostEntry& e : *host) {
      const u64 number = number_of({.device = e.device, .inode = e.inode});
      entries.push_back({e.name, e.type, number});
    }
    return entries;
  }
  const Inode& inode = tree[place.inode];
  if (inode.special == Special::descriptors) {
    for (const auto& [fd, descriptor] : table_)
      entries.push_back({std::to_string(fd), FileType::symlink, 0x10000 + static_cast<u64>(fd)});
    return entries;
  }
  for (const auto& [name, id] : inode.entries) entries.push_back({name, tree[id].type, id});
  return entries;
}

Result<std::string> Files::read_link(Kernel& k, const Thread& t, const Location& place) {
  if (place.kind == Location::Kind::host) return directory(place).read_link(place.name);
  if (place.kind == Location::Kind::descriptor) {
    const Description* d = find(place.fd);
    if (d == nullptr) return Errno::enoent;
    return d->path;
  }
  const Inode& inode = tree[place.inode];
  if (inode.type != FileType::symlink) return Errno::einval;
  return inode.generator != nullptr ? inode.generator(k, t) : inode.target;
}

// -- contents --

Result<u64> Files::read_at(Kernel& k, const Description& d, u64 offset, std::span<u8> to) {
  const auto copy = [&](const void* bytes, u64 size) -> u64 {
    if (offset >= size) return 0;
    const u64 count = std::min<u64>(to.size(), size - offset);
    std::memcpy(to.data(), static_cast<const u8*>(bytes) + offset, count);
    return count;
  };
  // What cannot be stored has been said.
  (void)k.mapped_files().store(k, d);
  if (const auto* file = std::get_if<TreeFile>(&d.object))
    return tree.read(file->inode, offset, to);
  if (const auto* file = std::get_if<MountedFile>(&d.object))
    return file->file->read_at(to, offset);
  if (const auto* text = std::get_if<TextFile>(&d.object))
    return copy(text->text->data(), text->text->size());
  if (std::holds_alternative<ProgramFile>(d.object))
    return copy(k.image().file.data(), k.image().file.size());
  return Errno::einval;
}

Result<u64> Files::write_at(Kernel& k, const Description& d, u64 offset, std::span<const u8> from) {
  const auto written = store_at(k, d, offset, from);
  if (written) k.mapped_files().written(k, d, offset, from.first(*written));
  return written;
}

Result<u64> Files::store_at(Kernel& k, const Description& d, u64 offset, std::span<const u8> from) {
  if (const auto* file = std::get_if<TreeFile>(&d.object)) {
    const auto written = tree.write(file->inode, offset, from, real_time(k));
    if (!written && written.error() == Errno::enospc)
      return k.refuse("memory file system size", Tree::kMaxBytes, Errno::enospc);
    return written;
  }
  if (const auto* file = std::get_if<MountedFile>(&d.object)) {
    if (offset > Tree::kMaxFileSize) return Errno::efbig;
    FileTimes& times = host_times.try_emplace(file->inode, kEpochTimes).first->second;
    times.modify = times.change = real_time(k);
    return file->file->write_at(from, offset);
  }
  return Errno::einval;
}

Result<u64> Files::size_of(Kernel& k, const Description& d) {
  if (const auto* text = std::get_if<TextFile>(&d.object)) return text->text->size();
  const auto s = status(k, d);
  if (!s) return s.error();
  return s->size;
}

Failure Files::resize(Kernel& k, const Description& d, u64 size) {
  Failure failure = Errno::einval;
  (void)k.mapped_files().store(k, d);
  if (const auto* file = std::get_if<TreeFile>(&d.object))
    failure = tree.resize(file->inode, size, real_time(k));
  if (const auto* file = std::get_if<MountedFile>(&d.object)) {
    if (size > Tree::kMaxFileSize) return Errno::efbig;
    FileTimes& times = host_times.try_emplace(file->inode, kEpochTimes).first->second;
    times.modify = times.change = real_time(k);
    failure = file->file->resize(size);
  }
  if (!failure) k.mapped_files().resized(k, d, size);
  return failure;
}

Result<std::shared_ptr<const std::vector<u8>>> Files::contents(Kernel& k, i32 fd, u64 most) {
  const Description* d = find(fd);
  if (d == nullptr) return Errno::ebadf;
  if (!d->readable()) return Errno::eacces;
  const bool regular = std::holds_alternative<TreeFile>(d->object) ||
                       std::holds_alternative<MountedFile>(d->object) ||
                       std::holds_alternative<ProgramFile>(d->object);
  if (!regular) return Errno::enodev;
  const auto size = size_of(k, *d);
  if (!size) return size.error();
  // Bounded by what the guest may have in memory at all, whatever size a sparse file claims.
  if (std::min(*size, most) > k.memory().limit()) return Errno::enomem;
  auto bytes = std::make_shared<std::vector<u8>>(std::min(*size, most));
  const auto count = read_at(k, *d, 0, *bytes);
  if (!count) return count.error();
  bytes->resize(*count);
  return std::shared_ptr<const std::vector<u8>>(std::move(bytes));
}

}  // namespace emulator::kernel
