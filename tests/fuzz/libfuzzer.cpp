// What libFuzzer calls; RT0_FUZZ_TARGET is the target's name.
#include <cstddef>

#include "tests/fuzz/target.hpp"

extern "C" int LLVMFuzzerTestOneInput(const emulator::u8* data, std::size_t size) {
  static const fuzz::Target& target = *fuzz::find_target(RT0_FUZZ_TARGET);
  target.run({data, size});
  return 0;
}
