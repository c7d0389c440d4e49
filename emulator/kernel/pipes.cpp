#include "emulator/kernel/pipes.hpp"

#include <algorithm>
#include <bit>

#include "emulator/kernel/clock.hpp"

namespace emulator::kernel {

Result<u64> Pipe::set_capacity(u64 bytes) {
  if (bytes > kMaxCapacity) return Errno::eperm;
  const u64 wanted = std::bit_ceil(std::max(bytes, base::kPageSize));
  if (wanted < size()) return Errno::ebusy;
  capacity_ = wanted;
  return capacity_;
}

void Pipe::push(std::span<const u8> bytes) {
  bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  ++edges.readable;
}

std::span<const u8> Pipe::front(std::span<u8> to) const {
  const u64 count = std::min<u64>(to.size(), bytes_.size());
  std::copy_n(bytes_.begin(), count, to.begin());
  return to.first(count);
}

void Pipe::drop(u64 count) {
  const bool was_full = !has_room();
  bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(count));
  if (was_full && has_room()) ++edges.writable;
}

u64 TimerCounter::expirations(Nanos now) const {
  if (!next || now < *next) return 0;
  if (interval.value == 0) return 1;
  return 1 + static_cast<u64>((now - *next).value / interval.value);
}

void TimerCounter::consume(Nanos now) {
  const u64 count = expirations(now);
  if (count == 0) return;
  edges += count;
  if (interval.value == 0) {
    next.reset();
  } else {
    next = after(*next + Nanos(static_cast<i64>(count - 1) * interval.value), interval);
  }
}

}  // namespace emulator::kernel
