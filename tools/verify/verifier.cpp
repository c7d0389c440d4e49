#include "tools/verify/verifier.hpp"

#include <algorithm>
#include <csignal>
#include <cstring>

#include "emulator/base/error.hpp"
#include "emulator/base/hex.hpp"
#include "tools/verify/difference.hpp"
#include "tools/verify/undefined.hpp"

namespace rt0::verify {
namespace {

using emulator::cpu::FaultKind;
using emulator::cpu::GuestFault;
using emulator::cpu::PlaceKind;
using emulator::cpu::Registers;
using emulator::decode::Flow;
using emulator::decode::InsnFacts;
using enum emulator::cpu::Gpr;
using emulator::memory::Change;

/// Leaves the machine's loop; never gets past Verifier::check.
struct Stopped {
  Divergence divergence;
};

constexpr u64 kComparedFlags =
    emulator::cpu::kStatusFlags | emulator::cpu::kDF | emulator::cpu::kAC | emulator::cpu::kID;
constexpr u64 kTraceFlagByte = 1;  // of RFLAGS: TF is bit 8
constexpr u8 kTraceFlag = 1;
constexpr u64 kTF = u64{kTraceFlag} << 8 * kTraceFlagByte;
constexpr u8 kHlt = 0xf4;

bool is_memory(PlaceKind kind) {
  return kind == PlaceKind::memory_read || kind == PlaceKind::memory_write;
}

/// PUSHF: no other instruction stores TF.
bool pushes_flags(const InsnFacts& f) {
  return (f.flags_read & kTF) != 0 && f.is(InsnFacts::kStores);
}

}  // namespace

Verifier::Verifier(emulator::machine::Machine& machine, Options options)
    : machine_(machine),
      observer_(machine),
      options_(std::move(options)),
      process_(files_.memory(), files_.empty()),
      memory_(machine.memory(), files_),
      all_memory_at_(options_.all_memory_every) {
  auto& on = observer_.on;
  on.resuming = [this](const Thread& t) { resuming(t); };
  on.retired = [this](const Thread& t, const Retired& r) { retired(t, r); };
  on.faulted = [this](const Thread& t, const GuestFault& f) { faulted(t, f); };
  on.changed = [this](Change what, Addr start, u64 length) { memory_.note(what, start, length); };
  observer_.observe(true);
}

std::optional<Divergence> Verifier::check(const std::function<void()>& run) {
  try {
    run();
    memory_.update(process_);
    compare_all_memory();
    return std::nullopt;
  } catch (Stopped& s) {
    return std::move(s.divergence);
  }
}

std::vector<FormCount> Verifier::forms() const {
  std::vector<FormCount> all;
  for (std::size_t i = 0; i < by_form_.size(); ++i)
    if (by_form_[i] != 0)
      all.push_back({machine_.facts().form_name(static_cast<emulator::u16>(i)), by_form_[i]});
  std::sort(all.begin(), all.end(), [](const FormCount& a, const FormCount& b) {
    return a.count != b.count ? a.count > b.count : a.name < b.name;
  });
  return all;
}

/// The kernel and the schedule have acted: the host takes over what they did.
void Verifier::resuming(const Thread& t) {
  const Registers& regs = machine_.registers(t);
  if (thread_ != 0) {
    const Vectors host = process_.vectors();
    if (host != vectors_)
      diverged("when the kernel took over", differences(vectors_, vectors_, host));
  }
  memory_.update(process_);
  counts_.switches += thread_ != 0 && thread_ != t.tid;
  thread_ = t.tid;
  before_ = general_of(regs);
  process_.load(before_);
  if (const Vectors wanted = vectors_of(regs); wanted != vectors_) {
    process_.load(wanted);
    vectors_ = wanted;
  }
}

void Verifier::retired(const Thread& t, const Retired& r) {
  const InsnFacts& f = *r.facts;
  remember(t, r.number, r.pc, r.bytes());
  if (options_.plant) options_.plant(t, r);
  const Registers& regs = machine_.registers(t);
  if (by_form_.size() <= f.form) by_form_.resize(machine_.facts().forms());
  ++by_form_[f.form];
  if (f.is(InsnFacts::kOutside)) return give(f, regs);
  ++counts_.compared;
  const Trap trap = execute(r);
  if (trap.signal != SIGTRAP) trap_differs(trap, "the instruction ran");
  compare_general(f, r.bytes(), regs);
  compare_vectors(regs, f.writes_vectors());
  if (pushes_flags(f)) undo_trace_flag(regs);
  compare_stores(r);
  memory_.forget();
  before_ = general_of(regs);
  process_.load(before_);  // flags that the manual leaves undefined are the emulator's from here on
  if (counts_.compared >= all_memory_at_) compare_all_memory();
}

/// A system call's registers and memory follow in resuming().
void Verifier::give(const InsnFacts& f, const Registers& regs) {
  ++counts_.given;
  if (f.flow == Flow::system_call) return;
  memory_.forget();
  before_ = general_of(regs);
  process_.load(before_);
}

Trap Verifier::step(const InsnFacts& f) {
  const u64 pc = process_.general().rip;
  Trap trap = process_.step();
  while (f.is(InsnFacts::kRep) && trap.signal == SIGTRAP && process_.general().rip == pc)
    trap = process_.step();
  return trap;
}

/// With HLT at every place that the instruction can go to; with the trace flag if it goes where it
/// likes, into itself, or looks at those bytes.
Trap Verifier::execute(const Retired& r) {
  const InsnFacts& f = *r.facts;
  const u64 target = emulator::decode::branch_target(f, r.bytes(), r.pc);
  const std::array<u64, 2> stops = {r.end().value, target != 0 ? target : r.next.value};
  const auto inside = [&](u64 at) { return at - r.pc.value < r.length(); };
  if (f.is(InsnFacts::kIndirect) || inside(stops[0]) || inside(stops[1])) return step(f);
  for (const auto& e : r.effects)
    for (const u64 at : stops)
      if (at - e.address.value < e.size && is_memory(e.kind)) return step(f);
  std::array<u8, 2> saved{};
  std::array<u8*, 2> places{};
  for (std::size_t i = 0; i < stops.size(); ++i) {
    if (machine_.memory().region_at(Addr(stops[i])) == nullptr) continue;  // faults there by itself
    places[i] = memory_.at(Addr(stops[i]));
    saved[i] = std::exchange(*places[i], kHlt);
  }
  const Trap trap = process_.run_to(stops);
  for (std::size_t i = stops.size(); i-- > 0;)
    if (places[i] != nullptr) *places[i] = saved[i];
  return trap;
}

void Verifier::compare_general(const InsnFacts& f, std::span<const u8> code,
                               const Registers& regs) {
  const General want = general_of(regs);
  const General& host = process_.general();
  u64 mask = kComparedFlags;
  if (f.flags_written != 0) mask &= ~undefined_flags(f, code, before_.gpr[rcx]);
  const bool others = want.rip == host.rip && want.fs_base == host.fs_base &&
                      want.gs_base == host.gs_base && ((want.rflags ^ host.rflags) & mask) == 0;
  if (others && want.gpr == host.gpr) return;
  if (others && f.flags_written != 0 && undefined_result(f, code, before_.gpr[rcx])) return;
  diverged("after it ran", differences(before_, want, host, mask));
}

/// The emulator's vectors are compared with what the host is known to hold after every instruction;
/// the host is asked when the instruction may have changed its own.
void Verifier::compare_vectors(const Registers& regs, bool ask_host) {
  const bool same = regs.mxcsr == vectors_.mxcsr && regs.ymm == vectors_.ymm;
  if (same && !ask_host) return;
  const Vectors host = process_.vectors();
  const Vectors want = vectors_of(regs);
  if (host != want) diverged("after it ran", differences(vectors_, want, host));
  vectors_ = want;
}

void Verifier::compare_stores(const Retired& r) {
  for (const auto& e : r.effects) {
    if (e.kind != PlaceKind::memory_write) continue;
    if (const auto found = memory_.compare(e.address, e.size))
      memory_differs(*found, "after it ran");
  }
}

/// PUSHF stores the trace flag that stepping has set; nobody but the stepped sees it.
void Verifier::undo_trace_flag(const Registers& regs) {
  u8* const byte = memory_.at(Addr(regs[rsp] + kTraceFlagByte));
  *byte = static_cast<u8>(*byte & ~kTraceFlag);
}

void Verifier::compare_all_memory() {
  ++counts_.all_memory;
  const u64 since = all_memory_at_ - std::min(all_memory_at_, options_.all_memory_every);
  all_memory_at_ = counts_.compared + options_.all_memory_every;
  if (const auto found = memory_.compare_all())
    memory_differs(
        *found,
        fmt::format(
            "by the comparison of all memory; it was the same after {} compared instructions",
            since));
}

void Verifier::faulted(const Thread& t, const GuestFault& fault) {
  const Registers& regs = machine_.registers(t);
  const bool breakpoint = fault.kind == FaultKind::breakpoint;
  const Addr pc(regs.rip - (breakpoint ? 1 : 0));
  // What is no instruction raises #UD, or a fault where its bytes would be.
  const InsnFacts f = machine_.facts_at(pc).value_or(InsnFacts{});
  std::vector<u8> code(f.length);
  (void)machine_.memory().peek(pc, code);
  remember(t, machine_.retired() - (breakpoint ? 1 : 0), pc, code);
  memory_.forget();
  ++counts_.faults;
  if (f.is(InsnFacts::kOutside)) return;
  const Trap trap = step(f);
  if (!same_fault(fault, regs.rip, trap)) trap_differs(trap, describe(fault));
  compare_general(f, code, regs);
  compare_vectors(regs, f.writes_vectors());
  compare_all_memory();
}

void Verifier::remember(const Thread& t, u64 number, Addr pc, std::span<const u8> code) {
  Step& s = history_[steps_++ % kHistory];
  s = {number, t.tid, pc, {}, static_cast<u8>(code.size())};
  std::ranges::copy(code, s.bytes.begin());
}

void Verifier::diverged(std::string found, std::vector<Difference> differences) {
  Divergence d;
  const u64 n = std::min<u64>(steps_, kHistory);
  for (u64 i = steps_ - n; i < steps_; ++i) d.last.push_back(history_[i % kHistory]);
  if (!d.last.empty()) d.step = d.last.back();
  d.found = std::move(found);
  d.differences = std::move(differences);
  throw Stopped{std::move(d)};
}

void Verifier::memory_differs(const MemoryDifference& d, std::string found) {
  diverged(std::move(found),
           {{"memory at " + emulator::base::hex(d.address), "",
             emulator::base::hex_bytes(d.emulator), emulator::base::hex_bytes(d.host)}});
}

void Verifier::trap_differs(const Trap& host, const std::string& emulator) {
  diverged("when it ran", {{"outcome", "", emulator, describe(host)}});
}

}  // namespace rt0::verify
