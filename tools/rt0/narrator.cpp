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
using runtime_model::model::Weight;
using runtime_model::model::Write;
using traces::format::Landmark;
using Level = NarratorOptions::Level;

namespace {

constexpr unsigned kIndent = 34;         ///< where what happens begins
constexpr unsigned kFoldIndent = 6;      ///< where a line for what is folded begins
constexpr unsigned kOften = 2;           ///< times that a step is told at levels steps and fields
constexpr std::size_t kWorthALine = 16;  ///< steps: fewer wait for the next line of what is folded
constexpr std::size_t kChanges = 6;      ///< of a step that are listed
constexpr std::string_view kContradicted = "contradicted";

std::size_t columns(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (c & 0xc0) != 0x80; }));
}

std::string_view without_package(std::string_view function) {
  return function.substr(function.find('.') + 1);
}

/// Breaks a sentence at blanks; further lines are indented. `column`: how much of the first line is
/// taken.
std::string wrapped(std::string_view text, unsigned width, unsigned indent, std::size_t column) {
  std::string out;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    if (column != 0 && column + 1 + columns(word) > width) {
      out += '\n';
      out.append(indent, ' ');
      column = 0;
    } else if (!out.empty()) {
      out += ' ', ++column;
    }
    out += word;
    column += columns(word);
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

traces::format::Step Naming::step_by(const runtime_model::model::Standing& at) const {
  traces::format::Step e;
  who(at).write_to(e);
  return e;
}

traces::format::Step event_of(const Told& t, const Naming& naming) {
  traces::format::Step e;
  e.n = t.number, e.n0 = t.first, e.t = static_cast<emulator::u32>(t.thread);
  naming.who(t.standing).write_to(e);
  e.id = t.step.id, e.text = t.step.text;
  e.weight = name(runtime_model::model::weight_of(e.id));
  if (t.verdict != Verdict::acted)
    e.verdict = t.verdict == Verdict::confirmed ? "confirmed" : kContradicted;
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
  Item item;
  item.text = std::move(text);
  waiting_.emplace(std::pair(number, order_++), std::move(item));
}

std::string Narrator::prefix(const Step& e) const {
  const auto named = [](char kind, emulator::i64 i) {
    return i < 0 ? std::string("-") : fmt::format("{}{}", kind, i);
  };
  return fmt::format("{:>10}  t{:<2} {:<3} {:<3} {:<8}", grouped(e.n), e.t, named('m', e.m),
                     named('p', e.p), goroutine_text(e));
}

void Narrator::landmark(const Landmark& event, const runtime_model::model::Standing& standing) {
  Step who = naming_.step_by(standing);
  who.n = event.n, who.t = event.t;
  if (event.n < begin_ || !options_.only.holds(event, who)) return;
  const auto weight = runtime_model::model::weight_of(event.fn);
  std::string text;
  if (options_.json) {
    Landmark weighed = event;
    weighed.weight = name(weight);
    traces::format::append_json(text, traces::format::Event(weighed));
  } else if (options_.level == Level::landmarks) {
    text = landmark_line(event.n, static_cast<int>(event.t), emulator::Nanos(event.ns.value_or(0)),
                         event.fn, event.text);
  } else {
    text = prefix(who) + "  " + options_.paint.bold(event.fn) + ": ";
    text += wrapped(event.text, options_.width - kIndent, kIndent, columns(event.fn) + 2);
  }
  Item item;
  item.text = std::move(text);
  if (options_.level == Level::story && !options_.json && options_.only.empty() && !options_.all) {
    item.routine = event.fn;
    item.weight = weight;
    if (weight == Weight::detail) item.function = kept(without_package(event.fn));
  }
  waiting_.emplace(std::pair(event.n, order_++), std::move(item));
}

/// Has a step told that the routine comes, as schedinit/stackinit tells of runtime.stackinit?
bool Narrator::is_told(std::string_view routine) const {
  return announced_.contains(without_package(routine));
}

/// Will the step be told, or can it? What cannot need not be made an event.
bool Narrator::comes_to_words(const Told& t, Weight weight) {
  if (!options_.only.empty()) return options_.only.may_hold(t.step.id);
  if (options_.json || options_.all || t.verdict == Verdict::contradicted) return true;
  if (weight == Weight::always) return true;
  const auto said = said_.find(t.step.id);
  const unsigned times = said == said_.end() ? 0 : said->second;
  return times < (options_.level != Level::story ? kOften : weight == Weight::once ? 1 : 0);
}

std::string_view Narrator::kept(std::string_view function) {
  const auto it = functions_.find(function);
  return it == functions_.end() ? *functions_.emplace(function).first : *it;
}

void Narrator::told(const Told& t) {
  if (options_.level == Level::landmarks || t.number < begin_) return;
  Item item;
  item.weight = runtime_model::model::weight_of(t.step.id);
  item.function = kept(function_of_step(t.step.id));
  item.depth = t.depth;
  if (comes_to_words(t, item.weight)) {
    item.step = event_of(t, naming_);
    if (!options_.only.holds(*item.step)) return;
  } else if (!options_.only.empty()) {
    return;
  }
  waiting_.emplace(std::pair(t.number, order_++), std::move(item));
}

void Narrator::flush(u64 up_to) {
  while (!waiting_.empty() && waiting_.begin()->first.first < up_to) {
    say(waiting_.begin()->second);
    waiting_.erase(waiting_.begin());
  }
}

void Narrator::finish() {
  flush(~u64{0});
  say_folded(true);
  for (const auto name : options_.only.unmet()) out_(fmt::format("rt0: nothing of {} came", name));
}

bool Narrator::wanted(const Item& item) {
  if (!item.step) return false;
  if (options_.all || options_.json || !options_.only.empty()) return true;
  const bool lives = item.weight != Weight::always || lives_.tells(*item.step);
  if (item.step->verdict == kContradicted) return true;
  if (item.weight == Weight::always) return lives;
  const unsigned most = options_.level != Level::story ? kOften : item.weight == Weight::once;
  return said_[item.step->id] < most;
}

void Narrator::fold(const Item& item) {
  if (item.step && item.weight == Weight::always)
    if (const auto g = subject_of(*item.step); lives_.is_like_others(g))
      return fold_.add_life(g, lives_.begin_of(g));
  fold_.add(item.function);
}

/// `all`: however few they are.
void Narrator::say_folded(bool all) {
  if (!all && fold_.steps() < kWorthALine) return;
  for (const std::string& text : fold_.lines())
    out_(std::string(kFoldIndent, ' ') +
         options_.paint.dim(wrapped(text, options_.width - kFoldIndent, kFoldIndent + 2, 0)));
  fold_.clear();
}

void Narrator::say(Item& item) {
  if (item.function.empty()) {
    if (!item.routine.empty() && is_told(item.routine)) return;
    say_folded(false);
    out_(item.text);
    return;
  }
  if (!wanted(item)) return fold(item);
  say_folded(false);
  std::string text;
  if (options_.json)
    traces::format::append_json(text, traces::format::Event(*item.step));
  else
    text = text_of(*item.step, item.depth);
  ++said_[item.step->id];
  announced_.insert(item.step->id.substr(item.step->id.find('/') + 1));
  out_(text);
}

std::string Narrator::changes_text(const Step& e, unsigned indent) const {
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

/// "g1.atomicstatus _Grunnable → _Grunning": as many as there is room for.
std::string Narrator::short_changes(const Step& e, std::size_t room) const {
  std::string out;
  for (const auto& c : e.changes) {
    const std::string one =
        fmt::format("{}{} {} → {}", out.empty() ? "" : ", ", c.field, c.before, c.after);
    if (room < columns(out) + columns(one) + 3) return out.empty() ? out : out + ", …";
    out += one;
  }
  return out;
}

/// All of them, on lines of their own; a line takes as many as there is room for.
std::string Narrator::packed_changes(const Step& e, unsigned indent) const {
  std::vector<std::string> lines;
  for (const auto& c : e.changes) {
    const std::string one = fmt::format("{} {} → {}", c.field, c.before, c.after);
    if (lines.empty() || indent + columns(lines.back()) + 2 + columns(one) > options_.width)
      lines.push_back(one);
    else
      lines.back() += ", " + one;
  }
  std::string out;
  for (const std::string& line : lines)
    out += '\n' + std::string(indent, ' ') + options_.paint.dim(line);
  return out;
}

std::string Narrator::text_of(const Step& e, unsigned depth) {
  const Paint& paint = options_.paint;
  const bool story = options_.level == Level::story;
  const unsigned indent = kIndent + (story ? 0 : 2 * std::min(depth, 12u));
  std::string out = prefix(e);
  out += e.verdict == kContradicted ? paint.red("✗ ")
         : e.verdict.empty()        ? "· "
                                    : paint.green("✓ ");
  out.append(indent - kIndent, ' ');
  out += paint.cyan(e.id) + ": ";
  const std::size_t used = columns(e.id) + 2;
  // A sentence that was read before need not be read again: what is new is what changed.
  const std::string changed = short_changes(e, options_.width - indent - used);
  if (story && said_[e.id] != 0 && !changed.empty()) return out + paint.dim(changed);
  const std::string sentence = wrapped(e.text, options_.width - indent, indent, used);
  out += sentence;
  if (options_.level == Level::fields) return out + changes_text(e, indent + 4);
  if (!story) return out;
  const auto line = sentence.rfind('\n');
  const std::size_t taken = line == std::string::npos ? used + columns(sentence)
                                                      : columns(sentence.substr(line + 1)) - indent;
  const std::string beside = short_changes(
      e, options_.width - indent - std::min<std::size_t>(taken + 2, options_.width - indent));
  if (!beside.empty() && !beside.ends_with("…")) return out + "  " + paint.dim(beside);
  const auto* rule = runtime_model::model::weight_rule(e.id);
  const bool life = rule != nullptr && rule->weight == Weight::always;
  if (e.changes.empty() || rule == nullptr || !(rule->evidence || life)) return out;
  return out + packed_changes(e, indent + 4);
}

}  // namespace rt0
