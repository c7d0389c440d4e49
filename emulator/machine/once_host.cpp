#include "emulator/machine/once_host.hpp"

#include <algorithm>

namespace emulator::machine {

bool OnceHost::Turn::operator==(const Turn& other) const {
  if (!answer || !other.answer) return !answer && !other.answer;
  if (!*answer || !*other.answer)
    return !*answer && !*other.answer && answer->error() == other.answer->error();
  return **answer == **other.answer;
}

OnceHost::Answer OnceHost::write_output(int fd, std::span<const u8> bytes) {
  if (next_ < made_) return expected(next_++, fd, bytes.size());
  const Answer answer = real_.write_output(fd, bytes);
  const bool whole = answer && *answer == bytes.size();
  const Turn turn = whole ? Turn{} : Turn{answer};
  Turns& turns = streams_[fd];
  const Turn before = turns.empty() ? Turn{} : turns.rbegin()->second;
  if (turn != before) turns.emplace(next_, turn);
  made_ = ++next_;
  return answer;
}

OnceHost::Answer OnceHost::expected(u64 number, int fd, u64 size) const {
  const auto stream = streams_.find(fd);
  if (stream == streams_.end()) return size;
  const auto next = stream->second.upper_bound(number);
  if (next == stream->second.begin()) return size;
  const auto& answer = std::prev(next)->second.answer;
  if (!answer) return size;
  return *answer ? std::min(**answer, size) : *answer;
}

bool OnceHost::as_expected_from(u64 number) const {
  return std::ranges::all_of(streams_, [number](const auto& stream) {
    return stream.second.lower_bound(number) == stream.second.end();
  });
}

void OnceHost::forget_future() {
  made_ = next_;
  for (auto& [fd, turns] : streams_) turns.erase(turns.lower_bound(next_), turns.end());
}

}  // namespace emulator::machine
