// Calls that the compiler has inlined. What a model calls may stand right in the real code, which
// then never comes to the function: a profile (go build -pgo) makes the compiler inline where it
// would not otherwise. Go's own tables tell where.
#include <algorithm>

#include "runtime_model/model/checker.hpp"

namespace runtime_model::model {

using emulator::cpu::rsp;
using Waits = Activation::Waits;

namespace {

bool waits_for_code(const Activation& a) {
  return a.waits == Waits::call || a.waits == Waits::jump || a.waits == Waits::park;
}

}  // namespace

golang::InlinedBodies& Checker::inlined_bodies() {
  if (!inlined_) {
    ShadowMemory memory(machine_.memory());
    const auto module = golang::Views(memory, guest_.tables).firstmoduledata();
    const Addr gofunc = module.gofunc().exists() ? module.gofunc().get() : Addr();
    inlined_.emplace(guest_.symbols, gofunc, [this](Addr a) { return peek<u32>(a); });
  }
  return *inlined_;
}

std::string Checker::inlined_reason(const Activation& a) {
  return fmt::format("in this program {} is inlined into it", a.rt.request().function);
}

/// Has the thread come to inlined code that a model waits for, or left such code?
void Checker::enter_inlined(Lane& lane, const Registers& regs) {
  const auto concerned = [](const auto& a) { return waits_for_code(*a) || a->window; };
  if (std::ranges::none_of(lane.stack, concerned)) return;
  const auto* now = inlined_bodies().at(Addr(regs.rip));
  const auto inside = [](const auto& a) { return a->window || !a->within.calls.empty(); };
  if (now == nullptr && std::ranges::none_of(lane.stack, inside)) return;
  const auto* function = guest_.symbols.function_at(Addr(regs.rip));
  if (function == nullptr) return;
  for (std::size_t i = lane.stack.size(); i-- > 0;) {
    Activation& a = *lane.stack[i];
    if (a.signal_depth != lane.signals) continue;
    if (a.window) leave_window(a, regs);
    a.within.keep(function->entry, now);
    while (now != nullptr && waits_for_code(a)) {
      const auto* call = now->of(a.rt.request().function);
      if (call == nullptr || !a.within.add(function->entry, call->number)) break;
      arrived_inlined(a, regs);
    }
  }
}

/// Its model acts here. Without one, a call without results is waited for as any other.
void Checker::arrived_inlined(Activation& a, const Registers& regs) {
  const Request& request = a.rt.request();
  const auto local = [](const Argument& x) { return x.any; };
  const bool known = std::ranges::none_of(request.arguments, local);
  const auto it = models_.find(request.function);
  if (it != models_.end() && known && it->second->words == request.arguments.size() &&
      (request.kind == Request::Kind::call || request.kind == Request::Kind::jump)) {
    std::vector<u64> words;
    for (const Argument& x : request.arguments) words.push_back(x.word);
    a.inlined.push_back({it->second->make(a.rt, words.data()), it->second,
                         request.kind == Request::Kind::jump, a.rt.take_leaf()});
    a.inlined.back().frame->start();
    return settle(a);
  }
  if (request.kind == Request::Kind::call && known && !request.results) {
    a.waits = Waits::called;
    a.window = Window{Addr(regs.rip), regs[rsp], request.function};
    a.call_return = Addr();
    return;
  }
  a.waits = Waits::returns;
  a.gave_up = inlined_reason(a);
}

/// Goes on behind inlined functions whose models are through. False when one of them failed.
bool Checker::finish_inlined(Activation& a) {
  while (!a.inlined.empty() && a.inlined.back().frame->done()) {
    const auto results = results_or_trouble(a, *a.inlined.back().frame);
    if (!results) return false;
    std::vector<u64> words;
    for (const ResultWord& r : *results) words.push_back(r.value);
    const Inlined through = std::move(a.inlined.back());
    a.inlined.pop_back();
    a.rt.resume_at(through.caller, std::move(words));
  }
  return true;
}

/// The same frame again, outside of the inlined code: what it did is done.
void Checker::leave_window(Activation& a, const Registers& regs) {
  const auto* now = inlined_bodies().at(Addr(regs.rip));
  const auto* here = guest_.symbols.function_at(Addr(regs.rip));
  if (regs[rsp] != a.window->sp || here != guest_.symbols.function_at(a.window->function)) return;
  if (now != nullptr && now->of(a.window->inlined) != nullptr) return;
  a.window.reset();
  a.shadow.begin_segment();
  a.rt.resume({});
  settle(a);
}

/// Does the model still wait for what the real function has inlined?
bool Checker::passed_inlined(const Activation& a) {
  return waits_for_code(a) && inlined_bodies().holds(a.entry_pc(), a.rt.request().function);
}

}  // namespace runtime_model::model
