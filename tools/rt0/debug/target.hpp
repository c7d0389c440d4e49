/// What is debugged: a program in a machine that can be taken to any instruction, and what its
/// runtime's data mean there.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "emulator/decode/insn.hpp"
#include "emulator/machine/timeline.hpp"
#include "runtime_model/golang/debug_info.hpp"
#include "runtime_model/golang/inlined.hpp"
#include "runtime_model/golang/names.hpp"
#include "runtime_model/golang/runtime_types.hpp"
#include "runtime_model/model/guest.hpp"
#include "tools/rt0/debug/guest_memory.hpp"
#include "tools/rt0/options.hpp"
#include "tools/rt0/program.hpp"

namespace rt0::debug {

using emulator::Addr;
using emulator::i64;
using emulator::u32;
using emulator::u64;
using emulator::u8;
namespace golang = runtime_model::golang;

class Glimpse;

/// How instructions are spelled.
enum class Flavor : u8 { go, intel, att };

/// A place in the code: the instruction's text, and what it refers to.
struct CodeLine {
  Addr pc;
  unsigned length = 1;
  std::string where;  ///< "<+12>"
  std::string text;   ///< "CALL runtime.check(SB)"
  std::string note;   ///< what an address in it means: "0x4be8b0 runtime.m0+64"
  emulator::decode::Insn insn;
  bool valid = false;
};

class Target {
 public:
  /// `host` outlives it. Throws base::UserError for a program that cannot be run.
  Target(const RunOptions& options, emulator::kernel::Host& host,
         emulator::machine::TimelineSettings limits = {});
  ~Target();

  Program& program() { return program_; }
  const golang::BuildInfo& build() const { return program_.build; }
  emulator::machine::Timeline& timeline() { return *timeline_; }
  const emulator::machine::Timeline& timeline() const { return *timeline_; }
  emulator::machine::Machine& machine() { return timeline_->machine(); }
  const golang::SymbolTable& symbols() const { return program_.symbols; }
  const runtime_model::model::Guest& guest() const { return *guest_; }
  /// The runtime's types, and those of the program that have been met.
  const golang::Layouts& layouts() const { return layouts_; }
  /// One of the runtime's: what is wrapped in a struct of one word counts as that word.
  bool of_runtime(golang::TypeId type) const { return type < guest_->layouts.size(); }
  /// Variables of the program's functions. Opened when it is first asked for.
  golang::DebugInfo& debug_info();
  /// Reads what is still to be read of a type.
  void complete(golang::TypeId type);
  /// Which functions are in the bodies of others.
  golang::InlinedBodies& inlined();
  /// The type that the program describes there: by its debug information, else by its own words.
  std::optional<golang::TypeId> described_type(Addr description);
  GuestMemory memory() { return GuestMemory(machine().memory()); }
  /// The runtime's structures now. They read the guest's memory when asked.
  golang::Views views();
  /// Names of all that is there now.
  golang::Names& names();

  u64 position() const { return timeline_->position(); }
  /// The process has ended here.
  bool over() { return machine().kernel().exit.has_value(); }

  /// The thread that is looked at: the one whose turn it is, unless another was chosen.
  const emulator::kernel::Thread& thread();
  /// Null: the one whose turn it is.
  void choose_thread(const emulator::kernel::Thread* t);
  /// Looks at a goroutine: at the thread that runs it, or works for it on g0; else at what the
  /// goroutine has saved, until a thread is chosen or the program moves.
  void choose_goroutine(Addr g);
  /// The goroutine that is looked at and that no thread runs; zero when a thread is.
  Addr parked() const { return parked_at_ == position() ? parked_ : Addr(); }
  void leave_parked() { parked_ = Addr(); }
  /// The thread that runs a goroutine, or works for it on g0; null when there is none.
  const emulator::kernel::Thread* thread_of(Addr g);
  /// Its registers: of a goroutine that no thread runs, rip, rsp and rbp as it has saved them.
  /// Throws base::UserError when the process has ended.
  const emulator::cpu::Registers& registers();
  /// The same, of any thread.
  const emulator::cpu::Registers& registers(const emulator::kernel::Thread& t);
  Addr pc() { return Addr(registers().rip); }
  Addr sp() { return Addr(registers()[emulator::cpu::rsp]); }

  /// The goroutine in a thread's local storage; zero before there is one.
  Addr current_g();
  Addr current_g(const emulator::kernel::Thread& t);
  /// The word that it is kept in, whatever it holds; nothing while the thread has no such storage.
  std::optional<u64> g_word(const emulator::kernel::Thread& t);

  /// What names call "g1", "m0", "p0", "sched"; "g", "m" and "p" are this thread's. Nothing when
  /// there is none. A name that is given in a moment holds already: from the birth of its object.
  std::optional<golang::FoundPlace> object(std::string_view name);
  std::optional<golang::FoundPlace> object(const golang::ObjectName& name);
  /// The same of a whole name, "m1.gsignal.stack.lo", whose pointers are set in a moment.
  std::optional<golang::FoundPlace> place_to_come(std::string_view name);
  bool has_data(std::string_view symbol);
  /// While it moves, names that are still to come are not looked for: the machine cannot be copied.
  void in_motion(bool moves) { moves_ = moves; }
  /// The type of that name; 0 when the layouts do not have it.
  golang::TypeId type(std::string_view name) const;
  /// Why a goroutine waits, as the program's release says it: "chan receive"; "" for no reason.
  std::string wait_reason(u64 reason);
  /// "runtime.main+12", "g1.sched.pc", "0x10".
  std::string describe(Addr a);
  /// The same, "" for what has no name.
  std::string name_of(Addr a);

  // Changes by the user. What lay ahead is forgotten. Throw base::UserError.
  void write(Addr to, std::span<const u8> bytes);
  /// Something has been changed: what is known of the guest is read anew.
  void changed() { names_stale_ = true; }

  CodeLine code_at(Addr pc, Flavor flavor);
  /// `count` lines from `pc`; at most to `end`.
  std::vector<CodeLine> code_from(Addr pc, std::size_t count, Flavor flavor,
                                  std::optional<Addr> end = {});
  /// Starts of the instructions of the function that holds `pc`, up to it: the last is `pc`.
  std::vector<Addr> instructions_before(Addr pc);

 private:
  std::optional<golang::FoundPlace> own_object(char kind);
  const golang::Names& finder() { return names_ ? *names_ : names(); }

  Program program_;
  std::unique_ptr<emulator::machine::Timeline> timeline_;
  std::unique_ptr<runtime_model::model::Guest> guest_;
  golang::Layouts layouts_;
  std::unique_ptr<golang::DebugInfo> debug_info_;
  std::optional<golang::InlinedBodies> inlined_;
  std::optional<golang::RuntimeTypes> runtime_types_;
  std::unique_ptr<GuestMemory> view_memory_;
  std::optional<golang::Names> names_;
  std::unique_ptr<Glimpse> glimpse_;
  std::unordered_set<std::string_view> data_;  ///< names of variables; made when asked for
  u64 names_at_ = 0;
  bool names_stale_ = false;
  bool moves_ = false;
  emulator::kernel::Tid chosen_ = 0;  ///< 0: whose turn it is
  Addr parked_;
  u64 parked_at_ = 0;
  emulator::cpu::Registers saved_;  ///< of parked_
  std::optional<std::vector<std::string>> wait_reasons_;
};

}  // namespace rt0::debug
