#include "tools/rt0/debug/gmp.hpp"

#include <algorithm>
#include <set>

#include "emulator/base/hex.hpp"
#include "tools/rt0/debug/moment.hpp"
#include "tools/rt0/landmarks.hpp"

namespace rt0::debug {

using golang::G;
using golang::M;
using golang::P;

namespace {

constexpr u64 kMost = 100'000;  // of a list in the guest's memory

template <class T>
std::string status_text(Debugger& d, const T& owner, const char* type, const char* field,
                        u64 status) {
  (void)owner;
  return d.target.names().value_text({{}, 0, type, field}, status);
}

}  // namespace

std::vector<M> all_ms(Debugger& d) {
  std::vector<M> out;
  for (M m = d.target.views().allm(); m && out.size() < kMost; m = m.alllink()) out.push_back(m);
  std::ranges::reverse(out);  // the newest is the first of the list
  return out;
}

std::vector<P> all_ps(Debugger& d) {
  std::vector<P> out;
  const auto all = d.target.views().allp();
  for (u64 i = 0; i < std::min<u64>(all.len(), kMost); ++i)
    if (const P p = all[i]) out.push_back(p);
  return out;
}

std::vector<G> all_gs(Debugger& d) {
  std::vector<G> out;
  const auto all = d.target.views().allgs();
  for (u64 i = 0; i < std::min<u64>(all.len(), kMost); ++i)
    if (const G g = all[i]) out.push_back(g);
  return out;
}

std::string g_status(Debugger& d, const G& g) {
  return status_text(d, g, "runtime.g", "atomicstatus", g.atomicstatus());
}
std::string p_status(Debugger& d, const P& p) {
  return status_text(d, p, "runtime.p", "status", p.status());
}

std::string object_text(Debugger& d, Addr a) {
  if (a == Addr()) return "-";
  std::string name = d.target.names().object(a);
  return name.empty() ? emulator::base::hex(a) : name;
}

std::string g_text(Debugger& d, Addr a) {
  if (a == Addr()) return "-";
  std::string name = d.target.names().object(a);
  return name.empty() ? golang::ObjectName{golang::ObjectName::Kind::g_at, a.value}.text() : name;
}

const emulator::kernel::Thread* thread_of(Debugger& d, const M& m) {
  // m0's procid is set late, in minit; the first thread is its own all the same.
  const u64 id = m.procid() == 0 && m.id() == 0 ? 1 : m.procid().get();
  auto& kernel = d.target.machine().kernel();
  if (id != 0) return kernel.find_thread(static_cast<emulator::kernel::Tid>(id));
  // clone has made it and points it at its M's tls; it writes procid itself, a little later.
  for (const auto& t : kernel.threads())
    if (d.target.registers(*t).fs_base() == m.tls().address().value + 8) return t.get();
  return nullptr;
}

std::vector<std::string> run_queue(Debugger& d, const P& p) {
  std::vector<std::string> out;
  const u32 head = p.runqhead(), tail = p.runqtail();
  const u64 size = p.runq().count();
  for (u32 i = head; i != tail && out.size() < size; ++i)
    out.push_back(object_text(d, p.runq(i % size).get()));
  return out;
}

std::string g_place(Debugger& d, const G& g) {
  for (const auto& t : d.target.machine().kernel().threads())
    if (d.target.current_g(*t) == g.address())
      return d.target.describe(Addr(d.target.registers(*t).rip));
  const Addr pc = g.sched().pc();
  return pc == Addr() ? "" : d.target.describe(pc);
}

namespace {

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    out.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

/// A P that no M has yet or now, but one is to have, or let go for a system call.
P promised_p(const M& m) {
  if (m.p()) return m.p();
  if (m.nextp()) return m.nextp();
  if (m.oldp() && !m.oldp()->m()) return m.oldp();
  return m.p();
}
/// "p0"; "(p0)" of a promised one.
std::string p_of_m(Debugger& d, const M& m) {
  const P p = promised_p(m);
  return m.p() || !p ? object_text(d, m.p().get()) : "(" + object_text(d, p.address()) + ")";
}

/// "m0 t1 p0 g1": who executes what.
std::string m_text(Debugger& d, const M& m) {
  const auto* t = thread_of(d, m);
  const Addr g = t != nullptr ? d.target.current_g(*t) : Addr();
  std::string text =
      fmt::format("m{} {} {} {}", m.id().get(), t != nullptr ? fmt::format("t{}", t->tid) : "-",
                  p_of_m(d, m), g_text(d, g));
  if (m.spinning().exists() && m.spinning()) text += " spinning";
  if (t != nullptr && t->state == emulator::kernel::ThreadState::waiting) text += " waits";
  return t != nullptr && t->tid == d.target.thread().tid ? d.out.paint().bold(text + " ◂") : text;
}

std::string p_text(Debugger& d, const P& p) {
  std::string text = fmt::format("p{} {}", p.id().get(), p_status(d, p));
  if (p.runnext()) text += " next " + object_text(d, p.runnext().get());
  if (const auto queue = run_queue(d, p); !queue.empty())
    text += queue.size() <= 4 ? fmt::format(" queue {}", fmt::join(queue, " "))
                              : fmt::format(" queue of {}", queue.size());
  return text;
}

std::string joined(const std::vector<std::string>& parts) {
  constexpr std::size_t kShown = 8;
  std::vector<std::string> shown(
      parts.begin(), parts.begin() + static_cast<std::ptrdiff_t>(std::min(kShown, parts.size())));
  std::string out = fmt::format("{}", fmt::join(shown, " │ "));
  if (parts.size() > kShown) out += fmt::format(" │ {} more", parts.size() - kShown);
  return out;
}

}  // namespace

std::vector<std::string> gmp_strip(Debugger& d) {
  const auto ms = all_ms(d);
  if (ms.empty()) {
    const Addr g = d.target.current_g();
    if (g == Addr()) return lines_of(wrapped(no_goroutine(d.target), d.out.width()));
    return {fmt::format("The thread runs on {}; no M is listed yet, no P made.", g_text(d, g))};
  }
  std::vector<std::string> m_parts, p_parts;
  for (const M& m : ms) m_parts.push_back(m_text(d, m));
  for (const P& p : all_ps(d)) p_parts.push_back(p_text(d, p));
  const golang::Schedt sched = d.target.views().sched();
  p_parts.push_back(fmt::format("all: queue {}, idle P {}, idle M {}", sched.runqsize().get(),
                                sched.npidle().get(), sched.nmidle().get()));
  return {"M  " + joined(m_parts), "P  " + joined(p_parts)};
}

namespace {

/// A box of lines, `width` columns inside.
std::vector<std::string> box(const std::vector<std::string>& lines, std::size_t width) {
  std::vector<std::string> out = {"+" + std::string(width + 2, '-') + "+"};
  for (const auto& line : lines) out.push_back("| " + padded(cut(line, width), width) + " |");
  out.push_back(out.front());
  return out;
}

/// Boxes side by side, as many as fit; `joint` stands between them in the second line.
void append_row(std::vector<std::string>& out, const std::vector<std::vector<std::string>>& boxes,
                const std::string& joint) {
  std::size_t height = 0;
  for (const auto& b : boxes) height = std::max(height, b.size());
  for (std::size_t row = 0; row < height; ++row) {
    std::string line;
    for (std::size_t i = 0; i < boxes.size(); ++i) {
      const std::size_t width = columns(boxes[i].front());
      line += padded(row < boxes[i].size() ? boxes[i][row] : "", width);
      if (i + 1 < boxes.size()) line += row == 1 ? joint : std::string(columns(joint), ' ');
    }
    while (line.ends_with(' ')) line.pop_back();
    out.push_back(line);
  }
}

/// Columns inside of the three boxes of a row, as far as the terminal has them.
struct Widths {
  std::size_t m = 19, p = 24, g = 28;
};
Widths widths_for(std::size_t columns) {
  constexpr std::size_t kLines = 18;  // their borders, and what joins them
  const Widths full;
  const std::size_t all = full.m + full.p + full.g;
  if (columns >= all + kLines) return full;
  const std::size_t have = columns - kLines;  // of 40 or more
  Widths w{full.m * have / all, full.p * have / all};
  w.g = have - w.m - w.p;
  return w;
}

std::vector<std::string> m_box(Debugger& d, const M& m, std::size_t width) {
  constexpr std::size_t kRoomy = 14;
  const bool roomy = width >= kRoomy;
  const auto* t = thread_of(d, m);
  std::vector<std::string> lines = {fmt::format("m{}  {}{}", m.id().get(), roomy ? "thread " : "",
                                                t != nullptr ? fmt::format("t{}", t->tid) : "-")};
  lines.push_back(t == nullptr ? "not running"
                  : t->state == emulator::kernel::ThreadState::waiting
                      ? (roomy ? "in the kernel" : "in kernel")
                      : "on " + g_text(d, d.target.current_g(*t)));
  return box(lines, width);
}

/// `why`: the field by which an M is to get it, or has let it go.
std::vector<std::string> p_box(Debugger& d, const P& p, std::size_t width,
                               const std::string& why = {}) {
  const auto queue = run_queue(d, p);
  return box({fmt::format("p{}  {}{}", p.id().get(), p_status(d, p), why),
              fmt::format("next {}  queue {}", object_text(d, p.runnext().get()),
                          queue.empty() ? "-" : fmt::format("{}", fmt::join(queue, " ")))},
             width);
}

std::vector<std::string> g_box(Debugger& d, const G& g, std::size_t width) {
  return box({fmt::format("{}  {}", object_text(d, g.address()), g_status(d, g)), g_place(d, g)},
             width);
}

}  // namespace

std::vector<std::string> gmp_picture(Debugger& d) {
  std::vector<std::string> out;
  const auto ms = all_ms(d);
  if (ms.empty())
    return lines_of(wrapped(fmt::format("{}\n{}\n{}", none_made(d.target, 'm'),
                                        none_made(d.target, 'p'), none_made(d.target, 'g')),
                            d.out.width()));
  const Widths w = widths_for(d.out.width());
  std::set<Addr> beside_an_m;
  for (const M& m : ms) {
    std::vector<std::vector<std::string>> row = {m_box(d, m, w.m)};
    const P p = promised_p(m);
    const bool holds = static_cast<bool>(m.p());
    if (p) {
      row.push_back(p_box(d, p, w.p, holds ? "" : m.nextp() ? " (nextp)" : " (oldp)"));
      beside_an_m.insert(p.address());
    }
    if (m.curg()) row.push_back(g_box(d, m.curg(), w.g));
    append_row(out, row, p && !holds ? "···" : "---");
  }
  for (const P& p : all_ps(d))
    if (!p.m() && !beside_an_m.contains(p.address()))
      append_row(out, {box({"(no M)", ""}, w.m), p_box(d, p, w.p)}, "   ");
  const golang::Schedt sched = d.target.views().sched();
  std::vector<std::string> global;
  for (G g = sched.runq().head(); g && global.size() < 16; g = g.schedlink())
    global.push_back(object_text(d, g.address()));
  out.push_back(fmt::format("global queue: {}   idle: {} P, {} M   spinning: {} M",
                            global.empty() ? "-" : fmt::format("{}", fmt::join(global, " ")),
                            sched.npidle().get(), sched.nmidle().get(), sched.nmspinning().get()));
  return out;
}

namespace {

Data::Fields m_fields(Debugger& d, const M& m) {
  const auto* t = thread_of(d, m);
  Data::Fields out = {{"id", m.id().get()}};
  const auto object = [&](const char* key, Addr a) {
    if (a != Addr()) out.emplace_back(key, object_text(d, a));
  };
  if (t != nullptr) {
    out.emplace_back("t", t->tid);
    object("g", d.target.current_g(*t));
    out.emplace_back("waits", t->state == emulator::kernel::ThreadState::waiting);
    out.emplace_back("current", t->tid == d.target.thread().tid);
  }
  object("p", m.p().get());
  object("nextp", m.nextp().get());
  object("curg", m.curg().get());
  if (m.spinning().exists()) out.emplace_back("spinning", static_cast<bool>(m.spinning()));
  return out;
}

Data::Fields p_fields(Debugger& d, const P& p) {
  Data::Fields out = {{"id", p.id().get()}, {"status", p_status(d, p)}, {"queue", run_queue(d, p)}};
  if (p.m()) out.emplace_back("m", object_text(d, p.m().get()));
  if (p.runnext()) out.emplace_back("runnext", object_text(d, p.runnext().get()));
  return out;
}

std::vector<std::string> global_queue(Debugger& d, std::size_t most) {
  std::vector<std::string> out;
  for (G g = d.target.views().sched().runq().head(); g && out.size() < most; g = g.schedlink())
    out.push_back(object_text(d, g.address()));
  return out;
}

}  // namespace

GmpPicture::GmpPicture(Debugger& d) : lines_(gmp_picture(d)) {
  Data::List ms, ps;
  for (const M& m : all_ms(d)) ms.emplace_back(m_fields(d, m));
  for (const P& p : all_ps(d)) ps.emplace_back(p_fields(d, p));
  const bool made = !ms.empty();
  fields_ = {{"ms", std::move(ms)}, {"ps", std::move(ps)}};
  if (!made) return;
  const golang::Schedt sched = d.target.views().sched();
  fields_.insert(fields_.end(), {{"queue", global_queue(d, kMost)},
                                 {"npidle", sched.npidle().get()},
                                 {"nmidle", sched.nmidle().get()},
                                 {"nmspinning", sched.nmspinning().get()}});
}

StepAnswer::StepAnswer(Debugger& d, const ToldStep& step) : text_(step_sentence(d, step)) {
  using runtime_model::model::Verdict;
  const auto& e = step.event;
  Data::List changes;
  for (const auto& c : e.changes) {
    changes.emplace_back(Data::Fields{{"f", c.field}, {"old", c.before}, {"new", c.after}});
    text_ += fmt::format("\n      {}  {} → {}", c.field, c.before, c.after);
  }
  fields_ = {{"n", e.n},
             {"t", e.t},
             {"m", e.m},
             {"g", goroutine_text(e)},
             {"id", e.id},
             {"text", e.text},
             {"agrees", step.verdict != Verdict::contradicted},
             {"w", std::move(changes)}};
}

std::string step_sentence(Debugger& d, const ToldStep& step) {
  using runtime_model::model::Verdict;
  const Paint& paint = d.out.paint();
  const std::string mark =
      step.verdict == Verdict::contradicted ? paint.red("✗") : paint.green("✓");
  return fmt::format("{} {}: {}  ({}, t{} m{} {})", mark, paint.cyan(step.event.id), step.event.text,
                  grouped(step.event.n), step.event.t, step.event.m, goroutine_text(step.event));
}

}  // namespace rt0::debug
