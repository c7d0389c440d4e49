#include <algorithm>

#include "emulator/kernel/clock.hpp"
#include "emulator/kernel/event_calls.hpp"

namespace emulator::kernel::calls {
namespace {

constexpr u64 kForever = ~u64{0};

}  // namespace

Timeout milliseconds(i32 count) {
  if (count < 0) return std::nullopt;
  return Nanos(i64{count} * 1'000'000);
}

Result<Timeout> timespec_at(Kernel& k, Addr at) {
  if (at.value == 0) return Timeout{};
  Timespec time;
  if (!k.memory().copy_in(at, time)) return Errno::efault;
  const auto nanos = nanos_of(time);
  if (!nanos) return Errno::einval;
  return Timeout{*nanos};
}

EventWait::EventWait(Kernel& k, Thread& t, Timeout timeout) : k_(k), t_(t) {
  if (t.in_syscall) {
    if (t.wait.key != kForever) deadline_ = Nanos(static_cast<i64>(t.wait.key));
  } else if (timeout) {
    deadline_ = after(k.now(), *timeout);
  }
}

bool EventWait::over() const { return deadline_ && *deadline_ <= k_.now(); }

void EventWait::until(std::optional<Nanos> next) {
  if (next && (!next_ || *next < *next_)) next_ = next;
}

SysResult EventWait::wait() {
  Wait wait;
  wait.kind = Wait::Kind::event;
  wait.key = deadline_ ? static_cast<u64>(deadline_->value) : kForever;
  wait.deadline = deadline_;
  if (next_ && (!deadline_ || *next_ < *deadline_)) wait.deadline = next_;
  wait.order = t_.wait.order;
  return k_.wait(t_, wait);
}

Failure mask_for_wait(Kernel& k, Thread& t, Addr mask, u64 size) {
  if (mask.value == 0 || t.in_syscall) return std::nullopt;
  SigSet set = 0;
  if (size != sizeof set) return Errno::einval;
  if (!k.memory().copy_in(mask, set)) return Errno::efault;
  k.set_temporary_mask(t, set);
  return std::nullopt;
}

}  // namespace emulator::kernel::calls
