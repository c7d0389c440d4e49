// record_replay --trace FILE [OPTIONS] PROG [ARGS…]: replays a trace of level instruction and,
// beside it, runs the program again, with the options that the trace was made with; at --points
// places and at the end the states must be the same: all threads' registers, all mappings, all of
// memory. Status 0: they are; 1: they are not; 2: bad usage.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <set>

#include "emulator/base/error.hpp"
#include "emulator/base/hex.hpp"
#include "tests/record/replay.hpp"
#include "tools/rt0/session.hpp"
#include "traces/format/reader.hpp"

namespace {

using namespace tests::record;
using emulator::base::hex;
using emulator::machine::Machine;

/// The program's second run: what it prints has been seen, what it reads it reads again.
class SilentHost final : public emulator::kernel::Host {
 public:
  emulator::kernel::Result<emulator::u64> write_output(int, std::span<const u8> bytes) override {
    return bytes.size();
  }
  emulator::kernel::Result<emulator::u64> read_input(std::span<u8> to) override {
    const auto got = ::read(STDIN_FILENO, to.data(), to.size());
    return got > 0 ? static_cast<emulator::u64>(got) : 0;
  }
};

struct Differs {
  std::string what;
};

void same(u64 replayed, u64 real, const std::string& what) {
  if (replayed != real)
    throw Differs{
        fmt::format("{}: replayed {}, in the machine {}", what, hex(replayed), hex(real))};
}

void compare_threads(const Replay& replay, const Machine& machine) {
  for (const auto& t : machine.kernel().threads()) {
    if (t->state == emulator::kernel::ThreadState::dead) continue;
    const auto found = replay.threads().find(static_cast<u32>(t->tid));
    if (found == replay.threads().end())
      throw Differs{fmt::format("t{} is not in the trace", t->tid)};
    const auto& regs = machine.registers(*t);
    const ThreadState& mine = found->second;
    const auto check = [&](Reg reg, u64 real) {
      same(mine.scalar[static_cast<unsigned>(reg)], real, fmt::format("t{} {}", t->tid, name(reg)));
    };
    for (unsigned i = 0; i < 16; ++i) check(gpr(i), regs.gpr(i));
    check(Reg::rflags, regs.rflags());
    check(Reg::fs_base, regs.fs_base());
    check(Reg::gs_base, regs.slots[emulator::cpu::kSlotGsBase]);
    check(Reg::mxcsr, regs.mxcsr);
    for (unsigned i = 0; i < 16; ++i)
      for (unsigned w = 0; w < 4; ++w) {
        u64 real;
        std::memcpy(&real, regs.ymm[i].bytes.data() + 8 * w, 8);
        same(mine.vector[i][w], real, fmt::format("t{} ymm{}, word {}", t->tid, i, w));
      }
  }
}

/// Mappings as lines that do not depend on how they were cut.
std::map<u64, std::pair<u64, std::string>> lines(auto&& each) {
  std::map<u64, std::pair<u64, std::string>> out;
  each([&](u64 start, u64 end, std::string protection) {
    if (!out.empty()) {
      auto& [last_end, last] = out.rbegin()->second;
      if (last_end == start && last == protection) {
        last_end = end;
        return;
      }
    }
    out[start] = {end, std::move(protection)};
  });
  return out;
}

void compare_maps(const Replay& replay, const Machine& machine) {
  const auto mine = lines([&](auto line) {
    for (const auto& [start, m] : replay.maps()) line(start, m.end, m.protection);
  });
  const auto real = lines([&](auto line) {
    for (const auto& [start, r] : machine.memory().regions()) {
      std::string text = "---";
      for (unsigned i = 0; i < 3; ++i)
        if (r.protection >> i & 1) text[i] = "rwx"[i];
      line(start, r.end, text);
    }
  });
  for (const auto& [start, line] : real)
    if (const auto it = mine.find(start); it == mine.end() || it->second != line)
      throw Differs{fmt::format(
          "mapping at {}: to {}, {} in the machine; replayed {}", hex(start), hex(line.first),
          line.second,
          it == mine.end() ? "none"
                           : fmt::format("to {}, {}", hex(it->second.first), it->second.second))};
  same(mine.size(), real.size(), "mappings");
}

void compare_page(const Replay& replay, u64 page, std::span<const u8> real) {
  const auto found = replay.pages().find(page);
  const auto mine = found != replay.pages().end() ? found->second : replay.untouched(page);
  if (std::memcmp(mine.data(), real.data(), kPage) == 0) return;
  for (u64 i = 0; i < kPage; ++i)
    same(mine[i], real[i], fmt::format("the byte at {}", hex(page * kPage + i)));
}

/// Pages that neither side has touched hold what their mapping says.
void compare_memory(const Replay& replay, const Machine& machine) {
  std::array<u8, kPage> real{};
  machine.memory().for_each_page(
      [&](u64 page, std::span<const u8, kPage> held) { compare_page(replay, page, held); });
  for (const auto& [page, bytes] : replay.pages()) {
    if (machine.memory().page_touched(page)) continue;
    if (!machine.memory().peek(emulator::Addr(page * kPage), real))
      throw Differs{fmt::format("page {} is not mapped in the machine", hex(page * kPage))};
    compare_page(replay, page, real);
  }
}

void compare(const Replay& replay, const Machine& machine, u64 at) {
  try {
    same(replay.incomplete(), 0, "what records leave out");
    compare_threads(replay, machine);
    compare_maps(replay, machine);
    compare_memory(replay, machine);
  } catch (Differs& d) {
    throw Differs{fmt::format("before instruction {}: {}", at, d.what)};
  }
}

/// Where states are compared. Not where a signal is delivered: its record may be that of a fault
/// which the instruction there is yet to raise.
struct Plan {
  std::set<u64> points;
  u64 end = 0;
  bool exits = false;
};

Plan plan(const std::string& trace, u64 points) {
  const auto reader = open_trace(trace);
  if (reader->header().level != Level::Instruction)
    emulator::base::user_error("{} is not of level instruction", trace);
  Plan p;
  std::set<u64> signals;
  while (const Event* e = reader->next()) {
    if (std::holds_alternative<Signal>(*e)) signals.insert(stamp(*e).n);
    if (const auto* s = std::get_if<State>(e); s != nullptr && s->why == "part")
      signals.insert(s->n);
    if (const auto* i = std::get_if<Insn>(e)) p.end = std::max(p.end, i->n + 1);
    p.exits |= std::holds_alternative<Exit>(*e);
  }
  for (u64 i = 0; i < points; ++i) {
    u64 at = static_cast<u64>(static_cast<double>(p.end) * static_cast<double>(i) /
                              static_cast<double>(points));
    while (signals.contains(at)) ++at;
    if (at < p.end) p.points.insert(at);
  }
  return p;
}

void replay_all(const std::string& trace, u64 points, const rt0::RunOptions& options) {
  const Plan p = plan(trace, points);
  SilentHost host;
  rt0::Session session(options, &host);
  session.machine().kernel().on.notice = nullptr;
  Replay replay(session.program().bytes);
  const auto reader = open_trace(trace);
  const Event* next = reader->next();
  const auto apply_until = [&](u64 point) {
    while (next != nullptr && !(std::holds_alternative<Insn>(*next) && stamp(*next).n >= point))
      replay.apply(*next), next = reader->next();
  };
  for (const u64 point : p.points) {
    session.machine().stop_at(point);
    (void)session.run();
    apply_until(point);
    compare(replay, session.machine(), point);
  }
  session.machine().stop_at(p.exits ? ~u64{0} : p.end);
  (void)session.run();
  apply_until(~u64{0});
  compare(replay, session.machine(), p.end);
  fmt::print("{} instructions replayed, the same at {} points and at the end\n", p.end,
             p.points.size());
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("replays a trace and compares it with the machine");
  std::string trace;
  u64 points = 1000;
  rt0::RunOptions options;
  app.add_option("--trace", trace)->required();
  app.add_option("--points", points);
  rt0::add_run_options(app, options);
  CLI11_PARSE(app, argc, argv);
  try {
    rt0::take_program(app, options);
    replay_all(trace, points, options);
    return 0;
  } catch (const Differs& d) {
    fmt::print("{}\n", d.what);
    return 1;
  } catch (const std::exception& e) {
    fmt::print(stderr, "record_replay: {}\n", e.what());
    return 2;
  }
}
