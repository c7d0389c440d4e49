// Making, removing and renaming names.
#include "emulator/kernel/file_calls.hpp"
#include "emulator/kernel/file_records.hpp"
#include "emulator/kernel/guest_buffers.hpp"

namespace emulator::kernel::calls {
namespace {

std::string below(const Location& directory, const std::string& name) {
  return directory.name.empty() ? name : directory.name + "/" + name;
}

/// A new name must be free, and its directory must take it.
Failure refuse_new(Kernel& k, const Walk& walk) {
  Files& files = k.files();
  if (walk.found || walk.name.empty()) return Errno::eexist;
  if (walk.directory.kind == Location::Kind::descriptor) return Errno::eperm;
  if (files.frozen(walk.directory)) return Errno::erofs;
  if (!walk.directory.in_mount() && files.tree[walk.directory.inode].links == 0)
    return Errno::enoent;
  return std::nullopt;
}

/// A name that is to go, or to be replaced.
Failure refuse_old(Kernel& k, const Walk& walk, bool directory) {
  Files& files = k.files();
  if (!walk.found) return Errno::enoent;
  if (walk.name.empty()) return directory ? Errno::ebusy : Errno::eisdir;
  const auto status = files.status(k, *walk.found);
  if (!status) return status.error();
  const bool is_directory = status->type == FileType::directory;
  if (directory && !is_directory) return Errno::enotdir;
  if (!directory && is_directory) return Errno::eisdir;
  if (walk.wants_directory && !is_directory) return Errno::enotdir;
  if (files.frozen(walk.directory)) return Errno::erofs;
  if (is_directory && files.is_mount_point(walk.directory, walk.name)) return Errno::ebusy;
  return std::nullopt;
}

SysResult make_directory(Kernel& k, const Thread& t, i32 dirfd, Addr path, u32 mode) {
  const auto spot = walk(k, t, dirfd, path, false);
  if (!spot) return spot.error();
  if (const auto refused = refuse_new(k, *spot)) return *refused;
  Files& files = k.files();
  const u16 bits = static_cast<u16>(mode & ~files.umask & 01777);
  if (spot->directory.in_mount())
    return to_sys(
        files.directory(spot->directory).make_directory(below(spot->directory, spot->name), bits));
  const auto inode =
      files.tree.create(spot->directory.inode, spot->name, FileType::directory, bits, real_time(k));
  if (!inode) return k.refuse("memory file system names", Tree::kMaxNames, inode.error());
  return u64{0};
}

/// Removes a name that refuse_old has passed.
Failure drop_name(Kernel& k, const Walk& spot, bool directory) {
  Files& files = k.files();
  if (spot.directory.in_mount()) {
    const std::string name = below(spot.directory, spot.name);
    const auto status = files.directory(spot.directory).status(name);
    const auto failure = files.directory(spot.directory).remove(name, directory);
    if (!failure && status && (directory || status->links <= 1)) files.forget_number(*status);
    return failure;
  }
  if (directory && !files.tree[spot.found->inode].entries.empty()) return Errno::enotempty;
  files.tree.unlink(spot.directory.inode, spot.name, real_time(k));
  return std::nullopt;
}

/// rmdir(2) has errors of its own for paths that end in a dot.
Failure refuse_dots(Kernel& k, Addr path) {
  const auto text = read_path(k, path);
  if (!text) return text.error();
  std::string_view name = *text;
  while (name.size() > 1 && name.back() == '/') name.remove_suffix(1);
  const std::string_view last = name.substr(name.rfind('/') + 1);
  if (last == ".") return Errno::einval;
  if (last == "..") return Errno::enotempty;
  return std::nullopt;
}

SysResult remove_name(Kernel& k, const Thread& t, i32 dirfd, Addr path, bool directory) {
  if (directory) {
    if (const auto refused = refuse_dots(k, path)) return *refused;
  }
  const auto spot = walk(k, t, dirfd, path, false);
  if (!spot) return spot.error();
  if (const auto refused = refuse_old(k, *spot, directory)) return *refused;
  return to_sys(drop_name(k, *spot, directory));
}

// -- rename --

enum RenameFlag : u32 { kNoReplace = 1, kExchange = 2 };

Failure rename_in_tree(Kernel& k, const Walk& from, const Walk& to) {
  Files& files = k.files();
  Tree& tree = files.tree;
  const InodeId inode = from.found->inode;
  if (tree[inode].type == FileType::directory && tree.contains(inode, to.directory.inode))
    return Errno::einval;
  if (to.found) {
    const bool directory = tree[to.found->inode].type == FileType::directory;
    if (const auto failure = drop_name(k, to, directory)) return failure;
  }
  tree.rename(from.directory.inode, from.name, to.directory.inode, to.name, real_time(k));
  return std::nullopt;
}

Failure rename_in_mount(Kernel& k, const Walk& from, const Walk& to) {
  Files& files = k.files();
  const HostDirectory& host = files.directory(from.directory);
  const std::string name = below(to.directory, to.name);
  const auto replaced = host.status(name);
  const auto failure = host.rename(below(from.directory, from.name), name);
  if (!failure && replaced && replaced->links <= 1) files.forget_number(*replaced);
  return failure;
}

/// The new name may be taken, by something of the same sort.
Failure refuse_target(Kernel& k, const Walk& from, const Walk& to) {
  Files& files = k.files();
  const auto type = files.status(k, *from.found);
  if (!type) return type.error();
  const bool directory = type->type == FileType::directory;
  if (to.found) return refuse_old(k, to, directory);
  if (to.wants_directory && !directory) return Errno::enotdir;
  return refuse_new(k, to);
}

Failure rename_at(Kernel& k, const Walk& from, const Walk& to, u32 flags) {
  Files& files = k.files();
  if (flags & ~kNoReplace) return Errno::einval;
  if (from.name.empty() || to.name.empty()) return Errno::ebusy;
  if (!from.found) return Errno::enoent;
  if (to.found && (flags & kNoReplace)) return Errno::eexist;
  if (files.frozen(from.directory) || files.frozen(to.directory)) return Errno::erofs;
  if (files.is_mount_point(from.directory, from.name)) return Errno::ebusy;
  const Location &a = from.directory, &b = to.directory;
  if (a.kind != b.kind || (a.in_mount() && a.mount != b.mount)) return Errno::exdev;
  if (to.found && *to.found == *from.found) return std::nullopt;
  if (const auto refused = refuse_target(k, from, to)) return refused;
  return a.in_mount() ? rename_in_mount(k, from, to) : rename_in_tree(k, from, to);
}

SysResult rename_paths(Kernel& k, const Thread& t, i32 from_fd, Addr from, i32 to_fd, Addr to,
                       u32 flags) {
  const auto old_spot = walk(k, t, from_fd, from, false);
  if (!old_spot) return old_spot.error();
  const auto new_spot = walk(k, t, to_fd, to, false);
  if (!new_spot) return new_spot.error();
  return to_sys(rename_at(k, *old_spot, *new_spot, flags));
}

// -- links --

/// A symbolic link in a mount must lead to a place inside it: other programs of the host would
/// follow it too.
bool stays_inside(const Location& directory, std::string_view target) {
  if (target.starts_with('/')) return false;
  i64 depth = directory.name.empty() ? 0 : 1;
  for (const char c : directory.name) depth += c == '/';
  for (std::string_view rest = target; !rest.empty();) {
    const auto slash = std::min(rest.find('/'), rest.size());
    const std::string_view step = rest.substr(0, slash);
    if (step == "..") --depth;
    if (step != ".." && step != "." && !step.empty()) ++depth;
    if (depth < 0) return false;
    rest.remove_prefix(std::min(slash + 1, rest.size()));
  }
  return true;
}

SysResult make_symlink(Kernel& k, const Thread& t, Addr target, i32 dirfd, Addr path) {
  const auto text = read_path(k, target);
  if (!text) return text.error();
  if (text->empty()) return Errno::enoent;
  const auto spot = walk(k, t, dirfd, path, false);
  if (!spot) return spot.error();
  if (const auto refused = refuse_new(k, *spot)) return *refused;
  if (spot->wants_directory) return Errno::enoent;
  Files& files = k.files();
  if (spot->directory.in_mount()) {
    if (!stays_inside(spot->directory, *text)) return Errno::eperm;
    return to_sys(
        files.directory(spot->directory).make_symlink(below(spot->directory, spot->name), *text));
  }
  const auto inode = files.tree.create_link(spot->directory.inode, spot->name, *text, real_time(k));
  if (!inode) return k.refuse("memory file system names", Tree::kMaxNames, inode.error());
  return u64{0};
}

SysResult make_link(Kernel& k, const Result<Location>& from, const Result<Walk>& to) {
  if (!from) return from.error();
  if (!to) return to.error();
  if (const auto refused = refuse_new(k, *to)) return *refused;
  Files& files = k.files();
  const auto status = files.status(k, *from);
  if (!status) return status.error();
  if (status->type == FileType::directory) return Errno::eperm;
  const bool same =
      from->kind == to->directory.kind && (!from->in_mount() || from->mount == to->directory.mount);
  if (!same) return Errno::exdev;
  if (from->in_mount())
    return to_sys(files.directory(*from).link(from->name, below(to->directory, to->name)));
  if (files.frozen(*from)) return Errno::exdev;
  if (const auto full = files.tree.link(to->directory.inode, to->name, from->inode, real_time(k)))
    return k.refuse("memory file system names", Tree::kMaxNames, *full);
  return u64{0};
}

SysResult make_node(Kernel& k, const Thread& t, i32 dirfd, Addr path, u32 mode) {
  constexpr u32 kTypeMask = 0170000, kRegular = 0100000;
  if ((mode & kTypeMask) != 0 && (mode & kTypeMask) != kRegular) return Errno::eperm;
  const auto spot = walk(k, t, dirfd, path, false);
  if (!spot) return spot.error();
  if (const auto refused = refuse_new(k, *spot)) return *refused;
  if (spot->directory.in_mount()) return Errno::eperm;
  const u16 bits = static_cast<u16>(mode & ~k.files().umask & 07777);
  const auto inode = k.files().tree.create(spot->directory.inode, spot->name, FileType::regular,
                                           bits, real_time(k));
  if (!inode) return k.refuse("memory file system names", Tree::kMaxNames, inode.error());
  return u64{0};
}

}  // namespace

SysResult mkdir(Kernel& k, Thread& t, const Args& a) {
  return make_directory(k, t, kAtCwd, a.addr(0), a.as_uint(1));
}
SysResult mkdirat(Kernel& k, Thread& t, const Args& a) {
  return make_directory(k, t, a.fd(0), a.addr(1), a.as_uint(2));
}
SysResult rmdir(Kernel& k, Thread& t, const Args& a) {
  return remove_name(k, t, kAtCwd, a.addr(0), true);
}
SysResult unlink(Kernel& k, Thread& t, const Args& a) {
  return remove_name(k, t, kAtCwd, a.addr(0), false);
}
SysResult unlinkat(Kernel& k, Thread& t, const Args& a) {
  if (a.as_uint(2) & ~kAtRemoveDir) return Errno::einval;
  return remove_name(k, t, a.fd(0), a.addr(1), (a.as_uint(2) & kAtRemoveDir) != 0);
}
SysResult rename(Kernel& k, Thread& t, const Args& a) {
  return rename_paths(k, t, kAtCwd, a.addr(0), kAtCwd, a.addr(1), 0);
}
SysResult renameat(Kernel& k, Thread& t, const Args& a) {
  return rename_paths(k, t, a.fd(0), a.addr(1), a.fd(2), a.addr(3), 0);
}
SysResult renameat2(Kernel& k, Thread& t, const Args& a) {
  return rename_paths(k, t, a.fd(0), a.addr(1), a.fd(2), a.addr(3), a.as_uint(4));
}
SysResult link(Kernel& k, Thread& t, const Args& a) {
  return make_link(k, find(k, t, kAtCwd, a.addr(0), false), walk(k, t, kAtCwd, a.addr(1), false));
}
SysResult linkat(Kernel& k, Thread& t, const Args& a) {
  if (a.as_uint(4) & ~(kAtSymlinkFollow | kAtEmptyPath)) return Errno::einval;
  const auto from = find(k, t, a.fd(0), a.addr(1), (a.as_uint(4) & kAtSymlinkFollow) != 0);
  return make_link(k, from, walk(k, t, a.fd(2), a.addr(3), false));
}
SysResult symlink(Kernel& k, Thread& t, const Args& a) {
  return make_symlink(k, t, a.addr(0), kAtCwd, a.addr(1));
}
SysResult symlinkat(Kernel& k, Thread& t, const Args& a) {
  return make_symlink(k, t, a.addr(0), a.fd(1), a.addr(2));
}
SysResult mknod(Kernel& k, Thread& t, const Args& a) {
  return make_node(k, t, kAtCwd, a.addr(0), a.as_uint(1));
}
SysResult mknodat(Kernel& k, Thread& t, const Args& a) {
  return make_node(k, t, a.fd(0), a.addr(1), a.as_uint(2));
}

}  // namespace emulator::kernel::calls
