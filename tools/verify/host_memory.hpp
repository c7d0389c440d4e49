/// The host process's memory: a sparse file whose offsets are the guest's addresses, mapped by the
/// process where the guest maps, and by us in windows, so that looking at it takes no system call.
#pragma once

#include <functional>
#include <optional>
#include <unordered_map>
#include <vector>

#include "emulator/memory/address_space.hpp"
#include "tools/verify/host_process.hpp"

namespace rt0::verify {

/// Up to 32 bytes of memory, from the first that differs.
struct MemoryDifference {
  Addr address;
  std::vector<u8> emulator, host;
};

/// The two files behind the process's mappings.
class HostFiles {
 public:
  HostFiles();
  ~HostFiles();
  HostFiles(const HostFiles&) = delete;
  HostFiles& operator=(const HostFiles&) = delete;
  int memory() const { return memory_; }
  int empty() const { return empty_; }

 private:
  int memory_ = -1, empty_ = -1;
};

class HostMemory {
 public:
  /// Everything that is mapped now is brought over by the first update().
  HostMemory(const emulator::memory::AddressSpace& memory, const HostFiles& files);
  ~HostMemory();
  HostMemory(const HostMemory&) = delete;
  HostMemory& operator=(const HostMemory&) = delete;

  /// To be called for every change that AddressSpace::on_change tells of.
  void note(emulator::memory::Change what, Addr start, u64 length);
  /// The changes noted were an instruction's own: the host makes them itself.
  void forget() { notes_.clear(); }
  bool has_notes() const { return !notes_.empty(); }
  /// Does for real in the process, and copies, what was noted. The process's registers are lost if
  /// anything was.
  void update(HostProcess& process);

  /// Our window on one byte of the process's memory; good to the end of its page.
  u8* at(Addr a);

  /// Compares the emulator's memory with the process's; parts that are not mapped are left out.
  std::optional<MemoryDifference> compare(Addr start, u64 length);
  /// All of it: every page that either has touched.
  std::optional<MemoryDifference> compare_all();

 private:
  struct Note {
    emulator::memory::Change what;
    u64 start, end;
  };
  void remap(HostProcess& process, u64 start, u64 end);
  void protect(HostProcess& process, u64 start, u64 end);
  void refresh(u64 start, u64 end);
  void copy(u64 start, u64 end);
  void drop(u64 start, u64 end);
  /// Calls visit(start, end, region start, region) for what is mapped of [start, end).
  template <class Visit>
  void for_each_mapped(u64 start, u64 end, Visit visit) const;
  std::optional<MemoryDifference> compare_bytes(u64 start, const u8* emulator, u64 length);
  std::optional<MemoryDifference> compare_host_only();

  const emulator::memory::AddressSpace& memory_;
  int file_;
  std::vector<Note> notes_;
  std::unordered_map<u64, u8*> windows_;
  u64 last_window_ = ~u64{0};
  u8* last_base_ = nullptr;
};

}  // namespace rt0::verify
