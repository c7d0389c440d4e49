/// Files that are mapped MAP_SHARED: they and their mappings hold the same bytes. What the guest
/// writes to memory goes to the file at msync, fsync, munmap, the end of the process, and before
/// the file is read; what is written to the file shows in memory at once.
#pragma once

#include <map>
#include <utility>

#include "emulator/kernel/files.hpp"
#include "emulator/memory/address_space.hpp"

namespace emulator::kernel {

class MappedFiles {
 public:
  /// The number of a file that is to be mapped (AddressSpace::add_shared_file); nothing when there
  /// are too many. `bytes` are what it holds, `owner` keeps them.
  std::optional<u64> open(Kernel& k, const Description& file, std::shared_ptr<const void> owner,
                          std::span<const u8> bytes);
  /// Can files of this kind be?
  static bool can_map(const Description& file);

  /// Stores what was written to its mappings; of all files.
  Failure store(Kernel& k, const Description& file);
  Failure store_all(Kernel& k);
  /// What is mapped in [start, start + length).
  Failure store_range(Kernel& k, u64 start, u64 length);
  /// Stores and forgets what nothing maps any more.
  void close_unmapped(Kernel& k);

  /// The file itself has been changed.
  void written(Kernel& k, const Description& file, u64 offset, std::span<const u8> bytes);
  void resized(Kernel& k, const Description& file, u64 size);

 private:
  /// A file in memory by its inode, one of a mount by the number that the guest knows it by.
  using Name = std::pair<bool, u64>;
  struct Entry {
    u64 id;
    Description file;
  };
  static std::optional<Name> name_of(const Description& file);
  Entry* find(const Description& file);
  Failure store(Kernel& k, const Entry& entry);
  void keep(Kernel& k, Entry& entry, const Description& file);

  std::map<Name, Entry> files_;
  std::map<u64, Name> names_;  // by id
};

}  // namespace emulator::kernel
