/// The event vocabulary of a trace (schema "rt0-trace/1"): what a run can say of itself, one struct
/// per kind. Both written forms, JSON Lines and rt0t, carry exactly these;
/// docs/handbook/trace_format.md specifies them.
#pragma once

#include <array>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "emulator/base/types.hpp"

namespace traces::format {

using emulator::Addr;
using emulator::i32;
using emulator::i64;
using emulator::InsnCount;
using emulator::Nanos;
using emulator::u16;
using emulator::u32;
using emulator::u64;
using emulator::u8;

inline constexpr std::string_view kSchema = "rt0-trace/1";

/// How much a trace holds. Each level includes the events of the ones before it, but for insn, call
/// and ret.
enum class Level : u8 { Step, Call, Instruction };
std::string_view name(Level level);  ///< "step", "call", "instruction"
std::optional<Level> level_named(std::string_view text);

/// The first line of a trace: what ran, on which machine. Nothing in it depends on the host.
struct Header {
  struct Program {
    std::string sha256;             ///< of the program's file, 64 hex digits
    std::string build_id;           ///< Go build id, or empty
    std::string go;                 ///< "go1.17.6", or empty
    std::vector<std::string> argv;  ///< as the guest sees it; bytes, not necessarily UTF-8
    bool operator==(const Program&) const = default;
  };
  struct Machine {
    std::string cpu;            ///< CPUID profile: "x86-64-v3"
    u32 cores = 1;              ///< what sched_getaffinity reports
    u64 seed = 0;               ///< of the schedule and AT_RANDOM
    u64 quantum = 0;            ///< instructions in a thread's turn
    std::string core = "none";  ///< timing model
    bool operator==(const Machine&) const = default;
  };
  Level level = Level::Step;
  Program program;
  Machine machine;
  std::string runtime = "native";  ///< "native", "check" or "model"
  bool operator==(const Header&) const = default;
};

/// Registers as a trace names them. General registers in machine encoding order; xmmN is the low
/// half of ymmN: an instruction that changed the upper half too is recorded as ymmN.
// clang-format off
enum class Reg : u8 {
  rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15,
  rflags, fs_base, gs_base, mxcsr,
  xmm0 = 32,
  ymm0 = 48,
};
// clang-format on
inline constexpr unsigned kRegIds =
    64;  ///< ids are below this; those without a name are not registers
inline constexpr unsigned kRegCount = 52;  ///< registers that have a name

constexpr Reg gpr(unsigned i) { return static_cast<Reg>(i); }
constexpr Reg xmm(unsigned i) { return static_cast<Reg>(32 + i); }
constexpr Reg ymm(unsigned i) { return static_cast<Reg>(48 + i); }
/// Words of 64 bits in a value of `reg`: 1, 2 for xmm, 4 for ymm.
constexpr unsigned words(Reg reg) { return reg >= Reg::ymm0 ? 4 : reg >= Reg::xmm0 ? 2 : 1; }
std::string_view name(
    Reg reg);  ///< "rax", "rflags", "xmm7"; empty for an id that names no register
std::optional<Reg> reg_named(std::string_view text);

/// A register's new value; words above the register's width are zero.
struct RegWrite {
  Reg reg = Reg::rax;
  std::array<u64, 4> value{};
  bool operator==(const RegWrite&) const = default;
};

enum class Access : u8 { Read, Write };

/// One access to guest memory. The bytes, when recorded, are beside it: Changes::value.
struct MemEffect {
  Addr addr;
  u32 size = 0;  ///< bytes
  u32 at = 0;    ///< where the bytes begin among those of the same kind
  Access kind = Access::Read;
  bool valued = false;    ///< the bytes were recorded
  bool repeated = false;  ///< they repeat the kPattern bytes that were recorded
};

/// What every event starts with: the global number of the instruction, the guest thread, the
/// virtual time if recorded.
struct Stamp {
  InsnCount n = 0;
  u32 t = 0;
  std::optional<i64> ns = std::nullopt;  ///< virtual nanoseconds since the start
  bool operator==(const Stamp&) const = default;
};

/// New values of registers and accesses to memory. The producer keeps one and refills it: after
/// clear_changes(), set() and add_memory() allocate nothing once the buffers have grown.
class Changes {
 public:
  static constexpr unsigned kMaxRegs = kRegIds;
  static constexpr unsigned kMaxEffects =
      1U << 14;  ///< memory effects kept; further ones are counted in `more`
  static constexpr unsigned kMaxValueBytes =
      1U << 18;  ///< bytes kept for each kind; effects beyond have no value
  static constexpr unsigned kPattern = 8;  ///< bytes of a value that repeats

  u64 more = 0;  ///< memory effects that were left out

  /// `reg` now holds `value`; a register set twice keeps its place in the list and its last value.
  void set(Reg reg, u64 value) { slot(reg) = {value, 0, 0, 0}; }
  /// The same for a register of more than one word; `value` has words(reg) elements.
  void set(Reg reg, std::span<const u64> value) {
    auto& to = slot(reg) = {};
    for (unsigned i = 0; i < words(reg) && i < value.size(); ++i) to[i] = value[i];
  }
  std::span<const RegWrite> regs() const { return regs_; }

  void add_memory(Access kind, Addr addr, std::span<const u8> value);
  /// As add_memory, but what continues the last access of the same kind joins it.
  void extend_memory(Access kind, Addr addr, std::span<const u8> value);
  /// `size` bytes that repeat those of `pattern`.
  void add_memory_repeated(Access kind, Addr addr, u32 size, u64 pattern);
  /// An access of `size` bytes whose value is not recorded.
  void add_memory_unvalued(Access kind, Addr addr, u32 size);
  std::span<const MemEffect> memory() const { return effects_; }
  /// How many bytes of another access of this kind would be kept.
  std::size_t room(Access kind) const {
    return effects_.size() == kMaxEffects
               ? 0
               : kMaxValueBytes - bytes_[static_cast<unsigned>(kind)].size();
  }
  /// The bytes of one of memory(), lowest address first; of one that repeats, the pattern; empty
  /// when they were not recorded.
  std::span<const u8> value(const MemEffect& effect) const {
    if (!effect.valued) return {};
    return std::span(bytes_[static_cast<unsigned>(effect.kind)])
        .subspan(effect.at, effect.repeated ? kPattern : effect.size);
  }

 protected:
  bool same_changes(const Changes& other) const;
  void clear_changes() {
    regs_.clear(), effects_.clear(), bytes_[0].clear(), bytes_[1].clear(), more = 0;
  }

 private:
  std::array<u64, 4>& slot(Reg reg) {
    for (RegWrite& write : regs_)
      if (write.reg == reg) return write.value;
    return regs_.emplace_back(RegWrite{reg, {}}).value;
  }

  std::vector<RegWrite> regs_;
  std::vector<MemEffect> effects_;
  std::array<std::vector<u8>, 2> bytes_;  ///< by Access
};

/// A retired instruction and everything it changed. `fn` and `text` are only read during
/// Writer::write; those that a Reader hands out live as long as the Reader.
struct Insn : Stamp, Changes {
  Addr pc;
  std::string_view fn;       ///< function's name, or empty
  u64 off = 0;               ///< pc minus the function's start, bytes
  std::string_view text;     ///< disassembly
  std::optional<u64> cycle;  ///< retire cycle, when a timing core is on

  bool operator==(const Insn& other) const;

  /// Empties the instruction for the next one; keeps its buffers.
  void begin(InsnCount number, u32 thread, Addr at) {
    n = number, t = thread, ns.reset(), pc = at, off = 0, fn = text = {}, cycle.reset();
    clear_changes();
  }
};

/// What a range of addresses has become, if it is mapped at all. Unless its contents are `kept`, it
/// holds zeros then, but for `from_file` bytes at its start, which are the program's file's from
/// `offset` on; what else it holds follows in the State's memory.
struct Mapping {
  Addr addr;
  u64 size = 0;            ///< bytes
  std::string protection;  ///< "rwx" with dashes; empty: not mapped
  bool kept = false;
  u64 offset = 0, from_file = 0;
  bool operator==(const Mapping&) const = default;
};

/// A thread's registers, memory or mappings changed and no instruction's record has room for it
/// or has done it: see docs/handbook/trace_format.md for every `why`.
struct State : Stamp, Changes {
  std::string why;
  std::vector<Mapping> maps;
  bool operator==(const State& other) const;
};

/// Control entered or left a function. `fn` as in Insn.
struct Call : Stamp {
  std::string_view fn;
  bool operator==(const Call&) const = default;
};
struct Ret : Stamp {
  std::string_view fn;
  bool operator==(const Ret&) const = default;
};

/// A step of a runtime model: the sentence is the model's, the changes are what the machine
/// recorded.
struct Step : Stamp {
  struct Change {
    std::string field, before, after;  ///< "g1.sched.pc", "0x0", "runtime.goexit+1"
    bool operator==(const Change&) const = default;
  };
  i64 m = 0, p = 0,
      g = 0;       ///< -1: none; g: of the stack on which the thread stands, 0: g0, gsignal
  std::string id;  ///< slug: "newproc1/gobuf"
  std::string text;
  std::vector<Change> changes;
  /// "confirmed" or "contradicted" by the real code beside which the model ran; empty where it ran
  /// in its place.
  std::string verdict = {};
  /// The first instruction of its span; the stamp's is the last. Absent in older traces.
  std::optional<u64> n0 = {};
  /// "gsignal", where that is the stack; and, on g0 and gsignal, the goroutine that it works for.
  std::string stack = {};
  std::optional<i64> curg = {};
  std::string weight = {};  ///< "detail", "once" or "always"; empty in older traces
  bool operator==(const Step&) const = default;
};

/// The goroutine of a step as a column shows it: "g1", "g0", "gsignal←g1", "-" for none.
std::string goroutine_text(const Step& step);

/// A system call, when it has returned. Arguments as strace prints them.
struct Sys : Stamp {
  std::string name;
  std::vector<std::string> args;
  std::string ret;  ///< "0x0", "-ENOENT"; empty for a call that never returns
  bool operator==(const Sys&) const = default;
};

/// A thread left one stack for another: "g0" to "g1".
struct Switch : Stamp {
  std::string from, to;
  Addr stack;  ///< the new stack pointer
  bool operator==(const Switch&) const = default;
};

/// A milestone of the boot was reached.
struct Landmark : Stamp {
  std::string fn;
  Addr pc;
  std::string text;
  std::string weight = {};  ///< as of a step
  bool operator==(const Landmark&) const = default;
};

/// A signal was delivered to the thread. Numbers as in Linux' siginfo_t.
struct Signal : Stamp {
  i32 sig = 0;
  i32 code = 0;
  Addr addr;
  bool operator==(const Signal&) const = default;
};

/// The thread cloned a new one.
struct Thread : Stamp {
  u32 child = 0;
  bool operator==(const Thread&) const = default;
};

/// The guest is over: its exit status, or the signal that killed it.
struct Exit : Stamp {
  i32 code = 0;
  i32 sig = 0;  ///< 0 when it exited of its own accord
  bool operator==(const Exit&) const = default;
};

using Event =
    std::variant<Insn, Call, Ret, Step, Sys, Switch, Landmark, Signal, Thread, Exit, State>;

inline const Stamp& stamp(const Event& event) {
  return std::visit([](const auto& e) -> const Stamp& { return e; }, event);
}

}  // namespace traces::format
