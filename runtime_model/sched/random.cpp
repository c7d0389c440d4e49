#include "runtime_model/sched/random.hpp"

namespace runtime_model::sched {
namespace {

/// xorshift64+, two words of 32 bits. Go up to 1.17: runtime/stubs.go, fastrand.
u32 xorshift(Runtime& rt, Addr state) {
  u32 s1 = rt.load<u32>(state);
  const u32 s0 = rt.load<u32>(state + 4);
  rt.store<u32>(state, s0);
  s1 ^= s1 << 17;
  s1 = s1 ^ s0 ^ s1 >> 7 ^ s0 >> 16;
  rt.store<u32>(state + 4, s1);
  return s0 + s1;
}

/// wyrand: the halves of a product of 128 bits. Go from 1.18 on: runtime/stubs.go, fastrand.
u32 wyrand(const golang::Ref<u64>& state) {
  state += 0xa0761d6478bd642f;
  const u64 s = state;
  const emulator::u128 product = static_cast<emulator::u128>(s) * (s ^ 0xe7037ed1a0b428db);
  return static_cast<u32>(static_cast<u64>(product >> 64) ^ static_cast<u64>(product));
}

/// The same with halves of a product of 64 bits. Go from 1.27 on: runtime/rand.go, cheaprand.
u32 wyrand32(Runtime& rt, Addr state) {
  const u32 s = rt.load<u32>(state) + 0x53c5ca59;
  rt.store<u32>(state, s);
  const u64 product = u64{s} * (s ^ 0x74743c1b);
  return static_cast<u32>(product >> 32 ^ product);
}

}  // namespace

u32 fastrand(Runtime& rt) {
  const golang::M mp = rt.getm();
  if (rt.go() <= 17) return xorshift(rt, mp.fastrand().address());
  if (rt.go() >= 27) return wyrand32(rt, mp.cheaprand().address());
  return wyrand(rt.go() >= 22 ? mp.cheaprand() : mp.fastrand());
}

StealOrder::StealOrder(Runtime& rt, u32 random) {
  const golang::RandomOrder order = rt.stealOrder();
  count_ = order.count();
  position_ = random % count_;
  // go1.19 takes the step from other bits than the start.
  const u32 pick = rt.go() >= 19 ? random / count_ : random;
  step_ = order.coprimes(pick % order.coprimes().len());
}

void StealOrder::next() {
  ++visited_;
  position_ = (position_ + step_) % count_;
}

}  // namespace runtime_model::sched
