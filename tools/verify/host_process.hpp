/// A process on the host whose only work is to execute the guest's instructions, one at a time,
/// under ptrace(2). It is born as a program of one page, then has nothing else mapped but what it
/// is told to map, so the guest's addresses are free in it.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "emulator/cpu/cpuid.hpp"
#include "emulator/cpu/registers.hpp"

namespace rt0::verify {

using emulator::Addr;
using emulator::u32;
using emulator::u64;
using emulator::u8;

/// What ptrace calls the general registers: all of a thread but its vectors.
struct General {
  std::array<u64, 16> gpr{};
  u64 rip = 0, rflags = 0, fs_base = 0, gs_base = 0;
  friend bool operator==(const General&, const General&) = default;
};
General general_of(const emulator::cpu::Registers& r);

struct Vectors {
  std::array<emulator::cpu::V256, 16> ymm{};
  u32 mxcsr = emulator::cpu::kMxcsrDefault;
  friend bool operator==(const Vectors&, const Vectors&) = default;
};
Vectors vectors_of(const emulator::cpu::Registers& r);

/// Why the process stopped: SIGTRAP when an instruction ran, else the fault it raised.
struct Trap {
  int signal = 0;
  int code = 0;  // siginfo's; only read for faults
  u64 address = 0;
};

/// Why this host cannot check a guest with this profile, if it cannot: one sentence.
std::optional<std::string> host_refusal(const emulator::cpu::Profile& profile);

class HostProcess {
 public:
  /// The page that is the process's own. Far from wherever Linux and Go put things.
  static constexpr u64 kOwnPage = 0x5f12'3456'7000;

  /// Throws base::UserError when the host refuses. `memory_file` stays open in the process, for
  /// map().
  explicit HostProcess(int memory_file, int empty_file);
  ~HostProcess();
  HostProcess(const HostProcess&) = delete;
  HostProcess& operator=(const HostProcess&) = delete;

  /// Executes one instruction, or one iteration of a REP string instruction, by the trace flag.
  Trap step();
  /// Runs to one of `stops`, where HLT stands, which faults in user mode. Virtual machines often
  /// intercept the trace flag's trap, which makes it twice as dear as this.
  Trap run_to(std::span<const u64> stops);
  /// The registers that the last step left or the last load brought.
  const General& general() const { return general_; }
  void load(const General& g);
  Vectors vectors();
  void load(const Vectors& v);

  // Real mappings, made by system calls that the process executes. Page-aligned.

  /// Maps [start, start + length) of the memory file there: its offsets are guest addresses.
  void map(Addr start, u64 length, u8 protection);
  /// Maps pages that raise SIGBUS.
  void map_beyond_end(Addr start, u64 length, u8 protection);
  void unmap(Addr start, u64 length);
  void protect(Addr start, u64 length, u8 protection);

 private:
  struct Machinery;
  void begin();
  void clear_out();
  u64 system_call(const char* name, u64 number, std::array<u64, 6> arguments);
  void map_file(int file, Addr start, u64 length, u8 protection, u64 offset);
  void wait_for_stop();
  Trap resume(int request, std::span<const u64> stops);
  void read_general();

  int memory_file_, empty_file_;
  int pid_ = -1;
  int status_ = 0;      // of the last stop
  bool known_ = false;  // general_ is what the process holds
  General general_;
  std::unique_ptr<Machinery> machinery_;
};

}  // namespace rt0::verify
