// Birth and death of threads (clone(2), exit(2); Linux kernel/fork.c, kernel/exit.c).
#include <algorithm>

#include "emulator/kernel/clone_flags.hpp"
#include "emulator/kernel/kernel.hpp"

namespace emulator::kernel {
namespace {

/// get_robust_list(2): each entry is a list node at a fixed offset from a lock word.
struct RobustListHead {
  u64 first = 0;
  i64 word_offset = 0;
  u64 pending = 0;
};
static_assert(sizeof(RobustListHead) == 24);

constexpr u32 kOwnerMask = 0x3fffffff, kOwnerDied = 0x40000000, kHasWaiters = 0x80000000;
constexpr unsigned kRobustListLimit = 2048;

/// A lock that died with its owner is marked so, and one waiter is told (kernel/futex/core.c,
/// handle_futex_death).
void release_robust_lock(Kernel& k, const Thread& t, u64 entry, i64 offset) {
  const Addr word((entry & ~u64{1}) + static_cast<u64>(offset));
  u32 value = 0;
  if (!k.memory().copy_in(word, value) || (value & kOwnerMask) != static_cast<u32>(t.tid)) return;
  if (!k.memory().copy_out(word, (value & kHasWaiters) | kOwnerDied)) return;
  if ((value & kHasWaiters) != 0) k.wake_futex(word.value, 1);
}

void release_robust_list(Kernel& k, const Thread& t) {
  RobustListHead head;
  if (t.robust_list.value == 0 || !k.memory().copy_in(t.robust_list, head)) return;
  u64 entry = head.first;
  for (unsigned i = 0; i < kRobustListLimit && (entry & ~u64{1}) != t.robust_list.value; ++i) {
    u64 next = 0;
    const bool more = k.memory().copy_in(Addr(entry & ~u64{1}), next);
    if (entry != head.pending) release_robust_lock(k, t, entry, head.word_offset);
    if (!more) break;
    entry = next;
  }
  if (head.pending != 0) release_robust_lock(k, t, head.pending, head.word_offset);
}

}  // namespace

Thread* Kernel::clone_thread(Thread& parent, u64 flags, Addr stack, Addr tls) {
  remove_ended();
  if (threads_.live() >= config_.max_threads) return nullptr;
  auto child = std::make_unique<Thread>();
  child->tid = state_.next_tid++;
  child->regs = parent.regs;
  child->regs[cpu::rax] = 0;
  if (stack.value != 0) child->regs[cpu::rsp] = stack.value;
  if ((flags & kCloneSetTls) != 0) child->regs.fs_base() = tls.value;
  child->mask = parent.mask;
  child->name = parent.name;
  return &threads_.add(std::move(child));
}

void Kernel::exit_thread(Thread& t, int status) {
  release_robust_list(*this, t);
  threads_.end(t);
  t.exit_status = status;
  if (t.clear_child_tid.value != 0 && memory_.copy_out(t.clear_child_tid, u32{0}))
    wake_futex(t.clear_child_tid.value, 1);
  if (t.tid == pid()) state_.leader_status = status;
  if (on.thread_exit) on.thread_exit(t);
  // The process's status is that of its first thread, whichever ends last.
  if (live_threads() == 0) end_process({state_.leader_status, 0});
}

void Kernel::exit_group(int status) { end_process({status, 0}); }

void Kernel::end_process(ProcessExit how) {
  if (!exit) exit = how;
  (void)mapped_files().store_all(*this);
  threads_.end_all();
}

}  // namespace emulator::kernel
