#include "tests/record/replay.hpp"

#include <algorithm>

namespace tests::record {

void Replay::apply(const Event& event) {
  if (const auto* insn = std::get_if<Insn>(&event)) return change(threads_[insn->t], *insn);
  const auto* state = std::get_if<State>(&event);
  if (state == nullptr) return;
  for (const Mapping& m : state->maps) map(m);
  change(threads_[state->t], *state);
}

void Replay::change(ThreadState& thread, const Changes& changes) {
  for (const RegWrite& w : changes.regs()) {
    const auto id = static_cast<unsigned>(w.reg);
    if (w.reg < Reg::xmm0)
      thread.scalar.at(id) = w.value[0];
    else
      std::copy_n(w.value.begin(), words(w.reg), thread.vector[id % 16].begin());
  }
  for (const MemEffect& e : changes.memory()) {
    if (e.kind != Access::Write) continue;
    incomplete_ += !e.valued;
    write(e, changes.value(e));
  }
  incomplete_ += changes.more;
}

void Replay::write(const MemEffect& e, std::span<const u8> value) {
  if (value.empty()) return;
  for (u64 i = 0; i < e.size;) {
    const u64 at = e.addr.value + i, page = at / kPage;
    const auto [it, fresh] = pages_.try_emplace(page);
    if (fresh) it->second = untouched(page);
    const u64 n = std::min<u64>(e.size - i, kPage - at % kPage);
    u8* const to = it->second.data() + at % kPage;
    if (e.repeated)
      for (u64 j = 0; j < n; ++j) to[j] = value[(i + j) % value.size()];
    else
      std::copy_n(value.begin() + static_cast<std::ptrdiff_t>(i), n, to);
    i += n;
  }
}

std::array<u8, kPage> Replay::untouched(u64 page) const {
  std::array<u8, kPage> bytes{};
  auto it = maps_.upper_bound(page * kPage);
  if (it == maps_.begin()) return bytes;
  --it;
  const u64 from = page * kPage - it->first;
  const Mapped& m = it->second;
  if (m.end <= page * kPage || from >= m.from_file) return bytes;
  std::copy_n(program_.begin() + static_cast<std::ptrdiff_t>(m.offset + from),
              std::min(m.from_file - from, kPage), bytes.begin());
  return bytes;
}

void Replay::split(u64 at) {
  auto it = maps_.upper_bound(at);
  if (it == maps_.begin()) return;
  --it;
  if (it->first == at || it->second.end <= at) return;
  Mapped right = it->second;
  const u64 left = at - it->first;
  right.offset += left;
  right.from_file -= std::min(right.from_file, left);
  it->second.from_file = std::min(it->second.from_file, left);
  it->second.end = at;
  maps_.emplace(at, std::move(right));
}

void Replay::map(const Mapping& m) {
  const u64 start = m.addr.value, end = start + m.size;
  split(start), split(end);
  if (m.kept) {
    for (auto it = maps_.lower_bound(start); it != maps_.end() && it->first < end; ++it)
      it->second.protection = m.protection;
    return;
  }
  maps_.erase(maps_.lower_bound(start), maps_.lower_bound(end));
  if (m.size / kPage > pages_.size())
    std::erase_if(pages_,
                  [&](const auto& p) { return p.first >= start / kPage && p.first < end / kPage; });
  else
    for (u64 page = start / kPage; page < end / kPage; ++page) pages_.erase(page);
  if (!m.protection.empty()) maps_[start] = {end, m.protection, m.offset, m.from_file};
}

}  // namespace tests::record
