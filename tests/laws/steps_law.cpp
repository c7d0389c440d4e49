// The law of the story: what a step tells is as it says, where it says it. The program runs twice.
// First with the models beside its real code, which tell their steps; then alone, and at both ends
// of each step's span memory is held against what was told: in front of the first instruction the
// values before, behind the last those after; and the thread stands on the stack of the goroutine
// that was named.
//
//     steps_law [--seed N]… [--cores N] PROGRAM [ARGS…]
//
// Status 0: the law holds; 1: it does not; 2: bad usage.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include "emulator/base/error.hpp"
#include "emulator/machine/machine.hpp"
#include "runtime_model/boot/models.hpp"
#include "runtime_model/golang/names.hpp"
#include "runtime_model/heap/models.hpp"
#include "runtime_model/model/checker.hpp"
#include "runtime_model/model/peek.hpp"
#include "runtime_model/preempt/models.hpp"
#include "runtime_model/sched/models.hpp"
#include "runtime_model/stack/models.hpp"
#include "runtime_model/thread/models.hpp"

namespace {

using namespace emulator;
using namespace runtime_model;

constexpr std::size_t kShown = 20;              // failures that are listed
constexpr u64 kMostInstructions = 200'000'000;  // longer programs are judged up to there

class Silent final : public kernel::Host {
 public:
  kernel::Result<u64> write_output(int, std::span<const u8> bytes) override { return bytes.size(); }
  kernel::Result<u64> read_input(std::span<u8>) override { return u64{0}; }
};

struct Program {
  std::vector<u8> bytes;
  std::shared_ptr<const kernel::ElfImage> image;
  std::vector<std::string> argv;
};

/// A step as it was told, with the values themselves.
struct Claim {
  std::string id;
  u64 first, number;
  int thread;
  Addr g;
  std::vector<model::Write> writes;
};

struct Count {
  u64 steps = 0, fields = 0, without = 0, interleaved = 0, broken = 0;
};

machine::Settings settings_of(const Program& p, u64 seed, unsigned cores) {
  machine::Settings s;
  s.kernel.argv = p.argv;
  s.kernel.seed = seed;
  s.profile.cores = s.kernel.cores = cores;
  s.max_instructions = kMostInstructions;
  return s;
}

model::Registry every_model() {
  model::Registry r;
  stack::add_models(r), heap::add_models(r), thread::add_models(r);
  sched::add_models(r), preempt::add_models(r), boot::add_models(r);
  return r;
}

class Law {
 public:
  Law(const Program& program, u64 seed, unsigned cores)
      : program_(program),
        seed_(seed),
        cores_(cores),
        symbols_(golang::SymbolTable::load(*program.image)),
        guest_(*program.image, symbols_, golang::read_build_info(*program.image)) {}

  Count judge() {
    collect();
    visit();
    doubt();
    return count_;
  }

 private:
  struct Doubt {
    const Claim* claim;
    const model::Write* write;
    bool behind;
    std::vector<u8> found;
  };

  /// The first run: what is told.
  void collect() {
    machine::Machine m(settings_of(program_, seed_, cores_), program_.image, host_);
    const auto registry = every_model();
    model::Checker checker(guest_, registry, m, [](Addr) { return std::string(); });
    checker.listener = [&](const model::Told& t) {
      if (t.verdict == model::Verdict::contradicted) return;  // it is said that it is wrong
      claims_.push_back({t.step.id, t.first, t.number, t.thread, t.standing.g, t.step.writes});
    };
    checker.attach();
    run(m, kMostInstructions);
    checker.finish();
  }

  static void run(machine::Machine& m, u64 until) {
    m.stop_at(until);
    try {
      (void)m.run();
    } catch (const base::LimitReached&) {
    }
  }

  /// The second run: what is so.
  void visit() {
    std::map<u64, std::vector<std::pair<const Claim*, bool>>> places;  // true: behind
    for (const Claim& c : claims_) {
      places[c.first].emplace_back(&c, false);
      places[c.number + 1].emplace_back(&c, true);
    }
    machine::Machine m(settings_of(program_, seed_, cores_), program_.image, host_);
    for (const auto& [position, claims] : places) {
      if (m.retired() < position) run(m, position);
      for (const auto& [claim, behind] : claims) compare(m, *claim, behind);
    }
  }

  void compare(machine::Machine& m, const Claim& c, bool behind) {
    if (behind) {
      ++count_.steps, count_.fields += c.writes.size(), count_.without += c.writes.empty();
      check_goroutine(m, c);
    }
    for (const model::Write& w : c.writes) {
      const auto& wanted = behind ? w.after : w.before;
      std::vector<u8> found(wanted.size());
      if (!m.memory().peek(w.address, found) || found != wanted)
        doubts_.push_back({&c, &w, behind, std::move(found)});
    }
  }

  void check_goroutine(machine::Machine& m, const Claim& c) {
    const kernel::Thread* t = m.kernel().find_thread(c.thread);
    if (t == nullptr || c.g == Addr()) return;
    const u64 sp = m.registers(*t)[cpu::rsp];
    const auto lo = model::peek<u64>(m.memory(), c.g + guest_.offset.g_lo);
    const auto hi = model::peek<u64>(m.memory(), c.g + guest_.offset.g_hi);
    if (sp >= lo && sp < hi) return;
    broken(fmt::format("{} at {}: t{} stands at {:#x}, not on the stack {:#x} to {:#x}", c.id,
                       c.number, c.thread, sp, lo, hi));
  }

  /// What is not as it was told is excused by another thread's write within the span, alone.
  void doubt() {
    if (doubts_.empty()) return;
    std::ranges::sort(doubts_, {}, [](const Doubt& d) { return d.claim->first; });
    machine::Machine m(settings_of(program_, seed_, cores_), program_.image, host_);
    std::set<const Doubt*> excused;
    machine::Observer observer(m);
    observer.on.retired = [&](const kernel::Thread& t, const machine::Retired& r) {
      for (const Doubt& d : doubts_) {
        if (t.tid == d.claim->thread || r.number < d.claim->first || r.number > d.claim->number)
          continue;
        for (const auto& e : r.effects)
          if (e.kind == cpu::PlaceKind::memory_write &&
              e.address.value < d.write->address.value + d.write->after.size() &&
              d.write->address.value < e.address.value + e.size)
            excused.insert(&d);
      }
    };
    u64 until = 0;
    for (const Doubt& d : doubts_) {
      if (d.claim->first >= until) observer.observe(false), run(m, d.claim->first);
      until = std::max(until, d.claim->number + 1);
      observer.observe(true), run(m, until);
    }
    for (const Doubt& d : doubts_)
      if (excused.contains(&d))
        ++count_.interleaved;
      else
        broken(text_of(d));
  }

  static std::string text_of(const Doubt& d) {
    const auto& wanted = d.behind ? d.write->after : d.write->before;
    return fmt::format("{} [{}, {}] t{}: {} {:#x} holds {} and not {}", d.claim->id, d.claim->first,
                       d.claim->number, d.claim->thread, d.behind ? "behind it" : "in front of it",
                       d.write->address.value, hex(d.found), hex(wanted));
  }
  static std::string hex(const std::vector<u8>& bytes) {
    std::string out;
    for (std::size_t i = 0; i < std::min<std::size_t>(bytes.size(), 16); ++i)
      out += fmt::format("{:02x}", bytes[i]);
    return out;
  }
  void broken(const std::string& text) {
    if (++count_.broken <= kShown) fmt::print("  {}\n", text);
  }

  const Program& program_;
  u64 seed_;
  unsigned cores_;
  Silent host_;
  golang::SymbolTable symbols_;
  model::Guest guest_;
  std::vector<Claim> claims_;
  std::vector<Doubt> doubts_;
  Count count_;
};

Program load(const std::vector<std::string>& command) {
  Program p;
  std::ifstream in(command.front(), std::ios::binary);
  if (!in) base::user_error("cannot read {}", command.front());
  p.bytes.assign(std::istreambuf_iterator<char>(in), {});
  p.image = std::make_shared<const kernel::ElfImage>(kernel::parse_elf(p.bytes));
  p.argv = command;
  p.argv.front() = p.argv.front().substr(p.argv.front().rfind('/') + 1);
  return p;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<u64> seeds;
  unsigned cores = 2;
  int i = 1;
  for (; i + 1 < argc && argv[i][0] == '-'; i += 2) {
    if (std::string_view(argv[i]) == "--seed")
      seeds.push_back(std::strtoull(argv[i + 1], nullptr, 10));
    else if (std::string_view(argv[i]) == "--cores")
      cores = static_cast<unsigned>(std::strtoul(argv[i + 1], nullptr, 10));
    else
      i = argc;
  }
  if (i >= argc) {
    fmt::print(stderr, "usage: steps_law [--seed N]... [--cores N] PROGRAM [ARGS...]\n");
    return base::kExitBadInput;
  }
  if (seeds.empty()) seeds.push_back(0);
  try {
    const Program program = load({argv + i, argv + argc});
    u64 broken = 0;
    for (const u64 seed : seeds) {
      const Count c = Law(program, seed, cores).judge();
      fmt::print(
          "{} seed {}: {} steps, {} without a field, {} fields; {} written by another thread in "
          "between, {} not as told\n",
          program.argv.front(), seed, c.steps, c.without, c.fields, c.interleaved, c.broken);
      broken += c.broken;
    }
    return broken == 0 ? 0 : base::kExitDifference;
  } catch (const base::UserError& e) {
    fmt::print(stderr, "steps_law: {}\n", e.what());
    return base::kExitBadInput;
  }
}
