#include "runtime_model/heap/span_set.hpp"

#include "runtime_model/heap/fixalloc.hpp"
#include "runtime_model/model/code_facts.hpp"

namespace runtime_model::heap {
namespace {

constexpr u64 kEntries = 512;     ///< spans in a block
constexpr u64 kPopped = 16;       ///< offset of popped in a block, behind its lfnode
constexpr u64 kFirstSpine = 256;  ///< blocks that a new spine has room for
constexpr u64 kCacheLine = 64;
constexpr std::string_view kAllocBlock = "runtime.(*spanSetBlockAlloc).alloc";
constexpr std::string_view kFreeBlock = "runtime.(*spanSetBlockAlloc).free";

/// Offset of the spans in a block; go1.25 aligns blocks to 512 bytes, and lets the spans begin
/// there.
u64 spans_in_block(Runtime& rt) { return rt.go() >= 25 ? 512 : 24; }

/// The head is the upper half of the index, the tail the lower one.
u64 head_of(u64 index) { return index >> 32; }
u64 tail_of(u64 index) { return index & 0xffffffff; }

/// Where blocks come from and go to. Stripped programs do not name it; its users' code does.
Addr block_pool(Runtime& rt, std::string_view user, std::string_view method) {
  const Addr pool = rt.global("runtime.spanSetBlockPool");
  return pool != Addr() ? pool : model::constant_argument(rt, user, method, emulator::cpu::rax);
}

Part<> longer_spine(Runtime& rt, golang::SpanSet set) {
  const u64 old = set.spineCap();
  const u64 cap = old == 0 ? kFirstSpine : 2 * old;
  const Addr spine =
      co_await persistentalloc(rt, cap * 8, kCacheLine, rt.memstats().gcMiscSys().address());
  if (old != 0) co_await rt.call<void>("runtime.memmove", spine, set.spine().get(), old * 8);
  rt.step("spanSet/spine",
          "the set of spans gets a longer spine: room for more blocks of 512 spans", [&] {
            set.spine() = spine;
            set.spineCap() = cap;
          });
}

/// The spine has room for a new block: takes one, which is under the lock.
Part<> add_block(Runtime& rt, golang::SpanSet set, u64 top) {
  co_await rt.lock(set.spineLock().address());
  if (top >= set.spineLen()) {
    if (set.spineLen() == set.spineCap()) co_await longer_spine(rt, set);
    const Addr pool = block_pool(rt, "runtime.(*spanSet).push", kAllocBlock);
    const Addr block = co_await rt.call<Addr>(kAllocBlock, pool);
    rt.step("spanSet/block", "the set of spans gets a block for 512 more", [&] {
      rt.store<Addr>(set.spine().get() + 8 * top, block);
      set.spineLen() += 1;
    });
  }
  co_await rt.unlock(set.spineLock().address());
}

}  // namespace

bool empty(const golang::SpanSet& set) {
  const u64 index = set.index();
  return head_of(index) >= tail_of(index) || set.spineLen() <= head_of(index) / kEntries;
}

Model<> span_set_push(Runtime& rt, golang::SpanSet set, golang::Mspan s) {
  const u64 cursor = tail_of(set.index());
  rt.step("spanSet/claim", "claim the next place at the tail of the set of spans",
          [&] { set.index() += 1; });
  const u64 top = cursor / kEntries;
  if (top >= set.spineLen()) co_await add_block(rt, set, top);
  rt.step("spanSet/push", "put the span into its place in the set", [&] {
    const Addr block = rt.load<Addr>(set.spine().get() + 8 * top);
    rt.store<Addr>(block + spans_in_block(rt) + 8 * (cursor % kEntries), s.address());
  });
}

Model<golang::Mspan> span_set_pop(Runtime& rt, golang::SpanSet set) {
  if (empty(set)) co_return rt.mspan(Addr());
  const u64 head = head_of(set.index());
  const Addr slot = set.spine().get() + 8 * (head / kEntries);
  const Addr block = rt.load<Addr>(slot);
  const Addr entry = block + spans_in_block(rt) + 8 * (head % kEntries);
  const Addr s = rt.load<Addr>(entry);
  const u32 popped = rt.load<u32>(block + kPopped) + 1;
  rt.step("spanSet/pop", "take the span at the head of the set", [&] {
    set.index() += u64{1} << 32;
    rt.store<Addr>(entry, Addr());
    rt.store<u32>(block + kPopped, popped);
    if (popped == kEntries) rt.store<Addr>(slot, Addr());
  });
  if (popped == kEntries) {
    const Addr pool = block_pool(rt, "runtime.(*spanSet).pop", kFreeBlock);
    co_await rt.call<void>(kFreeBlock, pool, block);
  }
  co_return rt.mspan(s);
}

}  // namespace runtime_model::heap
