#include "runtime_model/model/checker.hpp"

#include <algorithm>
#include <utility>

#include "emulator/base/error.hpp"

namespace runtime_model::model {

using emulator::cpu::rsp;
using emulator::decode::Flow;
using emulator::kernel::Thread;
using emulator::machine::Retired;
using Waits = Activation::Waits;

Checker::Checker(const Guest& guest, const Registry& registry, emulator::machine::Machine& machine,
                 std::function<std::string(Addr)> name_of)
    : guest_(guest),
      machine_(machine),
      name_of_(std::move(name_of)) {
  for (const Registration& r : registry.all()) {
    if (!r.releases.hold(guest.release)) continue;
    models_[r.function] = &r;
    if (const auto at = guest.find(r.function)) {
      Point& p = points_[at->address.value];
      p.model = &r, p.abi = at->abi;
    }
  }
  for (const char* name : {"runtime.morestack", "runtime.morestack_noctxt"})
    for (const Entry& e : guest.entries(name)) points_[e.address.value].grows = true;
  for (const Entry& e : guest.entries("runtime.morestack")) points_[e.address.value].aside = true;
  for (const Entry& e : guest.entries("runtime.gogo")) points_[e.address.value].leaves = true;
  for (const char* name : {"runtime.sigtramp", "runtime.cgoSigtramp"})
    for (const Entry& e : guest.entries(name)) handlers_.insert(e.address.value);
}

Checker::~Checker() = default;

void Checker::attach() {
  observer_.emplace(machine_);
  observer_->on.retired = [this](const Thread& t, const Retired& r) { retired(t, r); };
  observer_->on.probe = [this](const Thread& t, Addr at) { probe(t, at); };
  observer_->set_probes(probes());
}

/// A thread's lane, brought up to date after a time that was not observed.
Checker::Lane& Checker::lane_of(Tid tid, const Registers& regs) {
  if (last_lane_ == nullptr || last_lane_->tid != tid) {
    last_lane_ = &lanes_[tid];
    last_lane_->tid = tid;
    last_lane_->standing.reset();  // others may have written what it follows from
  }
  Lane& lane = *last_lane_;
  if (lane.epoch != epoch_) {
    lane.epoch = epoch_, lane.fresh = true, lane.growing = 0;
    lane.standing.reset();
    const Addr g = current_g(regs);
    const Addr m = g == Addr() ? g : peek<Addr>(g + guest_.offset.g_m);
    const Addr gsignal = m == Addr() ? m : peek<Addr>(m + guest_.offset.m_gsignal);
    const u64 lo = peek<u64>(gsignal + guest_.offset.g_lo);
    const u64 hi = peek<u64>(gsignal + guest_.offset.g_hi);
    lane.signals = gsignal != Addr() && regs[rsp] >= lo && regs[rsp] < hi ? 1 : 0;
  }
  return lane;
}

void Checker::observe_while_needed() {
  if (observing_ == (live_ != 0)) return;
  observing_ = live_ != 0;
  if (observing_) ++epoch_;
  observer_->observe(observing_);
}

void Checker::retired(const Thread& t, const Retired& r) {
  const Registers& regs = machine_.registers(t);
  Lane& lane = lane_of(t.tid, regs);
  // Control that came from nowhere is the kernel's: a signal handler begins.
  if (!std::exchange(lane.fresh, false) && r.pc.value != lane.next_pc &&
      handlers_.contains(r.pc.value))
    ++lane.signals;
  lane.next_pc = regs.rip;
  if (live_ != 0) {
    note_writes(lane, r);
    note_reads(lane, r);
    note_standing(lane, r.number, regs);
    enter_inlined(lane, regs);
  }
  if (r.next == r.end()) return;
  switch (r.facts->flow) {
    case Flow::system_call:
      if (lane.signals > 0) --lane.signals;  // rt_sigreturn
      return;
    case Flow::ret:
      returned(lane, r.number, regs);
      break;
    case Flow::call:
    case Flow::jump:
      transferred(lane, r, regs);
      break;
    default:
      break;
  }
  observe_while_needed();
}

std::set<u64> Checker::probes() const {
  std::set<u64> all;
  for (const auto& [address, point] : points_)
    if (point.model != nullptr) all.insert(address);
  return all;
}

/// A loop may have its head where the function begins: its frame is there already.
bool Checker::enters_again(const Lane& lane, const Registration& model,
                           const Registers& regs) const {
  if (lane.stack.empty()) return false;
  const Activation& a = *lane.stack.back();
  return &a.model == &model && a.g == current_g(regs) && a.depth == depth_below(a.g, regs[rsp]) &&
         a.waits != Waits::called && a.return_pc == peek<Addr>(Addr(regs[rsp]));
}

void Checker::probe(const Thread& t, Addr at) {
  const auto it = points_.find(at.value);
  const Registers& regs = machine_.registers(t);
  if (it == points_.end() || regs.fs_base() == 0) return;
  Lane& lane = lane_of(t.tid, regs);
  const u64 number = machine_.retired();
  wake(lane, number, regs);
  restart(lane, number, regs);
  const Point& point = it->second;
  if (point.model != nullptr && !enters_again(lane, *point.model, regs)) {
    drop_stale(lane, regs);
    begin(lane, *point.model, point.abi, number, regs, peek<Addr>(Addr(regs[rsp])));
  }
  observe_while_needed();
}

/// Does a function go on here that had parked? Its thread may have changed meanwhile.
void Checker::restart(Lane& lane, u64 number, const Registers& regs) {
  const auto it = std::find_if(restarts_.begin(), restarts_.end(), [&](const Restart& r) {
    return r.pc.value == regs.rip && r.sp == regs[rsp];
  });
  if (it == restarts_.end()) return;
  const Restart again = *it;
  restarts_.erase(it);
  begin(lane, *again.model, Abi::internal, number, again.entry, again.return_pc, true);
}

void Checker::transferred(Lane& lane, const Retired& r, const Registers& regs) {
  const auto it = points_.find(regs.rip);
  if (it == points_.end()) return;
  const Point& point = it->second;
  if (point.grows) {
    start_over(lane, regs);
    if (point.aside) ++lane.signals, ++lane.growing;
    return;
  }
  arrive_and_leave(lane, point, r.number, regs);
}

/// Bytes from the high end of g's stack down to `sp`: what stays when the stack is moved.
u64 Checker::depth_below(Addr g, u64 sp) const { return peek<u64>(g + guest_.offset.g_hi) - sp; }

void Checker::arrive_and_leave(Lane& lane, const Point& point, u64 number, const Registers& regs) {
  if (point.wanted)
    for (std::size_t i = lane.stack.size(); i-- > 0;)
      if (matches(*lane.stack[i], regs)) arrived(lane, i, number, regs);
  if (point.leaves) {
    const Addr g = current_g(regs);
    for (std::size_t i = lane.stack.size(); i-- > 0;)
      if (lane.stack[i]->g == g && lane.stack[i]->signal_depth == lane.signals) {
        if (lane.stack[i]->trouble.empty())
          lane.stack[i]->trouble = "the real code left through gogo";
        close(lane, i, number, regs);
      }
    if (lane.growing > 0) --lane.growing, --lane.signals;
  }
}

void Checker::begin(Lane& lane, const Registration& model, Abi abi, u64 number,
                    const Registers& entry, Addr return_pc, bool woke) {
  const bool told_above = std::any_of(lane.stack.begin(), lane.stack.end(), [&](const auto& a) {
    return a->waits != Waits::called && a->signal_depth == lane.signals;
  });
  auto a = std::make_unique<Activation>(guest_, machine_.memory(), model, entry);
  a->tid = lane.tid, a->number = number, a->return_pc = return_pc;
  a->signal_depth = lane.signals;
  a->g = current_g(entry);
  const Addr m = peek<Addr>(a->g + guest_.offset.g_m);
  const Addr g0 = peek<Addr>(m + guest_.offset.m_g0);
  a->on_user_stack = a->g != g0 && lane.signals == 0;
  a->depth = depth_below(a->g, entry[rsp]);
  a->outermost = !told_above;
  a->base_depth = depth_around(lane, *a);
  a->told = a->outermost && listener;
  if (a->told) a->rt.note_reads();
  a->stretches.push_back({0, number});
  for (auto& above : lane.stack) above->entered.push_back({model.function, number});
  if (woke) a->rt.set_woke();
  const auto words = argument_words(model.words, abi, entry, machine_.memory());
  a->frame = model.make(a->rt, words.data());
  ++report_of(model).calls;
  lane.stack.push_back(std::move(a));
  first_standing(lane, number);
  ++live_;
  Activation& begun = *lane.stack.back();
  begun.frame->start();
  settle(begun);
  if (begun.rt.request().kind != Request::Kind::decline) return;
  note_declined(model, begun.rt.request().reason);
  abandon(lane, lane.stack.size() - 1);
}

void Checker::note_declined(const Registration& model, const std::string& reason) {
  FunctionReport& f = report_of(model);
  ++f.declined;
  ++f.reasons[reason];
  const auto [it, fresh] = told_reasons_.emplace(model.function, reason);
  if (fresh && declined) declined(it->first, it->second);
}

/// What a model that is through returned; nothing when it cannot be right.
std::optional<std::vector<ResultWord>> Checker::results_or_trouble(Activation& a,
                                                                   const Frame& frame) {
  try {
    return frame.results();
  } catch (const Thrown& e) {
    a.trouble = fmt::format("the model throws: {}", e.what());
  } catch (const Unmapped& e) {
    a.trouble = fmt::format("the model looks at {}, which is not mapped", name_of_(e.address));
  } catch (const emulator::base::Unimplemented& e) {
    a.gave_up = e.what();
  }
  return std::nullopt;
}

/// After the model has run: what does it wait for?
void Checker::settle(Activation& a) {
  a.waits = Waits::returns;
  if (!finish_inlined(a)) return;
  if (a.frame->done()) return (void)results_or_trouble(a, *a.frame);
  switch (a.rt.request().kind) {
    case Request::Kind::call:
    case Request::Kind::long_call:
      a.waits = Waits::call;
      return want(a);
    case Request::Kind::jump:
      a.waits = Waits::jump;
      return want(a);
    case Request::Kind::park:
      a.waits = Waits::park;
      return want(a);
    case Request::Kind::decline:
      if (!a.inlined.empty()) a.gave_up = a.rt.request().reason;
      return;
    case Request::Kind::none:
      return;
  }
}

void Checker::want(Activation& a) {
  a.targets = guest_.entries(a.rt.request().function);
  for (const Entry& e : a.targets) points_[e.address.value].wanted = true;
}

/// Is this the call, jump or park that the model has foreseen? The first argument decides; others
/// that differ are a difference.
bool Checker::matches(Activation& a, const Registers& regs) const {
  if (a.waits != Waits::call && a.waits != Waits::jump && a.waits != Waits::park) return false;
  const auto target = std::find_if(a.targets.begin(), a.targets.end(),
                                   [&](const Entry& e) { return e.address.value == regs.rip; });
  if (target == a.targets.end()) return false;
  a.call_abi = target->abi;
  const auto& arguments = a.rt.request().arguments;
  const Abi0Frame frame(arguments);
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const u64 real = target->abi == Abi::zero ? peek<u64>(Addr(regs[rsp] + 8 + frame.offsets[i]))
                                              : regs[kIntegerRegisters.at(i)];
    if (arguments[i].any) {
      for (Local* l : a.rt.locals())
        if (l->address.value == arguments[i].word) l->address = Addr(real);
      continue;
    }
    const u64 mask = ~u64{0} >> (64 - 8 * arguments[i].bytes);
    if ((real & mask) == (arguments[i].word & mask)) continue;
    if (i == 0) return false;
    if (a.trouble.empty())
      a.trouble = fmt::format("argument {} of {}: the model has {:#x}, the real code {:#x}", i,
                              a.rt.request().function, arguments[i].word, real);
  }
  return true;
}

void Checker::arrived(Lane& lane, std::size_t index, u64 number, const Registers& regs) {
  Activation& a = *lane.stack[index];
  if (a.waits == Waits::call) {
    a.waits = Waits::called;
    a.stretches.back().end = number;
    a.call_return = peek<Addr>(Addr(regs[rsp]));
    a.call_sp = regs[rsp] + 8;
    a.call_depth = depth_below(a.g, a.call_sp);
    if (a.rt.request().kind == Request::Kind::long_call) set_aside(lane, index, number, regs);
    return;
  }
  if (a.waits == Waits::park) wait_for_return(a, regs);
  close(lane, index, number, regs);
}

/// The function parks: its model starts afresh when the code that it parks in returns. So does that
/// of a function inlined into it, when it needs nothing of the first.
void Checker::wait_for_return(const Activation& a, const Registers& regs) {
  const Registration* model = a.inlined.empty() ? &a.model : a.inlined.back().model;
  if (!a.inlined.empty() && (model->words != 0 || !a.inlined.back().for_good)) return;
  const Addr back = peek<Addr>(Addr(regs[rsp]));
  const u64 sp = regs[rsp] + 8;
  std::erase_if(restarts_, [sp](const Restart& r) { return r.sp == sp; });
  restarts_.push_back({back, sp, model, a.entry, a.return_pc});
  points_.try_emplace(back.value);
  observer_->add_probe(back);
}

void Checker::returned(Lane& lane, u64 number, const Registers& regs) {
  wake(lane, number, regs);
  for (std::size_t i = lane.stack.size(); i-- > 0;) {
    Activation& a = *lane.stack[i];
    if (a.signal_depth != lane.signals) continue;
    if (a.waits == Waits::called && a.call_return.value == regs.rip && a.call_sp == regs[rsp]) {
      a.stretches.push_back({a.rt.steps().size(), number});
      resume(a, regs);
    } else if (a.return_pc.value == regs.rip && depth_below(a.g, regs[rsp] - 8) == a.depth) {
      close(lane, i, number, regs);
    }
  }
}

/// runtime.morestack: the function that ran out of stack will begin again.
void Checker::start_over(Lane& lane, const Registers& regs) {
  if (lane.stack.empty()) return;
  Activation& a = *lane.stack.back();
  const auto* from = guest_.symbols.function_at(peek<Addr>(Addr(regs[rsp])));
  if (a.signal_depth != lane.signals || from == nullptr || from->name != a.model.function) return;
  --report_of(a.model).calls;
  abandon(lane, lane.stack.size() - 1);
}

/// Activations whose frames are gone: a panic unwound them.
void Checker::drop_stale(Lane& lane, const Registers& regs) {
  const Addr g = current_g(regs);
  while (!lane.stack.empty()) {
    const Activation& a = *lane.stack.back();
    if (a.g != g || a.signal_depth != lane.signals || a.depth <= depth_below(g, regs[rsp])) return;
    ++report_of(a.model).unfinished;
    abandon(lane, lane.stack.size() - 1);
  }
}

void Checker::abandon(Lane& lane, std::size_t index) {
  lane.stack.erase(lane.stack.begin() + static_cast<std::ptrdiff_t>(index));
  --live_;
}

void Checker::finish() {
  for (auto& [tid, lane] : lanes_)
    while (!lane.stack.empty()) {
      ++report_of(lane.stack.back()->model).unfinished;
      abandon(lane, lane.stack.size() - 1);
    }
}

u64 Checker::told_up_to() const {
  u64 lowest = ~u64{0};
  for (const auto& [tid, lane] : lanes_)
    for (const auto& a : lane.stack)
      if (a->outermost) lowest = std::min(lowest, a->number);
  return lowest;
}

FunctionReport& Checker::report_of(const Registration& model) {
  const auto it = report_.functions.find(model.function);
  if (it != report_.functions.end()) return it->second;
  return report_.functions[std::string(model.function)];
}

}  // namespace runtime_model::model
