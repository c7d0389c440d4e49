// Long calls: their models are set aside until the real code comes back.
#include "runtime_model/model/checker.hpp"

namespace runtime_model::model {

using emulator::cpu::rsp;
using Waits = Activation::Waits;

/// A long call begins: what the model did so far is compared and told.
void Checker::set_aside(Lane& lane, std::size_t index, u64 number, const Registers& regs) {
  auto a = std::move(lane.stack[index]);
  abandon(lane, index);
  judge(*a, number, regs, report_of(a->model));
  a->real.clear(), a->trouble.clear(), a->interleaved = false;
  a->shadow.reset();
  a->reads.clear(), a->stretches.clear(), a->entered.clear(), a->stands.clear();
  a->stand_version = 0;
  a->rt.begin_segment();
  points_.try_emplace(a->call_return.value);
  observer_->add_probe(a->call_return);
  aside_.push_back(std::move(a));
}

/// Does a long call end here? A goroutine's stack may have moved meanwhile, and its thread changed.
void Checker::wake(Lane& lane, u64 number, const Registers& regs) {
  // What was called for long may have a model, too, which is through with this instruction.
  const auto returns_now = [&](const Activation& other) {
    return other.waits == Waits::returns && other.return_pc.value == regs.rip &&
           depth_below(other.g, regs[rsp] - 8) == other.depth;
  };
  for (std::size_t i = aside_.size(); i-- > 0;) {
    Activation& a = *aside_[i];
    if (a.call_return.value != regs.rip || lane.signals != 0 || a.g != current_g(regs)) continue;
    if (a.on_user_stack ? depth_below(a.g, regs[rsp]) != a.call_depth : a.call_sp != regs[rsp])
      continue;
    a.tid = lane.tid, a.number = number, a.outermost = true;
    for (const auto& above : lane.stack)
      a.outermost &= above->waits == Waits::called || returns_now(*above);
    a.told = a.outermost && listener;
    if (a.told) a.rt.note_reads();
    a.stretches.push_back({0, number});
    lane.stack.push_back(std::move(aside_[i]));
    aside_.erase(aside_.begin() + static_cast<std::ptrdiff_t>(i));
    first_standing(lane, number);
    ++live_;
    resume(*lane.stack.back(), regs);
    return;
  }
}

/// Calls of the models around a new one, in whose work it takes part.
unsigned Checker::depth_around(const Lane& lane, const Activation& a) const {
  unsigned depth = 0;
  for (const auto& above : lane.stack)
    if (above->outermost) depth += above->rt.depth();  // the others repeat what it tells
  const Addr m = peek<Addr>(a.g + guest_.offset.g_m);
  const Addr g0 = peek<Addr>(m + guest_.offset.m_g0);
  const Addr curg = peek<Addr>(m + guest_.offset.m_curg);
  const u64 label = peek<u64>(g0 + guest_.offset.g_sched_sp);
  for (const auto& other : aside_) {
    // What lies above g0's label is not under way: the scheduler never returns to it.
    const bool under_way = other->g == g0 ? label == 0 || other->call_sp < label : other->g == curg;
    if (under_way) depth += other->rt.depth();
  }
  return depth;
}

void Checker::resume(Activation& a, const Registers& regs) {
  auto results = result_words(a.rt.request().arguments, a.call_abi, regs, machine_.memory());
  a.shadow.begin_segment();
  a.rt.resume(std::move(results));
  settle(a);
}

}  // namespace runtime_model::model
