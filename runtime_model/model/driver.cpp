#include "runtime_model/model/driver.hpp"

#include <utility>

#include "emulator/base/error.hpp"
#include "runtime_model/model/peek.hpp"
#include "runtime_model/model/spans.hpp"

namespace runtime_model::model {

using emulator::cpu::rsp;
using emulator::kernel::Thread;

namespace {

/// The first of a model's needs that the program does not have, or is not found in it.
std::string_view missing_of(const Guest& guest, const Registration& model) {
  for (const std::string_view name : model.needs)
    if (!guest.find(name) && guest.global(name) == Addr()) return name;
  return {};
}

}  // namespace

Driver::Driver(const Guest& guest, const Registry& registry, emulator::machine::Machine& machine)
    : guest_(guest), machine_(machine) {
  for (const Registration& r : registry.all()) {
    if (!r.releases.hold(guest.release) || r.use == Use::beside) continue;
    if (const auto at = guest.find(r.function))
      places_[at->address.value] = {&r, at->abi, missing_of(guest, r)};
  }
}

Driver::~Driver() = default;

std::set<u64> Driver::probes() const {
  std::set<u64> all{kGate};
  for (const auto& [address, place] : places_) all.insert(address);
  return all;
}

void Driver::attach() {
  observer_.emplace(machine_);
  observer_->on.probe = [this](const Thread& t, Addr at) { probe(t, at); };
  observer_->set_probes(probes());
}

void Driver::probe(const Thread& t, Addr at) {
  if (at.value == kGate) {
    // A model that another one called through real code returns to the gate itself.
    do back_through_gate(t);
    while (machine_.registers(t).rip == kGate);
    return;
  }
  const auto it = places_.find(at.value);
  // Before thread-local storage is set up there is no g, and no model needs to act.
  if (it == places_.end() || machine_.registers(t).fs_base() == 0) return;
  const Registration& model = *it->second.model;
  if (const auto missing = it->second.missing; !missing.empty())
    note_declined(model, fmt::format("{}: not found in this program", missing));
  else if (model.use != Use::on_g0 || on_g0(machine_.registers(t)))
    return begin(t, model, it->second.abi, machine_.registers(t));
  machine_.pass_probe();
}

bool Driver::on_g0(const Registers& regs) const {
  const auto& memory = machine_.memory();
  const Addr g = current_g(memory, regs);
  const Addr m = peek<Addr>(memory, g + guest_.offset.g_m);
  return peek<Addr>(memory, m + guest_.offset.m_g0) == g;
}

void Driver::begin(const Thread& t, const Registration& model, Abi abi, const Registers& entry,
                   bool woke) {
  active_.push_back(std::make_unique<Active>(guest_, machine_.memory(), model, entry));
  Active& a = *active_.back();
  a.g = a.rt.getg().address();
  const u64 label = label_on_stack_of(a);
  for (const auto& other : active_)
    if (other.get() != &a && other->g == a.g && other->gate_sp < label)
      a.base_depth += other->rt.depth();
  const auto words = argument_words(model.words, abi, entry, machine_.memory());
  ++calls_[model.function];
  if (woke) a.rt.set_woke();
  a.frame = model.make(a.rt, words.data());
  a.frame->start();
  settle(a, t);
}

/// After a model has run: lets happen what it waits for.
void Driver::settle(Active& a, const Thread& t) {
  if (a.frame->done()) return finish(a, t);
  const Request::Kind kind = a.rt.request().kind;
  const bool calls = kind == Request::Kind::call || kind == Request::Kind::long_call;
  // Go walks and moves a goroutine's stack while the called code runs, and does not know the gate.
  if (calls && a.gate_sp == 0 && a.rt.getg() != a.rt.getm().g0())
    return leave_to_real_code(a, "it has real code called on a goroutine's own stack");
  collect(a, t);
  switch (kind) {
    case Request::Kind::call:
      return go_to(a, true);
    case Request::Kind::long_call:
      tell(a, t);
      a.pending.clear();
      return go_to(a, true);
    case Request::Kind::jump:
      go_to(a, false);
      tell(a, t);
      return leave_stack(a);
    case Request::Kind::park:
      go_to(a, true);
      restarts_.push_back({a.gate_sp, &a.model, a.entry});
      tell(a, t);
      return forget(a);
    case Request::Kind::decline:
      return leave_to_real_code(a, a.rt.request().reason);
    case Request::Kind::none:
      break;
  }
  emulator::base::user_error("the model of {} waits for nothing", a.model.function);
}

/// What lies above g0's label is not under way, but stays: a locked thread's end returns there.
u64 Driver::label_on_stack_of(Active& a) {
  const golang::G g0 = a.rt.getm().g0();
  const u64 label = g0.sched().sp().get().value;
  return a.g == g0.address() && label != 0 ? label : ~u64{0};
}

/// Nothing below the label is returned to: schedule() leaves g0's stack for good.
void Driver::leave_stack(Active& a) {
  std::erase_if(active_, [g = a.g, label = label_on_stack_of(a)](const auto& other) {
    return other->g == g && other->gate_sp < label;
  });
}

/// Points the thread at the function that the model asks for, on the stack that it is on.
void Driver::go_to(Active& a, bool returns) {
  const Request& request = a.rt.request();
  const auto target = guest_.find(request.function);
  if (!target)
    emulator::base::user_error("the model of {} calls {}, which the program does not have",
                               a.model.function, request.function);
  u64 sp = a.rt.sp().value - 256;  // the frame that the real function would have
  for (const Local* l : a.rt.locals()) sp = std::min(sp, l->address.value);
  const Abi0Frame frame(request.arguments);
  sp -= frame.end + 8 * kIntegerRegisters.size();  // and room for results
  sp &= ~u64{15};
  Registers& regs = machine_.edit_registers();
  for (std::size_t i = 0; i < request.arguments.size(); ++i) {
    const u64 word = request.arguments[i].word;
    if (target->abi == Abi::zero)
      a.memory.write(Addr(sp + frame.offsets[i]),
                     std::span(reinterpret_cast<const u8*>(&word), request.arguments[i].bytes));
    else
      regs[kIntegerRegisters.at(i)] = word;
  }
  sp -= 8;
  const u64 back = returns ? kGate : a.rt.caller_pc().value;
  a.memory.write(Addr(sp), std::span(reinterpret_cast<const u8*>(&back), 8));
  a.gate_sp = sp + 8;
  a.call_abi = target->abi;
  regs[rsp] = sp;
  regs[emulator::cpu::r14] = a.rt.getg().address().value;
  regs.ymm[15] = {};
  regs.rip = target->address.value;
}

void Driver::back_through_gate(const Thread& t) {
  const Registers& regs = machine_.registers(t);
  for (auto it = restarts_.begin(); it != restarts_.end(); ++it) {
    if (it->gate_sp != regs[rsp]) continue;
    const Restart again = *it;
    restarts_.erase(it);
    machine_.edit_registers() = again.entry;
    return begin(t, *again.model, Abi::internal, again.entry, true);
  }
  for (const auto& a : active_) {
    if (a->gate_sp != regs[rsp]) continue;
    a->rt.resume(result_words(a->rt.request().arguments, a->call_abi, regs, machine_.memory()));
    return settle(*a, t);
  }
  emulator::base::user_error("thread {} came back to no model that waits for it", t.tid);
}

/// Returns to the caller as the real function would.
void Driver::finish(Active& a, const Thread& t) {
  std::vector<ResultWord> results;
  try {
    results = a.frame->results();
  } catch (const Thrown& e) {
    // The real code says it better, if it can still be asked.
    if (a.gate_sp == 0) return leave_to_real_code(a, e.what());
    emulator::base::user_error("the model of {} throws: {}", a.model.function, e.what());
  } catch (const emulator::base::Unimplemented& e) {
    if (a.gate_sp == 0) return leave_to_real_code(a, e.what());
    emulator::base::user_error("the model of {} cannot go on: {}", a.model.function, e.what());
  } catch (const Unmapped& e) {
    emulator::base::user_error("the model of {} looks at {:#x}, which is not mapped",
                               a.model.function, e.address.value);
  }
  collect(a, t);
  Registers& regs = machine_.edit_registers();
  regs = a.entry;
  for (std::size_t i = 0; i < results.size() && i < kIntegerRegisters.size(); ++i)
    regs[kIntegerRegisters[i]] = results[i].value;
  regs[emulator::cpu::r14] = a.rt.getg().address().value;
  regs.rip = a.rt.caller_pc().value;
  regs[rsp] += 8;
  tell(a, t);
  forget(a);
}

void Driver::note_declined(const Registration& model, const std::string& reason) {
  const auto [it, fresh] = told_reasons_.emplace(model.function, reason);
  if (fresh && declined) declined(it->first, it->second);
}

/// Takes back what the model wrote; the real function then runs from its entry.
void Driver::leave_to_real_code(Active& a, const std::string& reason) {
  undo(a);
  --calls_[a.model.function];
  note_declined(a.model, reason);
  machine_.edit_registers() = a.entry;
  machine_.pass_probe();
  forget(a);
}

void Driver::undo(Active& a) {
  const auto steps = a.rt.take_steps();
  for (auto step = steps.rbegin(); step != steps.rend(); ++step)
    for (auto w = step->writes.rbegin(); w != step->writes.rend(); ++w)
      a.memory.write(w->address, w->before);
}

/// Puts the model's new steps behind those that wait to be told.
void Driver::collect(Active& a, const Thread& t) {
  const Standing standing = standing_of(guest_, machine_.memory(), machine_.registers(t));
  for (Step& step : a.rt.take_steps()) {
    const unsigned depth = a.base_depth + step.depth;
    step.writes = evidence_of(step);
    a.pending.push_back({std::move(step), depth, machine_.retired(), sequence_++, standing});
  }
}

void Driver::tell(Active& a, const Thread& t) {
  if (!listener) return;
  for (const Pending& p : a.pending)
    listener({p.step, a.model.function, p.number, p.number, p.sequence, t.tid, p.depth, p.standing,
              Verdict::acted});
}

void Driver::forget(const Active& a) {
  std::erase_if(active_, [&a](const auto& other) { return other.get() == &a; });
}

}  // namespace runtime_model::model
