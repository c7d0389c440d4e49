/// What was asked of the mounted directories, and what they answered: for a guest whose past is
/// executed again. Until it comes to where it was, every answer is the one of the first time, and
/// nothing happens on the host.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <type_traits>
#include <variant>
#include <vector>

#include "emulator/base/error.hpp"
#include "emulator/kernel/host_directory.hpp"

namespace emulator::kernel {

class HostLog {
 public:
  /// `most`: bytes of answers; a question when there are more throws base::LimitReached.
  explicit HostLog(u64 most) : most_(most) {}

  /// How many questions the guest has asked, at the point of its past where it stands.
  u64 position() const { return next_; }
  void go_to(u64 position) { next_ = position; }
  /// What lay ahead will not come again.
  void forget_future();
  /// Called before a question that is new; another machine that shares the log may go and ask it.
  std::function<void()> before_new;

  /// The answer: of the first time, or what `act` says. Bytes that belong to it are in `bytes`.
  template <class T, class Act>
  T once(std::span<u8> bytes, Act act) {
    if (next_ == entries_.size() && before_new) before_new();
    if (next_ < entries_.size()) {
      const Entry& entry = entries_[next_++];
      const T* const answer = std::get_if<T>(&entry.answer);
      RT0_CHECK(answer != nullptr && entry.bytes.size() <= bytes.size(),
                "the guest's past asks the host something else than before");
      std::ranges::copy(entry.bytes, bytes.begin());
      return *answer;
    }
    require_room();
    T answer = act();
    u64 filled = 0;
    if constexpr (std::is_same_v<T, Result<u64>>) {
      if (answer) filled = std::min<u64>(*answer, bytes.size());
    }
    keep({answer, {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(filled)}});
    return answer;
  }

 private:
  struct Entry {
    std::variant<Failure, Result<u64>, Result<HostStatus>, Result<std::vector<HostEntry>>,
                 Result<std::string>, Result<std::shared_ptr<const HostFile>>>
        answer;
    std::vector<u8> bytes;
  };
  static u64 size_of(const Entry& entry);
  void require_room() const;
  void keep(Entry entry);

  std::vector<Entry> entries_;
  u64 next_ = 0;
  u64 bytes_ = 0, most_;
};

/// Without a log everything is done each time.
template <class T, class Act>
T once(const std::shared_ptr<HostLog>& log, Act act, std::span<u8> bytes = {}) {
  return log != nullptr ? log->once<T>(bytes, act) : act();
}

}  // namespace emulator::kernel
