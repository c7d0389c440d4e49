/// Which steps in the lives of goroutines and threads are told, and which are like those that were
/// told before: a program may have a thousand goroutines that all do the same, or two that wake
/// each other a million times.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>

#include "traces/format/event.hpp"

namespace rt0 {

/// The goroutine whose life a step is part of: the first that its changes speak of ("g17"), else
/// the one that takes it; "" when there is none.
std::string subject_of(const traces::format::Step& step);

class Lives {
 public:
  static constexpr std::size_t kAlike = 5;  ///< goroutines that begin at one function
  static constexpr unsigned kAgain = 2;     ///< times that one of them does the same

  /// In the order of instructions.
  bool tells(const traces::format::Step& step);
  /// Where a goroutine begins, as "main.worker"; "" when that was not told.
  std::string_view begin_of(std::string_view goroutine) const;
  /// Does it live as others do that were told before?
  bool is_like_others(std::string_view goroutine) const { return others_.contains(goroutine); }

 private:
  void born(const traces::format::Step& step);

  std::map<std::string, std::string, std::less<>> begins_;   ///< goroutine → function
  std::map<std::string, std::size_t, std::less<>> numbers_;  ///< function → goroutines
  std::set<std::string, std::less<>> others_;
  std::map<std::tuple<std::string, std::string, std::string>, unsigned> times_;
};

}  // namespace rt0
