/// The door to the host's files: one mounted directory. This is the only file of the kernel that
/// makes file system calls on the host. Names that come in are resolved already: components joined
/// by '/', without "", "." or "..", and
/// "" for the directory itself. Each component is opened with O_NOFOLLOW beneath the one before it,
/// so that no symbolic link, not even one that the host plants during the call, leads out of the
/// directory.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "emulator/base/types.hpp"
#include "emulator/kernel/result.hpp"

namespace emulator::kernel {

/// What a directory entry is: the values of d_type (readdir(3)); S_IFMT is the same, 12 bits up
/// (inode(7)).
enum class FileType : u8 {
  fifo = 1,
  character = 2,
  directory = 4,
  block = 6,
  regular = 8,
  symlink = 10,
  socket = 12
};

struct HostStatus {
  FileType type = FileType::regular;
  u16 mode = 0;  // permission bits only
  u64 size = 0;
  u64 device = 0,
      inode = 0;  // the host's own numbers: for telling files apart, never shown to the guest
  u64 links = 1;
};

struct HostEntry {
  std::string name;
  FileType type = FileType::regular;
  u64 device = 0, inode = 0;
};

class HostLog;

/// An open regular file. Closed with its last owner. With a log, everything is done once
/// (host_log.hpp).
class HostFile {
 public:
  explicit HostFile(int fd, std::weak_ptr<HostLog> log) : fd_(fd), log_(std::move(log)) {}
  ~HostFile();
  HostFile(const HostFile&) = delete;
  HostFile& operator=(const HostFile&) = delete;

  /// Short only at the end of the file.
  Result<u64> read_at(std::span<u8> to, u64 offset) const;
  Result<u64> write_at(std::span<const u8> from, u64 offset) const;
  Result<HostStatus> status() const;
  Failure resize(u64 size) const;
  Failure set_mode(u16 mode) const;

 private:
  Result<u64> read_now(std::span<u8> to, u64 offset) const;
  Result<u64> write_now(std::span<const u8> from, u64 offset) const;
  Result<HostStatus> status_now() const;
  Failure resize_now(u64 size) const;
  Failure set_mode_now(u16 mode) const;

  int fd_;
  std::weak_ptr<HostLog> log_;  // which holds this
};

struct HostOpen {
  bool read = false, write = false, create = false, exclusive = false, truncate = false;
  u16 mode = 0;
};

class HostDirectory {
 public:
  /// Throws base::UserError when `path` is not a directory that can be opened.
  static HostDirectory open(const std::string& path);
  /// From here on; the files that it opens too.
  void keep_log(std::shared_ptr<HostLog> log) { log_ = std::move(log); }

  Result<HostStatus> status(const std::string& name) const;
  /// Sorted by name, without "." and "..".
  Result<std::vector<HostEntry>> list(const std::string& name) const;
  Result<std::string> read_link(const std::string& name) const;
  /// EACCES for what is neither a regular file nor a directory (EISDIR): devices, FIFOs and sockets
  /// lead out of the box.
  Result<std::shared_ptr<const HostFile>> open_file(const std::string& name,
                                                    const HostOpen& how) const;

  Failure make_directory(const std::string& name, u16 mode) const;
  Failure make_symlink(const std::string& name, const std::string& target) const;
  Failure link(const std::string& from, const std::string& to) const;
  Failure remove(const std::string& name, bool directory) const;
  Failure rename(const std::string& from, const std::string& to) const;
  Failure set_mode(const std::string& name, u16 mode) const;

 private:
  class Fd;
  class Spot;
  explicit HostDirectory(std::shared_ptr<const Fd> root) : root_(std::move(root)) {}

  Result<HostStatus> status_now(const std::string& name) const;
  Result<std::vector<HostEntry>> list_now(const std::string& name) const;
  Result<std::string> read_link_now(const std::string& name) const;
  Result<std::shared_ptr<const HostFile>> open_now(const std::string& name,
                                                   const HostOpen& how) const;
  Failure make_directory_now(const std::string& name, u16 mode) const;
  Failure make_symlink_now(const std::string& name, const std::string& target) const;
  Failure link_now(const std::string& from, const std::string& to) const;
  Failure remove_now(const std::string& name, bool directory) const;
  Failure rename_now(const std::string& from, const std::string& to) const;
  Failure set_mode_now(const std::string& name, u16 mode) const;

  std::shared_ptr<const Fd> root_;
  std::shared_ptr<HostLog> log_;
};

}  // namespace emulator::kernel
