// Go's runtime: goroutines, Ms, Ps, the scheduler, stacks, the models' steps.
#include <algorithm>

#include "emulator/base/error.hpp"
#include "emulator/base/hex.hpp"
#include "tools/rt0/debug/gmp.hpp"
#include "tools/rt0/debug/locations.hpp"
#include "tools/rt0/debug/moment.hpp"
#include "tools/rt0/landmarks.hpp"

namespace rt0::debug {

using emulator::base::hex;
using emulator::base::user_error;
using golang::G;
using golang::M;
using golang::P;

namespace {

/// A name, which tools do not get when there is none.
Table::Cell named(const std::string& name) {
  return {name == "-" ? Data() : Data(name), name};
}

void run_ms(Debugger& d, const Arguments&) {
  const auto ms = all_ms(d);
  Table table("ms", {{"id", "M", 5},
                     {"t", "Thread", 7},
                     {"p", "P", 5},
                     {"g", "On", 9},
                     {"curg", "curg", 9},
                     {"g0", "g0", 9},
                     {"locks", "Locks", 6},
                     {"spinning", "Spinning", 9},
                     {"waits", "Waits", 0}});
  table.mark("current");
  if (ms.empty()) table.also(none_made(d.target, 'm'), {});
  const auto truth = [](bool yes) { return Table::Cell(yes, yes ? "yes" : "no"); };
  for (const M& m : ms) {
    const auto* t = thread_of(d, m);
    const bool waits = t != nullptr && t->state == emulator::kernel::ThreadState::waiting;
    const bool spins = m.spinning().exists() && m.spinning();
    table.row({{m.id().get(), fmt::format("m{}", m.id().get())},
               {t == nullptr ? Data() : Data(t->tid), t == nullptr ? "-" : fmt::format("t{}", t->tid)},
               named(object_text(d, m.p().get())),
               named(t == nullptr ? "-" : g_text(d, d.target.current_g(*t))),
               named(object_text(d, m.curg().get())), named(object_text(d, m.g0().get())),
               {m.locks().get(), fmt::format("{}", m.locks().get())}, truth(spins), truth(waits)},
              t != nullptr && t->tid == d.target.thread().tid);
  }
  d.out.tell(table);
}

void run_ps(Debugger& d, const Arguments&) {
  const auto ps = all_ps(d);
  Table table("ps", {{"id", "P", 5},
                     {"status", "Status", 10},
                     {"m", "M", 5},
                     {"runnext", "runnext", 9},
                     {"ticks", "Ticks", 6},
                     {"queue", "Queue", 0}});
  table.indent();
  if (ps.empty()) table.also(none_made(d.target, 'p'), {});
  for (const P& p : ps) {
    const auto queue = run_queue(d, p);
    table.row({{p.id().get(), fmt::format("p{}", p.id().get())},
               p_status(d, p),
               named(object_text(d, p.m().get())),
               named(object_text(d, p.runnext().get())),
               {p.schedtick().get(), fmt::format("{}", p.schedtick().get())},
               {queue, queue.empty() ? "-" : fmt::format("{}", fmt::join(queue, " "))}});
  }
  d.out.tell(table);
}

template <class Head>
std::vector<std::string> chain(Debugger& d, Head head, auto next) {
  std::vector<std::string> out;
  for (auto o = head; o && out.size() < 32; o = next(o)) out.push_back(object_text(d, o.address()));
  return out;
}

/// The scheduler's fields, each with what it is.
class Scheduler : public Answer {
 public:
  explicit Scheduler(Debugger& d) {
    const golang::Schedt s = d.target.views().sched();
    list("runq", chain(d, G(s.runq().head()), [](const G& g) { return G(g.schedlink()); }),
         "goroutines that any P may take");
    number("runqsize", s.runqsize(), "how many");
    list("pidle", chain(d, P(s.pidle()), [](const P& p) { return P(p.link()); }),
         "Ps without work");
    number("npidle", s.npidle(), "how many");
    list("midle", chain(d, M(s.midle()), [](const M& m) { return M(m.schedlink()); }),
         "Ms that sleep until there is work");
    number("nmidle", s.nmidle(), "how many");
    number("nmspinning", s.nmspinning(), "Ms that look for work");
    number("mnext", s.mnext(), "the number of the next M");
    number("maxmcount", s.maxmcount(), "as many Ms there may be");
    number("goidgen", s.goidgen(), "where the next batch of goroutine numbers begins, less one");
    number("ngsys", s.ngsys(), "goroutines of the runtime's own");
    number("gcwaiting", s.gcwaiting(), "1: the collector wants the world stopped");
    number("sysmonwait", s.sysmonwait(), "1: sysmon sleeps");
  }
  std::string_view kind() const override { return "sched"; }
  Data::Fields data() const override {
    Data::Fields out;
    for (const Row& r : rows_) out.emplace_back(r.name, r.value);
    return out;
  }
  void draw(Page& page) const override {
    for (const Row& r : rows_) {
      const std::string text = fmt::format("{:<14} {:<26} ", r.name, r.text);
      const std::size_t left = page.width() - std::min<std::size_t>(page.width(), columns(text));
      page.line(text + page.paint.dim(cut(r.what, left)));
    }
  }

 private:
  struct Row {
    std::string name;
    Data value;
    std::string text, what;
  };
  void list(std::string name, const std::vector<std::string>& of, std::string what) {
    rows_.push_back({std::move(name), of,
                     of.empty() ? "-" : fmt::format("{}", fmt::join(of, " → ")), std::move(what)});
  }
  void number(std::string name, const auto& field, std::string what) {
    if (field.exists())
      rows_.push_back(
          {std::move(name), field.get(), fmt::format("{}", field.get()), std::move(what)});
  }
  std::vector<Row> rows_;
};

void run_sched(Debugger& d, const Arguments&) { d.out.tell(Scheduler(d)); }

void run_stackpool(Debugger& d, const Arguments&) {
  const auto pools = d.target.views().stackpool();
  Table table("stackpool", {{"order", "Order", 6},
                            {"bytes", "Bytes", 9},
                            {"span", "Span", 18},
                            {"used", "Used", 6},
                            {"of", "Of", 6},
                            {"first_free", "First free stack", 0}});
  const auto number = [](auto n) { return Table::Cell(n, fmt::format("{}", n)); };
  const auto address = [](Addr a) { return Table::Cell(a, hex(a)); };
  for (u64 order = 0; order < pools.count(); ++order) {
    golang::Mspan span = pools[order].item().span().first();
    for (int i = 0; span && i < 64; ++i, span = span.next()) {
      const u64 bytes = u64{2048} << order, held = u64{span.npages()} * 8192 / bytes;
      table.row({number(order), number(bytes), address(span.startAddr().get()),
                 number(span.allocCount().get()), number(held),
                 address(span.manualFreeList().get())});
    }
  }
  if (table.rows() == 0)
    table.also("No span has free stacks: each P keeps some of its own (p0.mcache.stackcache).", {});
  Data::List kept;
  for (const P& p : all_ps(d)) {
    if (!p.mcache()) continue;
    const auto cache = p.mcache()->stackcache();
    std::string text = fmt::format("p{} keeps", p.id().get());
    Data::List sizes;
    for (u64 order = 0; order < cache.count(); ++order) {
      text += fmt::format("  {} KiB of {}", cache[order].size() / 1024, u64{2048} << order);
      sizes.emplace_back(Data::Fields{{"order", order}, {"bytes", u64{cache[order].size()}}});
    }
    table.also(text, {});
    kept.emplace_back(Data::Fields{{"p", p.id().get()}, {"keeps", std::move(sizes)}});
  }
  table.also({}, {{"caches", std::move(kept)}});
  d.out.tell(table);
}

void run_gmp(Debugger& d, const Arguments&) { d.out.tell(GmpPicture(d)); }

void show_struct(Debugger& d, const Value& v, const std::string& name) {
  Data::Fields fields = value_fields(d.values, v, 0);
  fields.insert(fields.begin(), {"of", name});
  d.out.tell(Fact("value", std::move(fields),
                  fmt::format("{} = {}", name, value_text(d.values, v, 0))));
}

/// "g 1", "m 0", "p 2": one of them; without a number, the current.
Value object_of(Debugger& d, char kind, const Arguments& a) {
  const std::string name = a.text.empty()
                               ? std::string(1, kind)
                               : fmt::format("{}{}", kind, evaluate_number(d.values, a.text));
  const auto found = d.target.object(name);
  if (!found) user_error("{}", no_object(d.target, name));
  return d.values.place(found->address, found->type, 8);
}

void run_m(Debugger& d, const Arguments& a) {
  const Value v = object_of(d, 'm', a);
  show_struct(d, v, object_text(d, v.at));
}
void run_proc(Debugger& d, const Arguments& a) {
  const Value v = object_of(d, 'p', a);
  show_struct(d, v, object_text(d, v.at));
}

/// "apply all COMMAND": once for each thread.
void apply_to_threads(Debugger& d, std::string_view text) {
  constexpr std::string_view kAll = "all";
  if (!text.starts_with(kAll) || trimmed(text.substr(kAll.size())).empty())
    user_error("\"thread apply\" needs \"all\" and a command, as in \"thread apply all bt 3\".");
  const std::string command(trimmed(text.substr(kAll.size())));
  const auto before = d.target.thread().tid;
  std::vector<emulator::kernel::Tid> tids;
  for (const auto& t : d.target.machine().kernel().threads()) tids.push_back(t->tid);
  for (const auto tid : tids) {
    const auto* t = d.target.machine().kernel().find_thread(tid);
    if (t == nullptr) continue;
    d.target.choose_thread(t);
    d.out.tell(Fact("thread", {{"t", tid}}, fmt::format("\nThread t{}:", tid)));
    if (!d.execute(command)) break;
  }
  if (const auto* t = d.target.machine().kernel().find_thread(before)) d.target.choose_thread(t);
}

void run_thread(Debugger& d, const Arguments& a) {
  d.require_process();
  if (constexpr std::string_view kApply = "apply "; a.text.starts_with(kApply))
    return apply_to_threads(d, trimmed(std::string_view(a.text).substr(kApply.size())));
  if (!a.text.empty()) {
    const std::string_view digits =
        a.text.starts_with('t') ? std::string_view(a.text).substr(1) : std::string_view(a.text);
    const auto n = emulator::base::parse_number(digits);
    const auto* t =
        n && *n < 1'000'000
            ? d.target.machine().kernel().find_thread(static_cast<emulator::kernel::Tid>(*n))
            : nullptr;
    if (t == nullptr) user_error("Unknown thread {}.", a.text);
    d.target.choose_thread(t);
  }
  const auto tid = d.target.thread().tid;
  const Frame& f = d.frames().front();
  d.out.tell(
      Fact("thread", {{"t", tid}, {"frame", frame_fields(d.target, 0, f)}},
           fmt::format("[Current thread is t{}]\n#0  {}", tid, frame_text(d.target, f))));
}

void run_model(Debugger& d, const Arguments&) {
  const u64 here = d.target.position();
  const ToldStep* step = d.story.previous(here, [](const ToldStep&) { return true; });
  if (step == nullptr) user_error("No model has told a step before this instruction.");
  d.out.tell(StepAnswer(d, *step));
}

constexpr Command kCommands[] = {
    {"gmp", "", Group::runtime, "", "Draw the Ms, their Ps and goroutines, and the queues", "",
     "gmp", false, Completes::nothing, run_gmp},
    {"m", "", Group::runtime, "[N]", "Show the fields of M N", "", "m 0", false,
     Completes::expressions, run_m},
    {"proc", "", Group::runtime, "[N]", "Show the fields of P N", "", "proc 0", false,
     Completes::expressions, run_proc},
    {"sched", "", Group::runtime, "", "Show the scheduler: queues, idle Ps and Ms, counters", "",
     "sched", false, Completes::nothing, run_sched},
    {"stackpool", "", Group::runtime, "", "Show the pools that goroutines' stacks come from", "",
     "stackpool", false, Completes::nothing, run_stackpool},
    {"model", "", Group::runtime, "", "Show the step that a model told last, and what it changed",
     "", "model", false, Completes::nothing, run_model},
    {"thread", "t", Group::runtime, "[N | apply all COMMAND]",
     "Look at another of the guest's threads",
     "si, ni and the rest then go on with it. With apply all, COMMAND is done for each.",
     "thread 1", false, Completes::expressions, run_thread},
    {"info ms", "", Group::runtime, "", "List all Ms", "", "info ms", false, Completes::nothing,
     run_ms},
    {"info ps", "", Group::runtime, "", "List all Ps", "", "info ps", false, Completes::nothing,
     run_ps},
    {"info sched", "", Group::runtime, "", "Show the scheduler, as sched does", "", "info sched",
     false, Completes::nothing, run_sched},
};

}  // namespace

std::span<const Command> runtime_commands() { return kCommands; }

}  // namespace rt0::debug
