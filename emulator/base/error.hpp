/// The kinds of failure, never mixed. (A guest fault is none of these: it is a value,
/// `cpu::GuestFault`.)
#pragma once

#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <utility>

namespace emulator::base {

/// Bad usage, unreadable input, a host that refuses: one sentence for the user; exit status 2.
class UserError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The guest used something that rt0 does not emulate. The message names it: address, bytes,
/// disassembly; exit status 3.
class Unimplemented : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A limit that the user set, or a named limit of the machine, was reached; exit status 4.
class LimitReached : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Exit statuses of rt0's own failures.
enum ExitStatus : int {
  kExitFine = 0,
  kExitDifference = 1,
  kExitBadInput = 2,
  kExitUnimplemented = 3,
  kExitLimit = 4
};

template <class... Args>
[[noreturn]] void user_error(fmt::format_string<Args...> text, Args&&... args) {
  throw UserError(fmt::format(text, std::forward<Args>(args)...));
}

/// Prints what was violated and where, then aborts. Called by RT0_CHECK.
[[noreturn]] void check_failed(const char* expression, const char* file, int line,
                               const std::string& why);

}  // namespace emulator::base

/// An invariant of rt0 itself. Stays on in every build; a failure is our bug, never the user's.
#define RT0_CHECK(expression, why)                                            \
  do {                                                                        \
    if (!(expression)) [[unlikely]]                                           \
      ::emulator::base::check_failed(#expression, __FILE__, __LINE__, (why)); \
  } while (false)
