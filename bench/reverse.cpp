// rt0_reverse [--until N] [--memory MiB] PROG [ARGS…]: what going backwards costs. Runs the program
// to its end with checkpoints, then goes back in the ways that users do, and prints a line for
// each: how often, median and worst wall time in milliseconds; at the end what all that held.
#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>

#include "bench/program.hpp"
#include "emulator/base/error.hpp"
#include "emulator/base/random.hpp"
#include "emulator/machine/timeline.hpp"

namespace {

using namespace emulator;
using bench::load;
using bench::NoHost;
using machine::Conditions;
using machine::Timeline;

/// Times, in milliseconds.
class Times {
 public:
  template <class F>
  void measure(F&& action) {
    const auto before = std::chrono::steady_clock::now();
    action();
    all_.push_back(
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - before)
            .count());
  }
  void print(const char* what) {
    std::ranges::sort(all_);
    fmt::print("{:<52} {:>5} times  median {:>8.3f} ms  worst {:>8.3f} ms\n", what, all_.size(),
               all_[all_.size() / 2], all_.back());
    std::fflush(stdout);
  }

 private:
  std::vector<double> all_;
};

double peak_mib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

void steps(Timeline& t, u64 end) {
  u64 random = 1;
  Times jumps, first, next, many;
  for (int i = 0; i < 100; ++i) {
    const u64 to = 200 + base::next_random(random) % (end - 200);
    jumps.measure([&] { t.go_to(to); });
    first.measure([&] { t.reverse_step(); });
    for (int n = 0; n < 20; ++n) next.measure([&] { t.reverse_step(); });
  }
  jumps.print("goto, anywhere to anywhere");
  first.print("first step back there");
  next.print("further steps back there");
  t.go_to(end);
  for (int i = 0; i < 2000; ++i) many.measure([&] { t.reverse_step(); });
  many.print("steps back from the end, one after the other");
}

void searches(Timeline& t, u64 end) {
  u64 random = 2;
  Times breakpoints, writes, registers, watches;
  for (int i = 0; i < 20; ++i) {
    const u64 at = end / 2 + base::next_random(random) % (end / 2);
    t.go_to(at);
    const kernel::Thread* const thread = t.machine().kernel().find_thread(t.thread());
    if (thread == nullptr) continue;
    const u64 rip = thread->regs.rip, rsp = thread->regs[cpu::rsp];
    Conditions here, below;
    here.addresses = {rip};
    below.memory.push_back({{Addr(rsp), 8}, machine::WatchKind::change, {}});
    registers.measure([&] { t.last_write({cpu::PlaceKind::gpr, cpu::rbx}, t.thread(), at); });
    writes.measure([&] { t.last_write({Addr(rsp), 8}, at); });
    breakpoints.measure([&] { t.reverse_resume(here); });
    t.go_to(at);
    watches.measure([&] { t.reverse_resume(below); });
  }
  registers.print("who wrote rbx");
  writes.print("who wrote the top of the stack");
  breakpoints.print("back to a breakpoint where it stands");
  watches.print("back to a change of the top of the stack");
  t.go_to(end);
  Conditions never;
  never.memory.push_back({{Addr(0x10), 8}, machine::WatchKind::change, {}});
  Times all, breakpoint;
  all.measure([&] { t.reverse_resume(never); });
  all.print("back to the start with a watch that never hits");
  t.go_to(end);
  Conditions nowhere;
  nowhere.addresses = {0x10};
  breakpoint.measure([&] { t.reverse_resume(nowhere); });
  breakpoint.print("back to the start with such a breakpoint");
}

void run(const std::vector<std::string>& argv, u64 until, u64 bytes) {
  machine::Settings settings;
  settings.kernel.argv = argv;
  const auto image = load(argv[0].c_str());
  NoHost host;
  Times plain, forward;
  {
    machine::Machine machine(settings, image, host);
    machine.stop_at(until);
    plain.measure([&] { (void)machine.run(); });
    fmt::print("{} instructions; {:.1f} MiB\n", machine.retired(), peak_mib());
  }
  plain.print("forwards, without checkpoints");
  Timeline t(settings, image, host, {bytes});
  forward.measure([&] { t.go_to(until); });
  forward.print("forwards, with checkpoints");
  const u64 end = t.position();
  const auto held = [&t] {
    fmt::print("{} checkpoints, {:.1f} MiB; peak of all {:.1f} MiB\n", t.checkpoints(),
               static_cast<double>(t.checkpoint_bytes()) / (1 << 20), peak_mib());
  };
  held();
  steps(t, end);
  held();
  searches(t, end);
  held();
}

}  // namespace

int main(int argc, char** argv) {
  u64 until = ~u64{0}, mib = 256;
  int at = 1;
  for (; at + 1 < argc && argv[at][0] == '-'; at += 2)
    (std::strcmp(argv[at], "--until") == 0 ? until : mib) = std::strtoull(argv[at + 1], nullptr, 0);
  if (at >= argc) {
    fmt::print(stderr, "usage: rt0_reverse [--until N] [--memory MiB] PROG [ARGS…]\n");
    return 2;
  }
  try {
    run({argv + at, argv + argc}, until, mib << 20);
  } catch (const std::exception& e) {
    fmt::print(stderr, "rt0_reverse: {}\n", e.what());
    return 2;
  }
}
