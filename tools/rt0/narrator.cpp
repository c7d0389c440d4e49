#include "tools/rt0/narrator.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "tools/rt0/landmarks.hpp"
#include "traces/format/json.hpp"

namespace rt0 {

using emulator::Addr;
using emulator::u64;
using runtime_model::model::Told;
using runtime_model::model::Verdict;
using runtime_model::model::Write;
using Level = NarratorOptions::Level;

namespace {

constexpr unsigned kIndent = 35;  ///< where what happens begins

/// "newproc1" of "newproc1/gobuf".
std::string_view function_of(std::string_view id) { return id.substr(0, id.find('/')); }

/// Breaks a sentence at blanks; further lines are indented. `column`: how much of the first line is
/// taken.
std::string wrapped(std::string_view text, unsigned width, unsigned indent, std::size_t column) {
  std::string out;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    if (column != 0 && column + 1 + word.size() > width) {
      out += '\n';
      out.append(indent, ' ');
      column = 0;
    } else if (!out.empty()) {
      out += ' ', ++column;
    }
    out += word;
    column += word.size();
  }
  return out;
}

/// Of more than a word: what there is room for.
std::string long_value(const std::vector<emulator::u8>& bytes) {
  const bool zero = std::ranges::all_of(bytes, [](auto b) { return b == 0; });
  return fmt::format("{{{} bytes{}}}", bytes.size(), zero ? " of 0" : "");
}

}  // namespace

void Naming::Who::write_to(traces::format::Step& e) const {
  e.m = m, e.p = p, e.g = g;
  if (gsignal) e.stack = "gsignal";
  if (works_for >= 0) e.curg = works_for;
}

traces::format::Step event_of(const Told& t, const Naming& naming) {
  traces::format::Step e;
  e.n = t.number, e.n0 = t.first, e.t = static_cast<emulator::u32>(t.thread);
  naming.who(t.standing).write_to(e);
  e.id = t.step.id, e.text = t.step.text;
  if (t.verdict != Verdict::acted)
    e.verdict = t.verdict == Verdict::confirmed ? "confirmed" : "contradicted";
  for (const Write& w : t.step.writes) {
    const auto value = [&](const auto& bytes) {
      return bytes.size() > 8 ? long_value(bytes) : naming.value(w.address, bytes);
    };
    e.changes.push_back({naming.place(w.address), value(w.before), value(w.after)});
  }
  return e;
}

Narrator::Narrator(NarratorOptions options, Naming naming,
                   std::function<void(const std::string&)> out)
    : options_(std::move(options)), naming_(std::move(naming)), out_(std::move(out)) {}

void Narrator::line(u64 number, std::string text) {
  waiting_.emplace(std::pair(number, order_++), std::move(text));
}

std::string Narrator::prefix(u64 number, const traces::format::Step& e) const {
  const auto named = [](char kind, emulator::i64 i) {
    return i < 0 ? std::string("-") : fmt::format("{}{}", kind, i);
  };
  return fmt::format("{:>11}  t{:<3} {:<3} {:<3} {:<6}", grouped(number), e.t, named('m', e.m),
                     named('p', e.p), goroutine_text(e));
}

void Narrator::landmark(const traces::format::Landmark& event,
                        const runtime_model::model::Standing& standing) {
  std::string text;
  if (options_.json) {
    traces::format::append_json(text, traces::format::Event(event));
  } else if (options_.level == Level::landmarks) {
    text = landmark_line(event.n, static_cast<int>(event.t), emulator::Nanos(event.ns.value_or(0)),
                         event.fn, event.text);
  } else {
    traces::format::Step who;
    who.t = event.t;
    naming_.who(standing).write_to(who);
    text = prefix(event.n, who) + "  ";
    text += options_.paint.bold(event.fn) + ": ";
    const auto indent = static_cast<unsigned>(event.fn.size()) + 2;
    text += wrapped(event.text, options_.width - kIndent, kIndent, indent);
  }
  line(event.n, std::move(text));
}

bool Narrator::wanted(const Told& t) {
  if (options_.level == Level::landmarks) return false;
  const auto function = function_of(t.step.id);
  if (!options_.only.empty())
    return std::any_of(options_.only.begin(), options_.only.end(), [&](std::string_view name) {
      return name == function || name == t.function ||
             (name.starts_with("runtime.") && name.substr(8) == function);
    });
  return options_.all || ++seen_[t.step.id] <= kOften || t.verdict == Verdict::contradicted;
}

std::string Narrator::changes_text(const traces::format::Step& e, unsigned indent) const {
  std::string out;
  const auto add = [&](std::string line) {
    out += '\n';
    out.append(indent, ' ');
    out += options_.paint.dim(line);
  };
  const std::size_t most = options_.all ? e.changes.size() : kChanges;
  for (std::size_t i = 0; i < e.changes.size() && i < most; ++i)
    add(fmt::format("{}  {} → {}", e.changes[i].field, e.changes[i].before, e.changes[i].after));
  if (e.changes.size() > most) add(fmt::format("… and {} more (--all)", e.changes.size() - most));
  return out;
}

std::string Narrator::text_of(const Told& t) const {
  const auto e = event_of(t, naming_);
  const Paint& paint = options_.paint;
  const unsigned indent = kIndent + 2 * std::min(t.depth, 12u);
  std::string out = prefix(t.number, e);
  out += t.verdict == Verdict::confirmed      ? paint.green("✓ ")
         : t.verdict == Verdict::contradicted ? paint.red("✗ ")
                                              : "· ";
  out.append(indent - kIndent, ' ');
  out += paint.cyan(e.id) + ": ";
  const auto used = static_cast<unsigned>(e.id.size()) + 2;
  out += wrapped(e.text, options_.width - indent, indent, used);
  if (options_.level == Level::fields) out += changes_text(e, indent + 4);
  return out;
}

void Narrator::told(const Told& t) {
  ++(t.verdict == Verdict::contradicted ? contradicted_ : confirmed_);
  if (!wanted(t)) return;
  std::string text;
  if (options_.json)
    traces::format::append_json(text, traces::format::Event(event_of(t, naming_)));
  else
    text = text_of(t);
  waiting_.emplace(std::pair(t.number, order_++), std::move(text));
}

void Narrator::flush(u64 up_to) {
  while (!waiting_.empty() && waiting_.begin()->first.first < up_to) {
    out_(waiting_.begin()->second);
    waiting_.erase(waiting_.begin());
  }
}

}  // namespace rt0
