#include "emulator/base/error.hpp"

#include <cstdio>
#include <cstdlib>

namespace emulator::base {

void check_failed(const char* expression, const char* file, int line, const std::string& why) {
  fmt::print(stderr,
             "rt0: internal error: {} ({}) at {}:{}. This is a bug in rt0; please report it.\n",
             why, expression, file, line);
  std::abort();
}

}  // namespace emulator::base
