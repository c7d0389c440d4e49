// rt0_loops PROG [ARGS…]: how many guest instructions a second each of the two loops retires on a
// program, the observed one for who looks at every effect and for who follows every instruction by
// its facts and addresses, as a timing core does. Prints one line each: name, instructions, CPU seconds, million instructions a CPU
// second.
#include <fmt/format.h>
#include <sys/resource.h>

#include <cstdio>
#include <functional>

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

using Hear = std::function<void(const kernel::Thread&, const machine::Retired&)>;

/// `hear`: of every instruction, in the observed loop; without it the fast one runs.
void measure(const char* name, const Hear& hear,
             const std::shared_ptr<const kernel::ElfImage>& image,
             const std::vector<std::string>& argv) {
  machine::Settings settings;
  settings.kernel.argv = argv;
  NoHost host;
  machine::Machine machine(settings, image, host);
  machine::Observer observer(machine);
  observer.on.retired = hear;
  observer.observe(hear != nullptr);
  const double before = cpu_seconds();
  (void)machine.run();
  const double spent = cpu_seconds() - before;
  fmt::print("{:<9} {:>12} instructions {:>8.3f} s {:>8.1f} MIPS\n", name, machine.retired(), spent,
             static_cast<double>(machine.retired()) / spent / 1e6);
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
    u64 sum = 0;
    measure("fast", nullptr, image, arguments);
    measure(
        "observed",
        [&sum](const kernel::Thread&, const machine::Retired& r) {
          for (const cpu::Effect& e : r.effects) sum += e.after[0] & 1;
        },
        image, arguments);
    measure(
        "followed",
        [&sum](const kernel::Thread&, const machine::Retired& r) {
          const decode::InsnFacts& f = *r.facts;
          sum += f.form + f.flags_read + (f.transfers() && r.taken ? r.next.value : f.length);
          if (f.bits & (decode::InsnFacts::kLoads | decode::InsnFacts::kStores))
            for (const cpu::Effect& e : r.accesses()) sum += e.address.value;
        },
        image, arguments);
    fmt::print(stderr, "(checksum {})\n", sum);
  } catch (const std::exception& e) {
    fmt::print(stderr, "rt0_loops: {}\n", e.what());
    return 2;
  }
}
