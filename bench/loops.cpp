// rt0_loops PROG [ARGS…]: how many guest instructions a second each of the two loops retires on a
// program. Prints one line a loop: name, instructions, CPU seconds, million instructions a CPU
// second.
#include <fmt/format.h>
#include <sys/resource.h>

#include <cstdio>

#include "bench/program.hpp"
#include "emulator/base/error.hpp"
#include "emulator/machine/machine.hpp"

namespace {

using namespace emulator;
using bench::load;
using bench::NoHost;

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

void measure(const char* name, bool observe, const std::shared_ptr<const kernel::ElfImage>& image,
             const std::vector<std::string>& argv) {
  machine::Settings settings;
  settings.kernel.argv = argv;
  NoHost host;
  machine::Machine machine(settings, image, host);
  u64 effects = 0;
  // What every consumer does at least: look at each effect.
  machine.on.retired = [&effects](const kernel::Thread&, const machine::Retired& r) {
    for (const cpu::Effect& e : r.effects) effects += e.after[0] & 1;
  };
  machine.observe(observe);
  const double before = cpu_seconds();
  (void)machine.run();
  const double spent = cpu_seconds() - before;
  fmt::print("{:<9} {:>12} instructions {:>8.3f} s {:>8.1f} MIPS\n", name, machine.retired(), spent,
             static_cast<double>(machine.retired()) / spent / 1e6);
  if (observe) fmt::print(stderr, "(checksum {})\n", effects);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    fmt::print(stderr, "usage: rt0_loops PROG [ARGS…]\n");
    return 2;
  }
  try {
    const auto image = load(argv[1]);
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    measure("fast", false, image, arguments);
    measure("observed", true, image, arguments);
  } catch (const std::exception& e) {
    fmt::print(stderr, "rt0_loops: {}\n", e.what());
    return 2;
  }
}
