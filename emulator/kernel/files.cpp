// The descriptor table, and what the objects behind descriptors have in common.
#include "emulator/kernel/files.hpp"

#include <algorithm>

#include "emulator/base/error.hpp"
#include "emulator/kernel/file_records.hpp"
#include "emulator/kernel/kernel.hpp"
#include "emulator/kernel/limits.hpp"
#include "emulator/kernel/vfs_virtual.hpp"

namespace emulator::kernel {

class InputLog {
 public:
  /// What one read of the host's gave.
  struct Chunk {
    std::vector<u8> bytes;
    Failure error;
  };
  std::vector<Chunk> chunks;
  bool ended = false;
};

bool Description::readable() const {
  return (flags & kPathOnly) == 0 && (flags & kAccessMode) != kWriteOnly;
}
bool Description::writable() const {
  return (flags & kPathOnly) == 0 && (flags & kAccessMode) != kReadOnly;
}
bool Description::nonblocking() const { return (flags & kNonBlock) != 0; }

Files::Files() : input_(std::make_shared<InputLog>()) {}

Files::Files(const Config& config) : Files() {
  add_virtual_files(tree, config);
  first_bytes_ = tree.used_bytes();
  tree.opened(cwd.inode);
  for (const Mount& mount : config.mounts) add_mount(mount);
  for (i32 fd = 0; fd < 3; ++fd) {
    if (!config.streams[static_cast<std::size_t>(fd)]) continue;
    const u64 id = ++next_description_;
    descriptions_[id] = {.object = StandardStream{fd},
                         .flags = fd == 0 ? kReadOnly : kWriteOnly,
                         .path = "pipe:[" + std::to_string(fd + 1) + "]",
                         .id = id,
                         .descriptors = 1};
    enter(fd, {id, false});
  }
}

void Files::add_mount(const Mount& mount) {
  std::string guest = mount.guest;
  while (guest.size() > 1 && guest.back() == '/') guest.pop_back();
  const bool plain = guest.size() > 1 && guest[0] == '/' && guest.find("//") == guest.npos &&
                     (guest + "/").find("/./") == guest.npos &&
                     (guest + "/").find("/../") == guest.npos;
  if (!plain)
    base::user_error("--mount: {} is not an absolute guest path below /, without . and ..",
                     mount.guest);
  for (const Mounted& other : mounts_)
    if (other.guest == guest) base::user_error("--mount: {} is mounted twice", guest);
  HostDirectory directory = HostDirectory::open(mount.host);
  InodeId at = Tree::kRoot;
  for (std::size_t end = 0; end != guest.npos;) {
    const std::size_t begin = end + 1;
    end = guest.find('/', begin);
    const auto next = tree.child(at, std::string_view(guest).substr(begin, end - begin));
    if (!next) break;
    if (tree[*next].type != FileType::directory)
      base::user_error("--mount: {} is a file of the box itself", guest.substr(0, end));
    at = *next;
  }
  const InodeId point = tree.add_directory(guest);
  mounts_.push_back({guest, point, mount.writable, std::move(directory)});
}

// -- descriptors --

u64 size_of(const std::vector<DirectoryEntry>& listing) {
  u64 bytes = 0;
  for (const DirectoryEntry& entry : listing) bytes += sizeof(entry) + entry.name.capacity();
  return bytes;
}

Description* Files::find(i32 fd) {
  const auto entry = table_.find(fd);
  return entry == table_.end() ? nullptr : &descriptions_.at(entry->second.description);
}

Descriptor* Files::descriptor(i32 fd) {
  const auto entry = table_.find(fd);
  return entry == table_.end() ? nullptr : &entry->second;
}

Result<i32> Files::lowest_free(Kernel& k, i32 lowest) const {
  i32 fd = std::max(lowest, first_free_);
  for (auto it = table_.lower_bound(fd); it != table_.end() && it->first == fd; ++it) ++fd;
  const u64 most = k.rlimit(kLimitOpenFiles).current;
  if (static_cast<u64>(fd) >= most) return k.refuse("open files", most, Errno::emfile);
  return fd;
}

void Files::enter(i32 fd, Descriptor descriptor) {
  table_[fd] = descriptor;
  if (fd == first_free_) ++first_free_;
}

Failure Files::room(Kernel& k) const {
  if (const auto fd = lowest_free(k, 0); !fd) return fd.error();
  if (descriptions_.size() >= limits::kOpenFiles)
    return k.refuse("open files in all", limits::kOpenFiles, Errno::enfile);
  return std::nullopt;
}

Failure Files::room_for_text(Kernel& k, u64 bytes) const {
  for (const auto& [id, d] : descriptions_) {
    if (const auto* text = std::get_if<TextFile>(&d.object)) bytes += text->text->size();
    if (const auto* directory = std::get_if<DirectoryFile>(&d.object); directory != nullptr)
      if (directory->listing) bytes += kernel::size_of(*directory->listing);
  }
  if (bytes <= limits::kOpenText) return std::nullopt;
  return k.refuse("bytes of open /proc files and directory listings", limits::kOpenText,
                  Errno::enomem);
}

Result<i32> Files::install(Kernel& k, Description description, bool close_on_exec) {
  if (const auto failure = room(k)) return *failure;
  const auto fd = lowest_free(k, 0);
  description.id = ++next_description_;
  description.descriptors = 1;
  count_ends(description, true);
  enter(*fd, {description.id, close_on_exec});
  descriptions_.emplace(description.id, std::move(description));
  return *fd;
}

Result<i32> Files::duplicate(Kernel& k, i32 fd, i32 lowest, bool close_on_exec) {
  Description* d = find(fd);
  if (d == nullptr) return Errno::ebadf;
  if (lowest < 0 || static_cast<u64>(lowest) >= k.rlimit(kLimitOpenFiles).current)
    return Errno::einval;
  const auto free = lowest_free(k, lowest);
  if (!free) return free.error();
  ++d->descriptors;
  enter(*free, {d->id, close_on_exec});
  return *free;
}

Result<i32> Files::duplicate_to(Kernel& k, i32 fd, i32 to, bool close_on_exec) {
  Description* d = find(fd);
  if (d == nullptr || to < 0 || static_cast<u64>(to) >= k.rlimit(kLimitOpenFiles).current)
    return Errno::ebadf;
  if (fd == to) return to;
  ++d->descriptors;
  (void)close(k, to);
  enter(to, {d->id, close_on_exec});
  return to;
}

Failure Files::close(Kernel& k, i32 fd) {
  const auto entry = table_.find(fd);
  if (entry == table_.end()) return Errno::ebadf;
  const u64 id = entry->second.description;
  table_.erase(entry);
  first_free_ = std::min(first_free_, fd);
  drop_descriptor(k, id);
  return std::nullopt;
}

void Files::drop_descriptor(Kernel& k, u64 id) {
  const auto found = descriptions_.find(id);
  if (--found->second.descriptors > 0) return;
  const Description gone = std::move(found->second);
  descriptions_.erase(found);
  for (auto& [number, epoll] : epolls)
    std::erase_if(epoll.items, [id](const auto& item) { return item.first.first == id; });
  release(k, gone);
  k.changed();
}

/// A pipe's ends live as long as descriptions are open on them; the last to go is an edge for the
/// other side.
void Files::count_ends(const Description& d, bool opened) {
  const auto reader = [&](Pipe& pipe) {
    pipe.readers += opened ? 1u : ~0u;
    if (pipe.readers == 0) ++pipe.edges.writable;
  };
  const auto writer = [&](Pipe& pipe) {
    pipe.writers += opened ? 1u : ~0u;
    if (pipe.writers == 0) ++pipe.edges.readable;
  };
  if (const auto* end = std::get_if<PipeEnd>(&d.object)) {
    if (d.readable()) reader(pipes.at(end->pipe));
    if (d.writable()) writer(pipes.at(end->pipe));
  } else if (const auto* socket = std::get_if<SocketEnd>(&d.object)) {
    reader(pipes.at(socket->in));
    writer(pipes.at(socket->out));
  } else if (const auto* file = std::get_if<TreeFile>(&d.object)) {
    opened ? tree.opened(file->inode) : tree.closed(file->inode);
  } else if (const auto* directory = std::get_if<DirectoryFile>(&d.object)) {
    if (directory->place.kind != Location::Kind::memory) return;
    opened ? tree.opened(directory->place.inode) : tree.closed(directory->place.inode);
  } else if (const auto* path = std::get_if<PathFile>(&d.object)) {
    if (path->place.kind != Location::Kind::memory) return;
    opened ? tree.opened(path->place.inode) : tree.closed(path->place.inode);
  }
}

void Files::release(Kernel& k, const Description& d) {
  (void)k;
  count_ends(d, false);
  const auto drop_pipe = [this](u64 id) {
    const Pipe& pipe = pipes.at(id);
    if (pipe.readers == 0 && pipe.writers == 0) remove_pipe(id);
  };
  if (const auto* end = std::get_if<PipeEnd>(&d.object)) drop_pipe(end->pipe);
  if (const auto* socket = std::get_if<SocketEnd>(&d.object)) {
    drop_pipe(socket->in);
    drop_pipe(socket->out);
  }
  if (const auto* event = std::get_if<EventFile>(&d.object)) events.erase(event->id);
  if (const auto* timer = std::get_if<TimerFile>(&d.object)) timers.erase(timer->id);
  if (const auto* epoll = std::get_if<EpollFile>(&d.object)) epolls.erase(epoll->id);
}

Result<u64> Files::add_pipe(Kernel& k) {
  constexpr u64 kSmall = 2 * base::kPageSize;  // fs/pipe.c, PIPE_MIN_DEF_BUFFERS
  if (pipe_bytes_ + kSmall > limits::kAllPipeBytes)
    return k.refuse("bytes of all pipes", limits::kAllPipeBytes, Errno::enfile);
  const u64 id = next_object();
  Pipe& pipe = pipes[id];
  if (pipe_bytes_ + pipe.capacity() > limits::kPipeBytes) (void)pipe.set_capacity(kSmall);
  pipe_bytes_ += pipe.capacity();
  return id;
}

Result<u64> Files::resize_pipe(Kernel& k, Pipe& pipe, u64 wanted) {
  const u64 before = pipe.capacity();
  if (wanted > before && pipe_bytes_ - before + wanted > limits::kPipeBytes)
    return k.refuse("bytes of large pipes", limits::kPipeBytes, Errno::eperm);
  const auto capacity = pipe.set_capacity(wanted);
  pipe_bytes_ += pipe.capacity() - before;
  return capacity;
}

void Files::remove_pipe(u64 id) {
  pipe_bytes_ -= pipes.at(id).capacity();
  pipes.erase(id);
}

/// A working directory outlives its name.
void Files::set_cwd(const Location& directory) {
  if (directory.kind == Location::Kind::memory) tree.opened(directory.inode);
  const Location before = std::exchange(cwd, directory);
  if (before.kind == Location::Kind::memory) tree.closed(before.inode);
}

// -- standard input --

Result<u64> Files::read_input(Host& host, std::span<u8> to) {
  auto& chunks = input_->chunks;
  if (to.empty()) return u64{0};
  if (input_chunk_ == chunks.size()) {
    if (input_->ended) return u64{0};
    InputLog::Chunk chunk{std::vector<u8>(std::min<u64>(to.size(), 65536)), {}};
    const Result<u64> got = host.read_input(chunk.bytes);
    chunk.bytes.resize(got ? *got : 0);
    if (!got) chunk.error = got.error();
    // The host may have let another machine, which shares this log, go first.
    if (input_chunk_ == chunks.size()) {
      input_->ended = got && *got == 0;
      if (input_->ended) return u64{0};
      chunks.push_back(std::move(chunk));
    }
  }
  const auto& chunk = chunks[input_chunk_];
  const Failure error = chunk.error;
  const u64 count = std::min<u64>(to.size(), chunk.bytes.size() - input_offset_);
  std::copy_n(chunk.bytes.begin() + static_cast<std::ptrdiff_t>(input_offset_), count, to.begin());
  input_offset_ += count;
  if (input_offset_ == chunk.bytes.size()) ++input_chunk_, input_offset_ = 0;
  // Without a checkpoint nobody will read it again.
  if (input_chunk_ == chunks.size() && input_.use_count() == 1) chunks.clear(), input_chunk_ = 0;
  if (error) return *error;
  return count;
}

u64 Files::input_buffered() const {
  if (input_chunk_ == input_->chunks.size()) return 0;
  return input_->chunks[input_chunk_].bytes.size() - input_offset_;
}

u64 Files::bytes() const {
  constexpr u64 kNode = 96;  // of a map, with a small value
  u64 sum = sizeof(Files) + tree.used_bytes() - std::min(tree.used_bytes(), first_bytes_);
  sum += tree.inodes() * kNode;
  sum += table_.size() * kNode + descriptions_.size() * (sizeof(Description) + kNode);
  for (const auto& [id, pipe] : pipes) sum += sizeof(Pipe) + pipe.size();
  for (const auto& [id, epoll] : epolls) sum += epoll.items.size() * (sizeof(EpollItem) + kNode);
  return sum + (events.size() + timers.size() + host_numbers_.size() + host_times.size()) * kNode;
}

i64 real_time(const Kernel& k) { return kVirtualEpoch + k.now().value; }

}  // namespace emulator::kernel
