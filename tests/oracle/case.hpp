/// One instruction, the machine before it, and the machine after it. All plain bytes: cases and
/// outcomes travel through memory that is shared with the process that executes them.
#pragma once

#include <array>
#include <span>
#include <type_traits>

#include "tests/oracle/random.hpp"

namespace tests::oracle {

struct Form;

// --- where things are, on the host and in the emulator alike ------------------------------------

inline constexpr u64 kPage = 4096;

/// Four pages of data with nothing mapped on either side: read-write, read-write, read-only,
/// read-write. Every kind of border is there: unmapped|rw, rw|rw, rw|ro, ro|rw, rw|unmapped.
inline constexpr u64 kDataBase = 0x20000000;
inline constexpr u64 kDataPages = 4;
inline constexpr u64 kDataSize = kDataPages * kPage;
inline constexpr u64 kDataEnd = kDataBase + kDataSize;
inline constexpr u64 kReadOnlyPage = 2;

/// One page of code, execute and read only, with nothing mapped on either side. Within 2 GiB of the
/// data, for RIP-relative operands, and all below 2 GiB, for absolute and 32-bit addresses.
inline constexpr u64 kCodeBase = 0x21000000;
inline constexpr u64 kCodeEnd = kCodeBase + kPage;

/// What the data pages hold before a case's own bytes are laid over them.
using DataImage = std::array<u8, kDataSize>;
DataImage initial_data();

// --- the machine's state ------------------------------------------------------------------------

/// General registers in the order of their encoding.
enum Gpr : u8 { kRax, kRcx, kRdx, kRbx, kRsp, kRbp, kRsi, kRdi, kR8 };

enum FlagBit : u32 {
  kCF = 1u << 0,
  kPF = 1u << 2,
  kAF = 1u << 4,
  kZF = 1u << 6,
  kSF = 1u << 7,
  kDF = 1u << 10,
  kOF = 1u << 11,
  kAC = 1u << 18,
  kID = 1u << 21,
};
inline constexpr u32 kStatusFlags = kCF | kPF | kAF | kZF | kSF | kOF;
inline constexpr u32 kComparedFlags = kStatusFlags | kDF | kAC | kID;

using Ymm = std::array<u64, 4>;

struct CpuState {
  std::array<u64, 16> gpr{};
  u64 rip = 0;
  u64 rflags = 0;  ///< those of kComparedFlags; the others are zero
  u64 fs_base = 0;
  u32 mxcsr = 0x1f80;
  std::array<Ymm, 16> ymm{};

  friend bool operator==(const CpuState&, const CpuState&) = default;
};

/// Bytes that differ from the initial data, at an offset into the data pages.
struct Patch {
  u16 offset = 0;
  u16 size = 0;
  std::array<u8, 64> bytes{};
};

/// How the host knows that the instruction is over.
enum class Stop : u8 {
  kBreakpoint,  ///< an INT3 behind it; REP runs to its end; a quarter of the other's cost
  kSingleStep,  ///< RFLAGS.TF; for whatever may go elsewhere, and for the last bytes of the page
};

struct Case {
  const Form* form = nullptr;
  std::array<u8, 15> code{};
  u8 length = 0;
  Stop stop = Stop::kBreakpoint;
  u8 patch_count = 0;
  std::array<Patch, 3> patches{};
  CpuState before;  ///< rip is where the instruction lies

  std::span<const u8> bytes() const { return {code.data(), length}; }
  std::span<const Patch> data() const { return {patches.data(), patch_count}; }
};

// --- and what became of it ----------------------------------------------------------------------

/// The signal that Linux sends for the fault; `signal` is zero when there was none.
struct Fault {
  int signal = 0;
  int code = 0;  ///< si_code
  u64 address = 0;

  friend bool operator==(const Fault&, const Fault&) = default;
};

enum class Ending : u8 {
  kRan,            ///< executed, or faulted as processors do
  kUnimplemented,  ///< the emulator says that it has no such instruction
  kLost,           ///< the process that ran it died, hung, or lost its memory: no verdict
};

/// The smallest stretch of the data pages that holds every byte the instruction changed.
struct Written {
  static constexpr u64 kMost = 1024;
  u32 offset = 0;
  u32 size = 0;
  std::array<u8, kMost> bytes{};

  std::span<const u8> span() const { return {bytes.data(), size}; }
};

struct Outcome {
  Ending ending = Ending::kLost;
  const char* complaint = nullptr;  ///< what the emulator contradicts itself in
  Fault fault;
  CpuState after;
  Written written;
};

/// Finds what changed from `before` to `after`; false when it is more than a Written can hold.
bool find_written(const u8* before, const u8* after, Written& written);

static_assert(std::is_trivially_copyable_v<Case> && std::is_trivially_copyable_v<Outcome>);

}  // namespace tests::oracle
