// Goroutines: all of them, and one of them.
#include <algorithm>

#include "emulator/base/error.hpp"
#include "emulator/base/hex.hpp"
#include "tools/rt0/debug/gmp.hpp"
#include "tools/rt0/debug/goroutines.hpp"
#include "tools/rt0/debug/moment.hpp"
#include "tools/rt0/landmarks.hpp"

namespace rt0::debug {

using emulator::base::hex;
using emulator::base::user_error;
using golang::G;

namespace {

constexpr unsigned kWide = 110;  // columns with which the go statement is shown, too

/// The goroutines that were asked for, and how many there are besides.
class Goroutines : public Answer {
 public:
  struct Row {
    GoroutineInfo info;
    std::optional<u64> since;
    std::vector<std::string> frames;
    Data::List frame_fields;
  };

  explicit Goroutines(GoroutineQuery query) : query_(std::move(query)) {}

  std::string_view kind() const override { return "goroutines"; }

  Data::Fields data() const override {
    Data::List list, groups;
    for (const Row& r : rows) {
      Data::Fields f = r.info.fields();
      if (r.since) f.emplace_back("since", *r.since);
      if (query_.frames > 0) f.emplace_back("frames", r.frame_fields);
      list.emplace_back(std::move(f));
    }
    Data::Fields out = {{"goroutines", std::move(list)}, {"matching", matching}, {"dead", dead}};
    for (const auto& [name, count] : group_counts)
      groups.emplace_back(Data::Fields{{"of", name}, {"count", count}});
    if (!query_.group.empty())
      out.insert(out.end(), {{"group", query_.group}, {"groups", std::move(groups)}});
    return out;
  }

  void draw(Page& page) const override {
    if (matching == 0) page.line("No goroutine is like that.");
    if (query_.group.empty()) {
      if (!rows.empty()) heading(page);
      for (const Row& r : rows) draw(page, r);
    } else {
      draw_groups(page);
    }
    if (rows.size() < matching)
      page.line(fmt::format("{} of {} goroutines; \"-limit {}\" shows all.", grouped(rows.size()),
                            grouped(matching), matching));
    if (dead > 0)
      page.line(fmt::format("{} dead one{} kept for reuse: \"goroutines -with status _Gdead\".",
                            grouped(dead), dead == 1 ? " is" : "s are"));
  }

  std::vector<Row> rows;
  std::vector<std::pair<std::string, u64>> group_counts;
  u64 matching = 0, dead = 0;

 private:
  void heading(Page& page) const {
    using Place = GoroutineQuery::Place;
    const std::string_view place = query_.place == Place::user ? "Own code at"
                                   : query_.place == Place::at ? "At"
                                   : query_.place == Place::go ? "Started at"
                                                               : "Begins in";
    page.cut_line(line("G", "Status", "M", "Waits for", std::string(place),
                       page.width() >= kWide && query_.place == Place::user ? "Started at" : ""));
  }

  static std::string line(std::string_view g, std::string_view status, std::string_view m,
                          std::string_view reason, const std::string& place,
                          const std::string& started) {
    std::string out = fmt::format("  {:<6} {:<11} {:<4} {:<17} {}", g, status, m, reason,
                                  started.empty() ? place : padded(place, 36) + " " + started);
    return out;
  }

  void draw(Page& page, const Row& r) const {
    using Place = GoroutineQuery::Place;
    const GoroutineInfo& g = r.info;
    const CodeSpot& place = query_.place == Place::user ? g.user
                            : query_.place == Place::at ? g.at
                            : query_.place == Place::go ? g.go
                                                        : g.start;
    std::string text =
        line(g.name, g.status, g.m, g.reason.empty() ? "-" : g.reason, place.text(),
             page.width() >= kWide && query_.place == Place::user ? g.go.text() : "");
    if (g.current) text[0] = '*';
    page.cut_line(text);
    if (r.since) page.cut_line(fmt::format("         since instruction {}", grouped(*r.since)));
    for (const std::string& f : r.frames) page.line("    " + f);
  }

  void draw_groups(Page& page) const {
    constexpr u64 kMembers = 5;
    for (const auto& [name, count] : group_counts) {
      page.cut_line(page.paint.bold(
          fmt::format("{}: {} goroutine{}", name, grouped(count), count == 1 ? "" : "s")));
      u64 shown = 0;
      for (const Row& r : rows) {
        if (goroutine_key(r.info, query_.group) != name) continue;
        if (shown++ == kMembers) break;
        draw(page, r);
      }
      if (count > kMembers) page.line(fmt::format("  … {} more", grouped(count - kMembers)));
    }
  }

  GoroutineQuery query_;
};

/// Looks at a goroutine for as long as it lives, then again at what was looked at before.
class LookingAt {
 public:
  LookingAt(Debugger& d, Addr g)
      : d_(d),
        thread_(d.target.thread().tid),
        parked_(d.target.parked()),
        position_(d.target.position()),
        frame_(std::exchange(d.frame, 0)) {
    d_.target.choose_goroutine(g);
  }
  ~LookingAt() {
    if (d_.target.over() || d_.target.position() != position_) return;  // the command moved
    d_.target.choose_thread(d_.target.machine().kernel().find_thread(thread_));
    if (parked_ != Addr()) d_.target.choose_goroutine(parked_);
    (void)d_.frames();
    d_.frame = frame_;
  }
  LookingAt(const LookingAt&) = delete;
  LookingAt& operator=(const LookingAt&) = delete;

 private:
  Debugger& d_;
  emulator::kernel::Tid thread_;
  Addr parked_;
  u64 position_;
  std::size_t frame_;
};

void take_frames(Debugger& d, Goroutines::Row& row, const G& g, u64 most) {
  if (most == 0) return;
  const LookingAt there(d, g.address());
  const auto& frames = d.frames();
  for (std::size_t i = 0; i < std::min<std::size_t>(frames.size(), most); ++i) {
    row.frames.push_back(fmt::format("#{:<2} {}", i, frame_text(d.target, frames[i])));
    row.frame_fields.emplace_back(frame_fields(d.target, i, frames[i]));
  }
}

void execute_for_each(Debugger& d, const Goroutines& found, const std::string& command) {
  const u64 here = d.target.position();
  for (const auto& row : found.rows) {
    const LookingAt there(d, row.info.address);
    d.out.tell(Fact("goroutine", {{"goroutine", row.info.fields()}},
                    fmt::format("\nGoroutine {}: {} {}", row.info.name, row.info.status,
                                row.info.user.text())));
    if (!d.execute(command) || d.target.position() != here) break;
  }
}

void run_goroutines(Debugger& d, const Arguments& a) {
  const GoroutineQuery query = parse_goroutine_query(d, a);
  const auto gs = all_gs(d);
  if (gs.empty())
    return d.out.tell(Fact("goroutines", {{"goroutines", Data::List{}}}, none_made(d.target, 'g')));
  const bool asked_for_dead =
      std::ranges::any_of(query.filters, [](const auto& f) { return f.key == "status" && f.with; });
  Goroutines answer(query);
  const bool needs_places = !query.filters.empty() || !query.group.empty();
  for (const G& g : gs) {
    const bool kept = answer.rows.size() < query.limit;
    Goroutines::Row row{goroutine_info(d, g, kept || needs_places), {}, {}, {}};
    if (row.info.status == "_Gdead" && !asked_for_dead) {
      ++answer.dead;
      continue;
    }
    if (!matches(row.info, query)) continue;
    ++answer.matching;
    if (!query.group.empty()) {
      const std::string name = goroutine_key(row.info, query.group);
      auto it = std::ranges::find(answer.group_counts, name, [](const auto& c) { return c.first; });
      if (it == answer.group_counts.end()) it = answer.group_counts.insert(it, {name, 0});
      ++it->second;
    }
    if (!kept) continue;
    if (query.since) row.since = status_since(d, g);
    take_frames(d, row, g, query.frames);
    answer.rows.push_back(std::move(row));
  }
  std::ranges::stable_sort(answer.group_counts,
                           [](const auto& x, const auto& y) { return x.second > y.second; });
  if (!query.command.empty()) return execute_for_each(d, answer, query.command);
  d.out.tell(answer);
}

/// One of them in some lines.
class OneGoroutine : public Answer {
 public:
  OneGoroutine(Debugger& d, const G& g) : info(goroutine_info(d, g)), since(status_since(d, g)) {
    low = g.stack().lo(), high = g.stack().hi();
    const LookingAt there(d, g.address());
    for (const Frame& f : d.frames()) {
      if (frames.size() == kMost) break;
      frame_data.emplace_back(frame_fields(d.target, frames.size(), f));
      frames.push_back(fmt::format("#{:<2} {}", frames.size(), frame_text(d.target, f)));
    }
  }
  std::string_view kind() const override { return "goroutine"; }
  Data::Fields data() const override {
    Data::Fields out = {{"goroutine", info.fields()}};
    if (since) out.emplace_back("since", *since);
    out.insert(out.end(),
               {{"stack", Data::Fields{{"lo", low}, {"hi", high}}}, {"frames", frame_data}});
    return out;
  }
  void draw(Page& page) const override {
    std::string head = fmt::format("{}: {}", info.name, info.status);
    if (!info.reason.empty()) head += fmt::format(" ({})", info.reason);
    if (since) head += fmt::format(" since instruction {}", grouped(*since));
    if (info.thread != 0) head += fmt::format(", {} on t{}", info.m, info.thread);
    page.line(head);
    if (info.user.pc != Addr()) page.line("  own code at " + info.user.text());
    if (info.go.pc != Addr())
      page.line(fmt::format("  started at {}{}", info.go.text(),
                            info.parent != 0 ? fmt::format(" by g{}", info.parent) : ""));
    page.line(fmt::format("  begins in {}", info.start.text()));
    page.line(fmt::format("  stack {}-{}, {} bytes", hex(low), hex(high), high - low));
    for (const std::string& f : frames) page.line("  " + f);
  }

 private:
  static constexpr std::size_t kMost = 16;
  GoroutineInfo info;
  std::optional<u64> since;
  Addr low, high;
  std::vector<std::string> frames;
  Data::List frame_data;
};

/// "17", "g17"; without a word the one that is looked at.
Addr goroutine_named(Debugger& d, std::string_view word) {
  const std::string name = word.empty() ? "g"
                           : word.starts_with('g')
                               ? std::string(word)
                               : fmt::format("g{}", evaluate_number(d.values, word));
  const auto found = d.target.object(name);
  if (!found) user_error("{}", no_object(d.target, name));
  return found->address;
}

void run_goroutine(Debugger& d, const Arguments& a) {
  d.require_process();
  const auto words = a.words();
  const std::string_view first = words.empty() ? std::string_view() : words.front();
  const std::string command(trimmed(std::string_view(a.text).substr(first.size())));
  const Addr g = goroutine_named(d, first);
  if (!command.empty()) {
    const LookingAt there(d, g);
    if (d.target.parked() != Addr() && find_command(command).command->group == Group::running)
      user_error(
          "{0} does not run now: \"tbreak WHERE thread {0}\" and \"continue\" stop where it "
          "goes on.",
          d.target.names().object(g));
    if (!d.execute(command)) d.fail();
    return;
  }
  const auto before = d.target.thread().tid;
  d.target.choose_goroutine(g);
  d.out.tell(OneGoroutine(d, d.target.views().g(g)));
  if (d.target.parked() != Addr())
    return d.out.tell(
        Fact("looking-at", {{"g", d.target.names().object(g)}},
             fmt::format("[Looking at {}, which no thread runs]", d.target.names().object(g))));
  if (const auto now = d.target.thread().tid; now != before)
    d.out.tell(Fact("looking-at", {{"g", d.target.names().object(g)}, {"t", now}},
                    fmt::format("[Switching to thread t{}]", now)));
}

constexpr Command kCommands[] = {
    {"goroutine", "g gr", Group::runtime, "[N [COMMAND]]",
     "Look at goroutine N: why it waits, where, who started it; or do COMMAND there",
     "Without COMMAND it is looked at from now on: bt, info registers, locals, print $rsp are "
     "about "
     "it until the program moves. Of one that no thread runs, registers are those that it has "
     "saved: rip, rsp, rbp. With COMMAND, as in \"goroutine 5 bt 3\", only that is done there.",
     "g 1", false, Completes::expressions, run_goroutine},
    {"goroutines", "grs", Group::runtime,
     "[-u|-r|-g|-s] [-t [N]] [-since] [-with F] [-without F] [-group KEY] [-limit N] [-exec "
     "COMMAND]",
     "List goroutines: why each waits, and where its own code is",
     "The place: -u of its own code (not of Go's packages), -r where it really is, -g the go "
     "statement, -s the function it began in. -t: N of its frames, too. -since: the instruction "
     "behind which it has its status. F is running, user (not the runtime's own), or status, "
     "reason, userloc, curloc, goloc, startloc and a part of it, as in \"-with reason chan\". "
     "-group counts by one of these. -limit: so many rows, 100 without it. -exec does a command "
     "for each, and comes last.",
     "goroutines -with user -t 2", false, Completes::nothing, run_goroutines},
    {"info goroutines", "gor", Group::runtime, "[OPTIONS]", "List goroutines, as goroutines does",
     "", "info goroutines", false, Completes::nothing, run_goroutines},
};

}  // namespace

std::span<const Command> goroutine_commands() { return kCommands; }

}  // namespace rt0::debug
