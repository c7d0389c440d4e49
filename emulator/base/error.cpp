#include "emulator/base/error.hpp"

#include <cstdio>
#include <cstdlib>

namespace emulator::base {

void check_failed(const char* expression, const char* file, int line, const std::string& why) {
  const std::string text = fmt::format(
      "rt0: internal error: {} ({}) at {}:{}. This is a bug in rt0; please report it.\n", why,
      expression, file, line);
  std::fputs(text.c_str(), stderr);  // nobody can be told when that fails
  std::abort();
}

}  // namespace emulator::base
