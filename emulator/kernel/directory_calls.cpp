// Directories and symbolic links, read; the working directory.
#include <cstring>

#include "emulator/kernel/file_calls.hpp"
#include "emulator/kernel/file_records.hpp"
#include "emulator/kernel/guest_buffers.hpp"

namespace emulator::kernel::calls {
namespace {

using Listing = std::vector<DirectoryEntry>;

/// The entries with "." and "..", as they were when the directory was first read or rewound: a
/// listing does not change under the reader's feet.
Result<std::shared_ptr<const Listing>> listing_of(Kernel& k, Description& d) {
  auto* directory = std::get_if<DirectoryFile>(&d.object);
  if (directory == nullptr) return Errno::enotdir;
  if (directory->listing && d.offset > 0) return directory->listing;
  auto entries = k.files().list(directory->place);
  if (!entries) return entries.error();
  const auto self = k.files().status(k, directory->place);
  if (!self) return self.error();
  auto all = std::make_shared<Listing>();
  all->push_back({".", FileType::directory, self->inode});
  const auto above = k.files().status(k, k.files().parent(directory->place));
  all->push_back({"..", FileType::directory, above ? above->inode : self->inode});
  all->insert(all->end(), entries->begin(), entries->end());
  if (const auto failure = k.files().room_for_text(k, size_of(*all))) return *failure;
  directory->listing = std::move(all);
  return directory->listing;
}

std::vector<u8> record64(const DirectoryEntry& e, u64 next) {
  const std::size_t size = (sizeof(Dirent64Head) + e.name.size() + 1 + 7) / 8 * 8;
  const Dirent64Head head{e.inode, static_cast<i64>(next), static_cast<u16>(size),
                          static_cast<u8>(e.type)};
  std::vector<u8> record(size, 0);
  std::memcpy(record.data(), &head, sizeof head);
  std::memcpy(record.data() + sizeof head, e.name.data(), e.name.size());
  return record;
}

std::vector<u8> record_old(const DirectoryEntry& e, u64 next) {
  const std::size_t size = (sizeof(DirentHead) + e.name.size() + 2 + 7) / 8 * 8;
  const DirentHead head{e.inode, next, static_cast<u16>(size)};
  std::vector<u8> record(size, 0);
  std::memcpy(record.data(), &head, sizeof head);
  std::memcpy(record.data() + sizeof head, e.name.data(), e.name.size());
  record.back() = static_cast<u8>(e.type);
  return record;
}

using Record = std::vector<u8> (*)(const DirectoryEntry&, u64 next);

SysResult read_entries(Kernel& k, const Args& a, Record record) {
  Description* d = k.files().find(a.fd(0));
  if (d == nullptr) return Errno::ebadf;
  const auto listing = listing_of(k, *d);
  if (!listing) return listing.error();
  const u64 room = a.as_uint(2);
  u64 written = 0;
  while (d->offset < (*listing)->size()) {
    const auto bytes = record((**listing)[d->offset], d->offset + 1);
    if (written + bytes.size() > room) {
      if (written == 0) return Errno::einval;
      break;
    }
    if (!k.memory().copy_out(a.addr(1) + written, std::span<const u8>(bytes))) return Errno::efault;
    written += bytes.size();
    ++d->offset;
  }
  return written;
}

SysResult put_text(Kernel& k, Addr to, std::string_view text) {
  const std::span<const u8> bytes(reinterpret_cast<const u8*>(text.data()), text.size());
  if (!k.memory().copy_out(to, bytes)) return Errno::efault;
  return u64{text.size()};
}

SysResult put_link(Kernel& k, const Thread& t, const Location& place, Addr to, i32 room) {
  if (room <= 0) return Errno::einval;
  const auto status = k.files().status(k, place);
  if (!status) return status.error();
  if (status->type != FileType::symlink) return Errno::einval;
  const auto target = k.files().read_link(k, t, place);
  if (!target) return target.error();
  return put_text(k, to, std::string_view(*target).substr(0, static_cast<std::size_t>(room)));
}

SysResult enter(Kernel& k, const Location& place) {
  const auto status = k.files().status(k, place);
  if (!status) return status.error();
  if (status->type != FileType::directory) return Errno::enotdir;
  k.files().set_cwd(place);
  return u64{0};
}

}  // namespace

SysResult getdents(Kernel& k, Thread&, const Args& a) { return read_entries(k, a, record_old); }
SysResult getdents64(Kernel& k, Thread&, const Args& a) { return read_entries(k, a, record64); }

SysResult getcwd(Kernel& k, Thread&, const Args& a) {
  auto path = k.files().path_of(k.files().cwd);
  if (!path) return Errno::enoent;
  path->push_back('\0');
  if (path->size() > a[1]) return Errno::erange;
  return put_text(k, a.addr(0), *path);
}

SysResult chdir(Kernel& k, Thread& t, const Args& a) {
  auto place = find(k, t, kAtCwd, a.addr(0), true);
  if (!place) return place.error();
  if (place->kind == Location::Kind::descriptor) place = k.files().base(place->fd);
  if (!place) return place.error();
  return enter(k, *place);
}

SysResult fchdir(Kernel& k, Thread&, const Args& a) {
  if (k.files().find(a.fd(0)) == nullptr) return Errno::ebadf;
  const auto place = k.files().base(a.fd(0));
  if (!place) return place.error();
  return enter(k, *place);
}

SysResult readlink(Kernel& k, Thread& t, const Args& a) {
  const auto place = find(k, t, kAtCwd, a.addr(0), false);
  if (!place) return place.error();
  return put_link(k, t, *place, a.addr(1), a.as_int(2));
}

SysResult readlinkat(Kernel& k, Thread& t, const Args& a) {
  const auto text = read_path(k, a.addr(1));
  if (text && text->empty()) {  // of an O_PATH descriptor
    const Description* d = k.files().find(a.fd(0));
    const auto* path = d ? std::get_if<PathFile>(&d->object) : nullptr;
    if (path == nullptr) return d ? Errno::enoent : Errno::ebadf;
    return put_link(k, t, path->place, a.addr(2), a.as_int(3));
  }
  const auto place = find(k, t, a.fd(0), a.addr(1), false);
  if (!place) return place.error();
  return put_link(k, t, *place, a.addr(2), a.as_int(3));
}

}  // namespace emulator::kernel::calls
