#include "runtime_model/thread/mcommoninit.hpp"

#include <fmt/format.h>

#include "runtime_model/model/code_facts.hpp"
#include "runtime_model/stack/malg.hpp"
#include "runtime_model/thread/idle.hpp"

namespace runtime_model::thread {
namespace {

constexpr i32 kSignalStackSize = 32 * 1024;  // Go: runtime/os_linux.go, mpreinit

/// int64Hash, inlined: memhash64 is assembly, and hashes with AES where the CPU can.
Part<u32> hash_of(Runtime& rt, u64 value, u64 seed) {
  model::Local& word = rt.local(8);
  rt.step("mcommoninit/hash",
          "put a word where memhash64 reads it: its hash seeds the M's random numbers",
          [&] { rt.store<u64>(word.address, value); });
  const u64 hash = co_await rt.call<u64>("runtime.memhash64", word, seed);
  co_return static_cast<u32>(hash);
}

/// The state of the M's own random numbers: with them it picks whom to steal from.
Part<> seed_random(Runtime& rt, golang::M mp) {
  if (rt.go() >= 22) {  // ChaCha8: runtime/rand.go, mrandinit
    co_await rt.call<void>("runtime.mrandinit", mp);
    co_return;
  }
  const u64 seed = rt.fastrandseed(0);
  const u32 low = co_await hash_of(rt, static_cast<u64>(mp.id().get()), seed);
  const u64 ticks = co_await rt.call<u64>("runtime.cputicks");
  const u32 high = co_await hash_of(rt, ticks, ~seed);
  rt.step("mcommoninit/fastrand",
          "the M's own random numbers start from a hash of its number and one of the CPU's clock",
          [&] {
            const Addr at = mp.fastrand().address();
            rt.store<u32>(at, low);
            rt.store<u32>(at + 4, (low | high) == 0 ? 1 : high);  // all zero would stay so
          });
}

/// A slice of words, for a stack that is sampled.
Part<> make_words(Runtime& rt, golang::Slice<golang::Ref<u64>> slice, unsigned nth) {
  // Room for the depth that GODEBUG allows, and for frames that are skipped.
  const u64 skipped = rt.go() >= 24 ? 7 : 6;
  const u64 n = static_cast<u64>(rt.debug().profstackdepth().get()) + skipped;
  const Addr type = model::constant_argument(rt, "runtime.mcommoninit", "runtime.makeslice",
                                             emulator::cpu::rax, nth);
  const Addr made = co_await rt.call<Addr>("runtime.makeslice", type, n, n);
  rt.step("mcommoninit/profile-stack",
          nth == 0 ? "make room for the call stacks of this M's profile samples"
                   : "make room for the call stacks of this M's waits for the runtime's own locks",
          [&] {
            slice.data() = made;
            slice.len() = n;
            slice.cap() = n;
          });
}

/// mProfStackInit, from go1.23 on.
Part<> profile_stacks(Runtime& rt, golang::M mp) {
  if (rt.go() < 23) co_return;
  if (rt.has_function("runtime.mProfStackInit")) {
    co_await rt.call<void>("runtime.mProfStackInit", mp);
  } else if (rt.debug().profstackdepth() != 0) {
    co_await make_words(rt, mp.profStack(), 0);
    co_await make_words(rt, mp.mLockProfile().stack(), 1);
  }
}

/// newMWeakPointer, inlined unless the compiler was told not to: a P remembers its M by this word,
/// which is cleared when the M ends.
Part<> weak_pointer(Runtime& rt, golang::M mp) {
  if (rt.go() < 26) co_return;
  constexpr std::string_view kMaker = "runtime.newMWeakPointer";
  const Addr type =
      model::type_of_new(rt, rt.has_function(kMaker) ? kMaker : "runtime.mcommoninit");
  const Addr word = co_await rt.call<Addr>("runtime.newobject", type);
  rt.step("mcommoninit/self",
          "make the word by which a P remembers this M; it is cleared when the M ends", [&] {
            rt.store<Addr>(word, mp.address());
            mp.self() = word;
          });
}

}  // namespace

Model<> mpreinit(Runtime& rt, golang::M mp) {
  const Addr g = co_await rt.call<Addr>("runtime.malg", kSignalStackSize);
  rt.step("mpreinit/gsignal",
          "the M's signal handlers will run on a stack of their own, that of the goroutine gsignal",
          [&] {
            mp.gsignal() = g;
            rt.g(g).m() = mp;
          });
}

Model<> mcommoninit(Runtime& rt, golang::M mp, i64 id) {
  if (rt.writeBarrier().enabled()) co_await rt.decline("write barriers are on");
  // There it walks the stack for the creation record, which may grow the stack under way.
  if (rt.depth() == 1 && rt.getg() != rt.getm().g0())
    co_await rt.decline("on a goroutine's own stack");
  if (rt.getg() != rt.getm().g0()) {
    const auto createstack = mp.createstack();
    co_await rt.call<u64>("runtime.callers", u64{1}, createstack.address(), createstack.count(),
                          createstack.count());
  }
  const golang::Schedt sched = rt.sched();
  const Addr lock = sched.lock().address();
  co_await rt.lock(lock);
  if (id < 0) id = co_await mReserveID(rt);
  rt.step("mcommoninit/id", fmt::format("the M gets its number: it is M{}", id),
          [&] { mp.id() = id; });
  co_await weak_pointer(rt, mp);
  co_await seed_random(rt, mp);
  co_await mpreinit(rt, mp);
  rt.step("mcommoninit/guard",
          "the signal stack gets its guard: Go code there that would go below it throws",
          [&] { mp.gsignal()->stackguard1() = mp.gsignal()->stack().lo().get() + kStackGuard; });
  rt.step("mcommoninit/allm",
          "put the M at the front of allm, the list of all Ms, which keeps the collector from "
          "freeing it",
          [&] {
            mp.alllink() = rt.allm();
            rt.allm() = mp;
          });
  co_await rt.unlock(lock);
  co_await profile_stacks(rt, mp);
}

}  // namespace runtime_model::thread
