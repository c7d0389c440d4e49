// Paths: path_resolution(7), one component at a time, through memory and mounts. The host never
// resolves a path: it only sees names that were taken apart here.
#include <algorithm>
#include <deque>

#include "emulator/base/hex.hpp"
#include "emulator/kernel/file_records.hpp"
#include "emulator/kernel/kernel.hpp"

namespace emulator::kernel {
namespace {

constexpr int kMaxLinks = 40;          // MAXSYMLINKS
constexpr std::size_t kMaxName = 255;  // NAME_MAX

std::string joined(const std::string& directory, std::string_view name) {
  return directory.empty() ? std::string(name) : directory + "/" + std::string(name);
}

std::string parent_name(const std::string& name) {
  const auto slash = name.rfind('/');
  return slash == name.npos ? "" : name.substr(0, slash);
}

}  // namespace

/// What is left to walk.
struct Files::Steps {
  struct Step {
    std::string name;
    bool from_mount = false;  // from a symbolic link in a mount: may not lead out of it
  };
  Location at;
  FileType type = FileType::directory;
  std::deque<Step> pending;
  int links = 0;

  /// Puts the components of `path` first in line.
  void push(std::string_view path, bool from_mount) {
    std::vector<Step> steps;
    while (!path.empty()) {
      const auto slash = std::min(path.find('/'), path.size());
      if (slash > 0) steps.push_back({std::string(path.substr(0, slash)), from_mount});
      path.remove_prefix(std::min(slash + 1, path.size()));
    }
    pending.insert(pending.begin(), steps.begin(), steps.end());
  }
  void go(Location to, FileType what) { at = std::move(to), type = what; }
};

std::optional<u32> Files::mount_at(std::string_view guest) const {
  for (u32 i = 0; i < mounts_.size(); ++i)
    if (mounts_[i].guest == guest) return i;
  return std::nullopt;
}

Location Files::parent(const Location& place) const {
  if (place.kind != Location::Kind::host) return Location::in_memory(tree[place.inode].parent);
  if (!place.name.empty()) return Location::in_mount(place.mount, parent_name(place.name));
  // The root of a mount: its parent lies in memory, or in the mount that this one is nested in.
  const std::string& guest = mounts_[place.mount].guest;
  const Mounted* around = nullptr;
  for (const Mounted& m : mounts_)
    if (guest.starts_with(m.guest + "/") && (!around || m.guest.size() > around->guest.size()))
      around = &m;
  if (around == nullptr) return Location::in_memory(tree[mounts_[place.mount].point].parent);
  const std::string inside = guest.substr(around->guest.size() + 1);
  return Location::in_mount(static_cast<u32>(around - mounts_.data()), parent_name(inside));
}

Result<FileType> Files::type_of(const Location& place) {
  if (place.kind == Location::Kind::memory) return tree[place.inode].type;
  if (place.kind == Location::Kind::descriptor) return FileType::symlink;
  const auto status = directory(place).status(place.name);
  if (!status) return status.error();
  return status->type;
}

Result<std::optional<Files::Found>> Files::lookup(const Location& at, const std::string& name) {
  using Answer = std::optional<Found>;
  if (name.size() > kMaxName) return Errno::enametoolong;
  if (at.kind == Location::Kind::host) {
    if (const auto nested = mount_at(path_of(at).value_or("") + "/" + name))
      return Answer{{Location::in_mount(*nested, ""), FileType::directory}};
    Location there = Location::in_mount(at.mount, joined(at.name, name));
    const auto type = type_of(there);
    if (!type && type.error() == Errno::enoent) return Answer{};
    if (!type) return type.error();
    return Answer{{std::move(there), *type}};
  }
  if (tree[at.inode].special == Special::descriptors) {
    const auto number = base::parse_number(name);
    const bool open = number && *number < 0x7fffffff &&
                      table_.contains(static_cast<i32>(*number)) && std::to_string(*number) == name;
    if (!open) return Answer{};
    return Answer{{Location::of_descriptor(static_cast<i32>(*number)), FileType::symlink}};
  }
  const auto child = tree.child(at.inode, name);
  if (!child) return Answer{};
  for (u32 i = 0; i < mounts_.size(); ++i)
    if (mounts_[i].point == *child) return Answer{{Location::in_mount(i, ""), FileType::directory}};
  return Answer{{Location::in_memory(*child), tree[*child].type}};
}

/// Replaces a symbolic link by what it says.
Failure Files::follow(Kernel& k, const Thread& t, Steps& steps, const Found& link) {
  if (++steps.links > kMaxLinks) return Errno::eloop;
  if (link.place.kind == Location::Kind::descriptor) {
    const Description* d = find(link.place.fd);
    const auto* directory = std::get_if<DirectoryFile>(&d->object);
    if (directory == nullptr) return Errno::enotdir;
    steps.go(directory->place, FileType::directory);
    return std::nullopt;
  }
  const auto target = read_link(k, t, link.place);
  if (!target) return target.error();
  if (target->empty()) return Errno::enoent;
  const bool absolute = target->front() == '/';
  if (absolute && link.place.in_mount()) {
    k.notice_once("the symbolic link " + path_of(link.place).value_or("") +
                  " leads out of its --mount: answers EACCES");
    return Errno::eacces;
  }
  if (absolute) steps.go(Location{}, FileType::directory);
  if (target->size() > 1 && target->back() == '/') steps.push(".", false);
  steps.push(*target, link.place.in_mount());
  return std::nullopt;
}

Result<Walk> Files::walk(Kernel& k, const Thread& t, const Location& from, std::string_view path,
                         bool follow_last) {
  if (path.empty()) return Errno::enoent;
  Steps steps;
  if (path.front() != '/') {
    const auto type = type_of(from);
    if (!type) return type.error();
    steps.go(from, *type);
  }
  steps.push(path, false);
  const bool slash = path.back() == '/' && !steps.pending.empty();
  while (!steps.pending.empty()) {
    const Steps::Step step = std::move(steps.pending.front());
    steps.pending.pop_front();
    const bool last = steps.pending.empty();
    if (steps.type != FileType::directory) return Errno::enotdir;
    if (step.name == ".") continue;
    if (step.name == "..") {
      const bool leaves = step.from_mount && steps.at.in_mount() && steps.at.name.empty();
      if (leaves) return Errno::eacces;
      steps.go(parent(steps.at), FileType::directory);
      continue;
    }
    const auto found = lookup(steps.at, step.name);
    if (!found) return found.error();
    if (!*found && !last) return Errno::enoent;
    if (!*found) return Walk{steps.at, step.name, std::nullopt, slash};
    const bool link = (*found)->type == FileType::symlink && (!last || follow_last || slash);
    const bool descriptor = (*found)->place.kind == Location::Kind::descriptor;
    if (link && !(descriptor && last)) {
      if (const auto failure = follow(k, t, steps, **found)) return *failure;
    } else if (last) {
      return Walk{steps.at, step.name, (*found)->place, slash};
    } else {
      steps.go((*found)->place, (*found)->type);
    }
  }
  return Walk{steps.at, "", steps.at, slash};
}

Result<Location> Files::base(i32 dirfd) {
  if (dirfd == kAtCwd) return cwd;
  const Description* d = find(dirfd);
  if (d == nullptr) return Errno::ebadf;
  if (const auto* directory = std::get_if<DirectoryFile>(&d->object)) return directory->place;
  if (const auto* path = std::get_if<PathFile>(&d->object)) return path->place;
  return Errno::enotdir;
}

std::optional<std::string> Files::path_of(const Location& place) const {
  if (place.kind == Location::Kind::descriptor) return "/proc/1/fd/" + std::to_string(place.fd);
  if (place.kind == Location::Kind::memory) return tree.path_of(place.inode);
  const std::string& guest = mounts_[place.mount].guest;
  return place.name.empty() ? guest : joined(guest, place.name);
}

std::string Files::path_of(const Walk& walk) const {
  std::string path = path_of(walk.directory).value_or("");
  if (walk.name.empty()) return path;
  return (path == "/" ? "" : path) + "/" + walk.name;
}

bool Files::frozen(const Location& place) const {
  if (place.kind == Location::Kind::descriptor) return true;
  if (place.kind == Location::Kind::host) return !mounts_[place.mount].writable;
  return tree[place.inode].frozen;
}

bool Files::is_mount_point(const Location& directory, std::string_view name) const {
  const std::string path = path_of(Walk{directory, std::string(name), std::nullopt, false});
  return std::ranges::any_of(mounts_, [&](const Mounted& m) {
    return m.guest == path || m.guest.starts_with(path + "/");
  });
}

}  // namespace emulator::kernel
