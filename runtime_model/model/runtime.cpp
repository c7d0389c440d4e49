#include "runtime_model/model/runtime.hpp"

#include <algorithm>

#include "emulator/base/error.hpp"

namespace runtime_model::model {

Runtime::Runtime(const Guest& guest, golang::Memory& memory,
                 const emulator::cpu::Registers& registers)
    : Views(noted_, guest.tables),
      guest_(guest),
      noted_(*this, memory),
      entry_(registers),
      sp_(registers[emulator::cpu::rsp]) {}

void Runtime::Noted::read(Addr from, std::span<u8> to) {
  below_.read(from, to);
  if (rt_.notes_reads_ && !to.empty() && to.size() <= 8) rt_.looked_at_.push_back(from.value / 8);
}

void Runtime::Noted::write(Addr to, std::span<const u8> from) {
  RT0_CHECK(!rt_.steps_.empty(), "a model writes only in a step");
  Write w{to, std::vector<u8>(from.size()), {from.begin(), from.end()}};
  below_.read(to, w.before);
  below_.write(to, from);
  rt_.steps_.back().writes.push_back(std::move(w));
}

void Runtime::clear(Addr from, u64 bytes) {
  const std::vector<u8> zeros(bytes);
  memory().write(from, zeros);
}

golang::G Runtime::getg() { return g(load<Addr>(Addr(entry_.fs_base() - 8))); }

bool Runtime::switch_to_g0() {
  const golang::G gp = getg();
  const golang::M mp = gp.m();
  const golang::G g0 = mp.g0();
  saved_sp_.push_back(sp_);
  saved_g_.push_back(gp.address());
  if (gp == g0 || mp.gsignal() == gp) return false;
  require(mp.curg() == gp, "systemstack called from unexpected goroutine");
  step("systemstack/switch",
       "save the goroutine's place and go on on g0's stack, which is never moved", [&] {
         // go1.21 saves the place behind the frame that systemstack_switch sets up.
         gp.sched().pc() = function("runtime.systemstack_switch") + (go() >= 21 ? 8 : 0);
         if (gp.sched().ret().exists()) gp.sched().ret() = 0;
         store<Addr>(Addr(entry_.fs_base() - 8), g0.address());
       });
  excuse(gp.sched().bp().address(), 8, "saved frame pointer: the compiler's choice of frames");
  sp_ = g0.sched().sp();
  return true;
}

void Runtime::switch_back() {
  const Addr from = saved_g_.back();
  sp_ = saved_sp_.back();
  saved_g_.pop_back(), saved_sp_.pop_back();
  if (getg().address() == from) return;
  step("systemstack/back",
       "the work on g0's stack is done: back to the goroutine and its own stack", [&] {
         store<Addr>(Addr(entry_.fs_base() - 8), from);
         g(from).sched().sp() = Addr(0);
       });
}

void Runtime::open_step(std::string_view id, std::string text) {
  steps_.push_back({std::string(id), std::move(text), depth_ == 0 ? 0 : depth_ - 1, {}, std::exchange(looked_at_, {})});
}

void Runtime::ask(Request::Kind kind, std::string_view function, std::vector<Argument> arguments) {
  request_ = {kind, function, std::move(arguments), {}};
}

Runtime::Called<void> Runtime::decline(std::string reason) {
  RT0_CHECK(steps_.empty() || depth_ > 1, "a model declines before its first step");
  request_ = {Request::Kind::decline, {}, {}, std::move(reason)};
  return {this};
}

Local& Runtime::local(u64 size) {
  // Below the red zone of whatever the model stands in for; the Driver gives the stack pointer room
  // for all locals, and beside the real function the call tells where they are.
  u64 below = 256;
  for (const auto& l : locals_) below += (l->size + 15) & ~u64{15};
  locals_.push_back(std::make_unique<Local>(Local{sp_ - below - ((size + 15) & ~u64{15}), size}));
  return *locals_.back();
}

std::vector<Local*> Runtime::locals() {
  std::vector<Local*> out;
  for (const auto& l : locals_) out.push_back(l.get());
  return out;
}

void Runtime::resume(std::vector<u64> results) {
  results_ = std::move(results);
  request_ = {};
  std::exchange(leaf_, nullptr).resume();
}

}  // namespace runtime_model::model
