#include "runtime_model/preempt/copystack.hpp"

#include <fmt/format.h>

#include <vector>

#include "runtime_model/sched/newproc.hpp"
#include "runtime_model/stack/malg.hpp"
#include "runtime_model/stack/stackfree.hpp"

namespace runtime_model::preempt {

using golang::G;
using model::Stack;
using model::Unknown;

namespace {

constexpr u64 kStackLimit = 800;  ///< runtime/stack.go, _StackLimit: what nosplit functions may use

/// A move: an address in the old stack becomes one as far below the top of the new one.
struct Move {
  Stack from;
  u64 delta;

  void adjust(const golang::Ref<Addr>& pointer) const {
    const Addr p = pointer;
    if (from.lo <= p && p < from.hi) pointer = p + delta;
  }
};

void copy(Runtime& rt, Addr from, Addr to, u64 size) {
  std::vector<u8> bytes(size);
  rt.memory().read(from, bytes);
  rt.memory().write(to, bytes);
}

/// Others may send to or receive from the goroutine through channels, and write to its stack: up to
/// what address? Zero when they do not. Go: findsghi.
Addr highest_slot(const G& gp, const Stack& old) {
  Addr highest;
  for (golang::Sudog s = gp.waiting(); s; s = s.waitlink()) {
    const Addr end = s.elem().get() + s.c()->elemsize();
    if (old.lo <= end && end < old.hi && highest < end) highest = end;
  }
  return highest;
}

/// Locks the channels that it waits for, each once: they stand side by side when a select names one
/// twice.
Part<> each_channel(Runtime& rt, G gp, bool lock) {
  Addr last;
  for (golang::Sudog s = gp.waiting(); s; s = s.waitlink()) {
    if (s.c().get() == last) continue;
    last = s.c();
    const Addr mutex = s.c()->lock().address();
    if (lock)
      co_await rt.lock(mutex);
    else
      co_await rt.unlock(mutex);
  }
}

void adjust_waiting(const G& gp, const Move& move) {
  for (golang::Sudog s = gp.waiting(); s; s = s.waitlink()) {
    move.adjust(s.elem());
    // go1.26 keeps it twice: one of them may be hidden from the garbage collector.
    if (s.elem_vp().exists()) move.adjust(s.elem_vp());
  }
}

/// The lower end of the stack, up to the highest slot that a channel operation may write, moves
/// while no such operation can. How many bytes. Go: syncadjustsudogs.
Part<u64> copy_with_channels_locked(Runtime& rt, G gp, Move move, u64 used) {
  if (!gp.waiting()) co_return 0;
  const Addr highest = highest_slot(gp, move.from);
  const Addr bottom = move.from.hi - used;
  const u64 size = highest != Addr() ? highest - bottom : 0;
  co_await each_channel(rt, gp, true);
  rt.step("copystack/channels",
          "others may deliver right into the stack of a goroutine at a channel: that part moves "
          "while channels are locked",
          [&] {
            adjust_waiting(gp, move);
            copy(rt, bottom, bottom + move.delta, size);
          });
  co_await each_channel(rt, gp, false);
  co_return size;
}

/// What leads into the stack from outside of it; in this order, since deferred calls and panics
/// that lie on the stack themselves are changed where they are now.
void adjust_outside(const G& gp, const Move& move) {
  move.adjust(gp.sched().ctxt());
  move.adjust(gp.sched().bp());
  move.adjust(gp._defer());
  for (golang::Defer d = gp._defer(); d; d = d.link()) {
    move.adjust(d.fn());
    move.adjust(d.sp());
    if (d._panic().exists()) move.adjust(d._panic());
    move.adjust(d.link());
    if (d.varp().exists()) move.adjust(d.varp());
    if (d.fd().exists()) move.adjust(d.fd());
  }
  move.adjust(gp._panic());
}

/// From go1.21 on an unwinder goes from frame to frame, where one function did it all before.
Part<> adjust_frames(Runtime& rt, G gp) {
  constexpr u64 kPc = 16;  // runtime/traceback.go, unwinder: frame.pc; zero behind the last frame
  rt.step(
      "copystack/frames",
      "walk the frames: by each function's stack map, pointers into the old stack are corrected");
  if (rt.go() < 21) {
    co_await rt.call<void>("runtime.gentraceback", ~u64{0}, ~u64{0}, u64{0}, gp, u64{0}, Unknown{},
                           u64{0x7fffffff});
    co_return;
  }
  const model::Local& unwinder = rt.local(512);
  co_await rt.call<void>("runtime.(*unwinder).initAt", unwinder, ~u64{0}, ~u64{0}, ~u64{0}, gp,
                         u8{0});
  while (rt.load<u64>(unwinder.address + kPc) != 0) {
    co_await rt.call<void>("runtime.adjustframe", unwinder, Unknown{});
    co_await rt.call<void>("runtime.(*unwinder).next", unwinder);
  }
}

}  // namespace

Model<> copystack(Runtime& rt, G gp, u64 size) {
  Runtime::require(gp.syscallsp() == Addr(), "stack growth not allowed in system call");
  const Stack old{gp.stack().lo(), gp.stack().hi()};
  const u64 used = old.hi - gp.sched().sp().get();
  if (rt.go() >= 18)
    rt.step("copystack/scannable", "the garbage collector's pacer counts the new size of the stack",
            [&] {
              sched::add_scannable_stack(rt, rt.getm().p(),
                                         static_cast<i64>(size - (old.hi - old.lo)));
            });
  const Stack fresh = co_await stack::stackalloc(rt, static_cast<u32>(size));
  const Move move{old, fresh.hi - old.hi};
  u64 rest = used;
  const bool shared = gp.activeStackChans();
  if (shared) {
    const u64 copied = co_await copy_with_channels_locked(rt, gp, move, used);
    rest -= copied;
  }
  rt.step("copystack/copy",
          fmt::format("the {} bytes in use are copied to the top of the new stack", used), [&] {
            if (!shared) adjust_waiting(gp, move);
            copy(rt, old.hi - rest, fresh.hi - rest, rest);
          });
  rt.step("copystack/outside",
          "what leads into the old stack from outside, saved context, frame pointer, defers and "
          "panics, leads into the new one",
          [&] { adjust_outside(gp, move); });
  rt.step("copystack/switch", "from here on the new stack is the goroutine's", [&] {
    gp.stack().lo() = fresh.lo;
    gp.stack().hi() = fresh.hi;
    gp.stackguard0() = fresh.lo + kStackGuard;
    gp.sched().sp() = fresh.hi - used;
    gp.stktopsp() = gp.stktopsp().get() + move.delta;
  });
  co_await adjust_frames(rt, gp);
  co_await stack::stackfree(rt, old);
}

Model<> shrinkstack(Runtime& rt, G gp) {
  Runtime::require(gp.stack().lo() != Addr(), "missing stack in shrinkstack");
  if (rt.debug().gcshrinkstackoff() > 0) co_return;
  // Its stack holds pointers that no map tells of: see gcBgMarkWorker. Not so from go1.26 on.
  const auto* first = rt.guest().symbols.function_at(gp.startpc());
  if (rt.go() < 26 && first != nullptr && first->name == "runtime.gcBgMarkWorker") co_return;
  const u64 size = gp.stack().hi().get() - gp.stack().lo().get();
  if (size / 2 < stack::kFixedStack) co_return;
  const u64 used = gp.stack().hi().get() - gp.sched().sp().get() + kStackLimit;
  if (used >= size / 4) co_return;
  rt.step(
      "shrinkstack/halve",
      fmt::format("of {} bytes of stack not even a quarter is in use: half as many will do", size));
  co_await rt.call<void>("runtime.copystack", gp, size / 2);
}

}  // namespace runtime_model::preempt
