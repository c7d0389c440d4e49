#include "runtime_model/thread/note.hpp"

#include <fmt/format.h>

namespace runtime_model::thread {
namespace {

// futex(2): the operation, and that only threads of one process use the word.
constexpr i32 kFutexWaitPrivate = 0 | 128;
constexpr i32 kFutexWakePrivate = 1 | 128;
constexpr i64 kNanosecondsPerSecond = 1'000'000'000;

/// Go uses the low 32 bits of the key with a futex. Go: runtime/lock_futex.go, key32.
u32 key_of(Runtime& rt, const golang::Note& n) { return rt.load<u32>(n.key().address()); }
void set_key(Runtime& rt, const golang::Note& n, u32 v) { rt.store<u32>(n.key().address(), v); }

}  // namespace

void noteclear(Runtime&, const golang::Note& n) { n.key() = 0; }

Model<> notewakeup(Runtime& rt, golang::Note n) {
  Runtime::require(key_of(rt, n) == 0, "notewakeup - double wakeup");
  rt.step("notewakeup/set",
          "set the note first: whoever is only about to fall asleep on it stays awake",
          [&] { set_key(rt, n, 1); });
  co_await futexwakeup(rt, n.key().address(), 1);
}

Model<> notesleep(Runtime& rt, golang::Note n) {
  const golang::M mp = rt.getm();
  Runtime::require(rt.getg() == mp.g0(), "notesleep not on g0");
  if (rt.woke())
    rt.step("notesleep/awake", "the kernel let the thread go on: the M is blocked no longer",
            [&] { mp.blocked() = false; });
  if (key_of(rt, n) != 0) co_return;
  rt.step("notesleep/blocked", "nobody has set the note: the thread goes to sleep in the kernel",
          [&] { mp.blocked() = true; });
  co_await rt.park("runtime.futexsleep", n.key().address(), u32{0}, i64{-1});
}

Model<> futexsleep(Runtime& rt, Addr addr, u32 val, i64 ns) {
  if (rt.woke()) co_return;
  if (ns < 0) {
    co_await rt.park("runtime.futex", addr, kFutexWaitPrivate, val, Addr(), Addr(), u32{0});
    co_return;
  }
  model::Local& timeout = rt.local(16);
  rt.step("futexsleep/timeout", fmt::format("the thread is to sleep {} ns at most", ns), [&] {
    rt.store<i64>(timeout.address, ns / kNanosecondsPerSecond);
    rt.store<i64>(timeout.address + 8, ns % kNanosecondsPerSecond);
  });
  co_await rt.park("runtime.futex", addr, kFutexWaitPrivate, val, timeout, Addr(), u32{0});
}

Model<> futexwakeup(Runtime& rt, Addr addr, u32 count) {
  const i32 woken = co_await rt.call<i32>("runtime.futex", addr, kFutexWakePrivate, count, Addr(),
                                          Addr(), u32{0});
  Runtime::require(woken >= 0, "futexwakeup: the kernel refuses");
}

}  // namespace runtime_model::thread
