/// The state of a machine, worked out from the events of a trace alone and the program's file:
/// what docs/handbook/trace_format.md says a reader can do. Knows nothing of the emulator.
#pragma once

#include <array>
#include <map>
#include <span>
#include <string>
#include <unordered_map>

#include "traces/format/event.hpp"

namespace tests::record {

using namespace traces::format;  // NOLINT: a test vocabulary

inline constexpr u64 kPage = 4096;

struct ThreadState {
  std::array<u64, 20> scalar{};  // by Reg
  std::array<std::array<u64, 4>, 16> vector{};
};

/// A line of the map: [its key, end).
struct Mapped {
  u64 end = 0;
  std::string protection;
  u64 offset = 0, from_file = 0;  // as Mapping has them
};

class Replay {
 public:
  explicit Replay(std::span<const u8> program) : program_(program) {}

  void apply(const Event& event);

  const std::map<u32, ThreadState>& threads() const { return threads_; }
  const std::map<u64, Mapped>& maps() const { return maps_; }
  /// The pages that something was written to; all others hold what their mapping says.
  const std::unordered_map<u64, std::array<u8, kPage>>& pages() const { return pages_; }
  std::array<u8, kPage> untouched(u64 page) const;
  /// Events that left something out.
  u64 incomplete() const { return incomplete_; }

 private:
  void change(ThreadState& thread, const Changes& changes);
  void write(const MemEffect& effect, std::span<const u8> value);
  void map(const Mapping& m);
  void split(u64 at);

  std::span<const u8> program_;
  std::map<u32, ThreadState> threads_;
  std::map<u64, Mapped> maps_;
  std::unordered_map<u64, std::array<u8, kPage>> pages_;
  u64 incomplete_ = 0;
};

}  // namespace tests::record
