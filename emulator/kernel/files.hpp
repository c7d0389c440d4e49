/// File descriptors, open file descriptions, and the virtual file system behind them. Plain values
/// throughout: a copy of Files is a checkpoint of it. Objects refer to each other by number.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "emulator/base/types.hpp"
#include "emulator/kernel/epoll.hpp"
#include "emulator/kernel/errno.hpp"
#include "emulator/kernel/host_directory.hpp"
#include "emulator/kernel/pipes.hpp"
#include "emulator/kernel/result.hpp"
#include "emulator/kernel/vfs_tree.hpp"

namespace emulator::kernel {

struct Config;

/// `--mount HOST:GUEST[:rw]`: the one door to the host's files.
struct Mount {
  std::string host, guest;
  bool writable = false;
};

/// The only way from the kernel to the host. Tests give a Host that reaches nothing.
class Host {
 public:
  virtual ~Host() = default;
  /// Guest output to fd 1 or 2, as write(2): how many bytes were taken, fewer than given only when
  /// an error came behind them, or the error. Blocks the whole machine: virtual time stands still.
  virtual Result<u64> write_output(int fd, std::span<const u8> bytes) = 0;
  /// Up to to.size() bytes of standard input; 0 at its end; or the error, as read(2). Blocks
  /// likewise.
  virtual Result<u64> read_input(std::span<u8> to) = 0;
};

/// Where a name leads: an inode in memory, a name below a mount, or a descriptor (/proc/self/fd/N).
struct Location {
  enum class Kind : u8 { memory, host, descriptor };
  Kind kind = Kind::memory;
  InodeId inode = Tree::kRoot;  // memory
  u32 mount = 0;                // host
  std::string name{};           // host: "a/b", "" for the mounted directory itself
  i32 fd = -1;                  // descriptor

  static Location in_memory(InodeId inode) { return {.inode = inode}; }
  static Location in_mount(u32 mount, std::string name) {
    return {.kind = Kind::host, .mount = mount, .name = std::move(name)};
  }
  static Location of_descriptor(i32 fd) { return {.kind = Kind::descriptor, .fd = fd}; }
  bool in_mount() const { return kind == Kind::host; }
  friend bool operator==(const Location&, const Location&) = default;
};

/// Where a path leads: the directory that holds its last name, that name, and what is there, if
/// anything.
struct Walk {
  Location directory;
  std::string
      name;  // "" when the path ends in the directory itself: "/", ".", "..", a mount point's root
  std::optional<Location> found;
  bool wants_directory = false;  // the path ends in a slash
};

struct FileStatus {
  FileType type = FileType::regular;
  u16 mode = 0;
  u64 device = 0, inode = 0, links = 1, rdev = 0, size = 0;
  FileTimes times;
};

struct DirectoryEntry {
  std::string name;
  FileType type;
  u64 inode;
};

// -- what a descriptor can be open on --

struct StandardStream {
  int fd;
};
struct TreeFile {
  InodeId inode;
};
struct TextFile {
  InodeId inode;
  std::shared_ptr<const std::string> text;
};  // made when it was opened
struct ProgramFile {
  InodeId inode;
};
struct DeviceFile {
  InodeId inode;
  Special device;
};
struct MountedFile {
  Location place;
  std::shared_ptr<const HostFile> file;
  u64 inode;
};
struct DirectoryFile {
  Location place;
  std::shared_ptr<const std::vector<DirectoryEntry>> listing;
};
/// Bytes of the host's memory that a listing takes.
u64 size_of(const std::vector<DirectoryEntry>& listing);
struct PathFile {
  Location place;
};  // O_PATH
struct PipeEnd {
  u64 pipe;
};  // which end: the access mode
struct SocketEnd {
  u64 in, out;
};  // socketpair: a pipe each way
struct EventFile {
  u64 id;
};
struct TimerFile {
  u64 id;
};
struct EpollFile {
  u64 id;
};
using FileObject =
    std::variant<StandardStream, TreeFile, TextFile, ProgramFile, DeviceFile, MountedFile,
                 DirectoryFile, PathFile, PipeEnd, SocketEnd, EventFile, TimerFile, EpollFile>;

/// An open file description (open(2)): shared by the descriptors that dup(2) makes.
struct Description {
  FileObject object;
  u32 flags = 0;  // access mode and status flags
  u64 offset = 0;
  std::string path{};  // as /proc/self/fd shows it
  u64 id = 0;
  u32 descriptors = 0;  // that refer to it

  bool readable() const;
  bool writable() const;
  bool nonblocking() const;
};

struct Descriptor {
  u64 description = 0;
  bool close_on_exec = false;
};

/// What was read from the host's standard input, chunk by chunk. Only ever grows, and is shared by
/// all checkpoints, so that a run that starts again from one of them reads the same bytes in the
/// same pieces.
class InputLog;

class Files {
 public:
  Files();
  /// Opens the mounted directories. Throws base::UserError for a mount that cannot be.
  explicit Files(const Config& config);

  // -- descriptors (files.cpp) --

  /// The open file description of a descriptor; null: EBADF.
  Description* find(i32 fd);
  Descriptor* descriptor(i32 fd);
  const std::map<i32, Descriptor>& table() const { return table_; }
  /// Gives a new description the lowest free descriptor; EMFILE at RLIMIT_NOFILE.
  Result<i32> install(Kernel& k, Description description, bool close_on_exec);
  /// F_DUPFD, dup: the lowest free descriptor at or above `lowest`.
  Result<i32> duplicate(Kernel& k, i32 fd, i32 lowest, bool close_on_exec);
  /// dup2, dup3: `to` is closed first when it is open.
  Result<i32> duplicate_to(Kernel& k, i32 fd, i32 to, bool close_on_exec);
  Failure close(Kernel& k, i32 fd);
  /// EMFILE or ENFILE when nothing more can be opened.
  Failure room(Kernel& k) const;
  /// May open files hold so many bytes more of what was made for them (/proc files, listings)?
  Failure room_for_text(Kernel& k, u64 bytes) const;
  const Description& description(u64 id) const { return descriptions_.at(id); }

  // -- names (vfs_walk.cpp, vfs_status.cpp) --

  /// ENOENT, ENOTDIR, ELOOP, EACCES, ENAMETOOLONG as path_resolution(7). A last name that is
  /// missing is no error.
  Result<Walk> walk(Kernel& k, const Thread& t, const Location& from, std::string_view path,
                    bool follow_last);
  /// Where relative paths of a call with this directory descriptor start; AT_FDCWD is the working
  /// directory.
  Result<Location> base(i32 dirfd);
  Result<FileStatus> status(Kernel& k, const Location& place);
  Result<FileStatus> status(Kernel& k, const Description& d);
  Result<std::vector<DirectoryEntry>> list(const Location& directory);
  Result<std::string> read_link(Kernel& k, const Thread& t, const Location& place);
  /// The absolute guest path of a directory, or of a file when it still has that name.
  std::optional<std::string> path_of(const Location& place) const;
  std::string path_of(const Walk& walk) const;
  Location parent(const Location& directory) const;
  bool frozen(const Location& place) const;  // EROFS
  bool is_mount_point(const Location& directory, std::string_view name) const;
  Location cwd;
  void set_cwd(const Location& directory);
  u16 umask = 022;

  // -- opening (vfs_open.cpp) --

  Result<Description> open(Kernel& k, const Thread& t, const Location& from, std::string_view path,
                           u32 flags, u16 mode);

  /// The same of what is there already: not a directory, not a link.
  Result<Description> open_location(Kernel& k, const Thread& t, const Location& place, u32 flags);

  // -- contents (vfs_status.cpp) --

  /// The bytes of a regular file from `offset`; fewer than asked only at its end.
  Result<u64> read_at(Kernel& k, const Description& d, u64 offset, std::span<u8> to);
  Result<u64> write_at(Kernel& k, const Description& d, u64 offset, std::span<const u8> from);
  /// The same, of bytes that its shared mappings hold already.
  Result<u64> store_at(Kernel& k, const Description& d, u64 offset, std::span<const u8> from);
  Result<u64> size_of(Kernel& k, const Description& d);
  Failure resize(Kernel& k, const Description& d, u64 size);
  /// For mmap: a copy of the first bytes of a regular file, at most `most`. EACCES, ENODEV as
  /// mmap(2).
  Result<std::shared_ptr<const std::vector<u8>>> contents(Kernel& k, i32 fd, u64 most);

  // -- waiting (readiness.cpp) --

  /// What poll(2) would say of it.
  Readiness readiness(Kernel& k, const Description& d, int depth = 0);
  /// When a timerfd that `d` is or watches becomes readable by itself.
  std::optional<Nanos> next_event(const Description& d, Nanos now, int depth = 0) const;

  /// Standard input: the next bytes, from the log or from the host; 0 at the end.
  Result<u64> read_input(Host& host, std::span<u8> to);
  /// What a copy of this takes of the host's memory, roughly, shared contents included.
  u64 bytes() const;
  /// What of it was read from the host but not yet by the guest.
  u64 input_buffered() const;

  Tree tree;
  std::map<u64, Pipe> pipes;
  /// A new pipe's number. The more room all pipes have together, the less a new one gets; ENFILE
  /// when it is too much (pipe(7), "/proc files").
  Result<u64> add_pipe(Kernel& k);
  /// F_SETPIPE_SZ. EPERM beyond what large pipes may take together.
  Result<u64> resize_pipe(Kernel& k, Pipe& pipe, u64 wanted);
  void remove_pipe(u64 id);
  std::map<u64, EventCounter> events;
  std::map<u64, TimerCounter> timers;
  std::map<u64, Epoll> epolls;
  u64 next_object() { return ++next_object_; }

  struct Mounted {
    std::string guest;  // "/work", no slash at the end
    InodeId point = 0;  // the directory in memory that it covers
    bool writable = false;
    HostDirectory directory;
  };
  const std::vector<Mounted>& mounts() const { return mounts_; }
  /// Everything that is done in the mounted directories is done once (host_log.hpp).
  void keep_log(const std::shared_ptr<HostLog>& log) {
    for (Mounted& m : mounts_) m.directory.keep_log(log);
  }
  const HostDirectory& directory(const Location& p) const { return mounts_.at(p.mount).directory; }

  /// The guest's inode number of a host file: numbered in the order in which the guest first saw
  /// them.
  u64 number_of(const HostStatus& status);
  void forget_number(const HostStatus& status);
  /// Times of mounted files are the virtual epoch until the guest changes them.
  std::map<u64, FileTimes> host_times;

 private:
  struct Found {
    Location place;
    FileType type;
  };
  struct Steps;

  void add_mount(const Mount& mount);
  Result<i32> lowest_free(Kernel& k, i32 lowest) const;
  void count_ends(const Description& d, bool opened);
  void release(Kernel& k, const Description& d);
  void drop_descriptor(Kernel& k, u64 description);

  FileStatus tree_status(Kernel& k, InodeId id) const;
  FileStatus host_status(const HostStatus& host, u32 mount);
  std::optional<u32> mount_at(std::string_view guest) const;
  Result<FileType> type_of(const Location& place);
  Result<std::optional<Found>> lookup(const Location& directory, const std::string& name);
  Failure follow(Kernel& k, const Thread& t, Steps& steps, const Found& link);

  Result<Description> create(Kernel& k, const Walk& walk, u32 flags, u16 mode);
  Result<Description> open_found(Kernel& k, const Thread& t, const Walk& walk, u32 flags);
  Result<Description> open_inode(Kernel& k, const Thread& t, InodeId inode, u32 flags);
  Result<Description> open_mounted(const Location& place, u32 flags, u16 mode);
  Result<Description> reopen(Kernel& k, const Thread& t, i32 fd, u32 flags);
  Result<Description> open_unnamed(Kernel& k, const Location& directory, u32 flags, u16 mode);

  void enter(i32 fd, Descriptor descriptor);

  std::map<i32, Descriptor> table_;
  u64 pipe_bytes_ = 0;   // the capacity of all pipes
  u64 first_bytes_ = 0;  // what the tree held at the start: never copied
  i32 first_free_ = 0;   // no descriptor below it is free
  std::map<u64, Description> descriptions_;
  u64 next_description_ = 0, next_object_ = 0;
  std::vector<Mounted> mounts_;
  std::map<std::pair<u64, u64>, u64> host_numbers_;
  u64 next_host_number_ = u64{1} << 32;
  std::shared_ptr<InputLog> input_;
  u64 input_chunk_ = 0, input_offset_ = 0;
};

/// Nanoseconds of the guest's real-time clock: file times.
i64 real_time(const Kernel& k);

}  // namespace emulator::kernel
