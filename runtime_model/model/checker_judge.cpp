// The end of an activation: comparing, counting, telling.
#include <algorithm>

#include "emulator/base/error.hpp"
#include "runtime_model/model/checker.hpp"
#include "runtime_model/model/spans.hpp"

namespace runtime_model::model {

using emulator::cpu::rsp;
using Waits = Activation::Waits;

namespace {

bool overlaps(const Write& w, const Field& f) {
  return w.address.value < f.address.value + f.size &&
         f.address.value < w.address.value + w.after.size();
}

}  // namespace

/// Stack that nobody reads again: below the frame that is left, and below g0's when the function
/// had switched to it; and where the function may have spilled its register arguments.
std::vector<Range> Checker::dead_ranges(const Activation& a) const {
  const auto& offset = guest_.offset;
  const u64 entry_sp = peek<u64>(a.g + offset.g_hi) - a.depth;
  std::vector<Range> dead;
  dead.push_back({peek<Addr>(a.g + offset.g_lo), Addr(entry_sp + 8)});
  dead.push_back({Addr(entry_sp + 8), Addr(entry_sp + 8 + 8 * u64{a.model.words})});
  if (a.on_user_stack) {
    const Addr m = peek<Addr>(a.g + offset.g_m);
    const Addr g0 = peek<Addr>(m + offset.m_g0);
    dead.push_back({peek<Addr>(g0 + offset.g_lo), peek<Addr>(g0 + offset.g_sched_sp)});
  }
  return dead;
}

void Checker::differ(FunctionReport& f, Difference d) {
  ++f.different;
  if (f.differences.size() < FunctionReport::kKeep) f.differences.push_back(std::move(d));
}

/// The results of a model that is through, each beside what the real code returned.
std::vector<Checker::Result> Checker::results_of(const Activation& a, const Registers& regs) const {
  std::vector<Result> out;
  if (!a.trouble.empty() || !a.frame->done()) return out;
  const auto results = a.frame->results();
  for (std::size_t i = 0; i < results.size() && i < kIntegerRegisters.size(); ++i) {
    const u64 mask = results[i].bytes == 8 ? ~u64{0} : (u64{1} << (8 * results[i].bytes)) - 1;
    out.push_back({results[i].value & mask, regs[kIntegerRegisters[i]] & mask, results[i].bytes});
  }
  return out;
}

void Checker::count(const Activation& a, const Field& field, u64 number, FunctionReport& f) {
  ++f.fields;
  const bool counts = field.changed && a.outermost;
  if (counts) report_.changed_bytes += field.size;
  switch (field.verdict) {
    case Field::Verdict::equal:
      ++f.equal;
      if (counts) report_.predicted_bytes += field.size;
      break;
    case Field::Verdict::different:
      differ(f, {number, name_of_(field.address), field.model, field.real, field.size, {}});
      break;
    case Field::Verdict::not_covered:
      ++f.not_covered;
      ++f.uncovered[name_of_(field.address)];
      break;
    case Field::Verdict::excused:
      ++f.excused;
      break;
  }
}

void Checker::judge(Activation& a, u64 number, const Registers& regs, FunctionReport& f) {
  if (a.gave_up.empty() && passed_inlined(a)) a.gave_up = inlined_reason(a);
  if (!a.gave_up.empty()) return note_declined(a.model, a.gave_up);
  if (a.trouble.empty() && a.waits == Waits::call)
    a.trouble = fmt::format(
        "the model calls {}, {}", a.rt.request().function,
        a.targets.empty() ? "which the program does not have" : "the real code did not");
  if (a.trouble.empty() && a.waits == Waits::returns && !a.frame->done())
    a.trouble = "the model waits for nothing";
  const auto fields = compare(a, machine_.memory(), dead_ranges(a));
  const auto results = results_of(a, regs);
  const auto bad_field = [](const Field& x) {
    return x.verdict == Field::Verdict::different || x.verdict == Field::Verdict::not_covered;
  };
  const auto bad_result = [](const Result& x) { return x.model != x.real; };
  // The model read at one moment what the real code read at several.
  if (a.interleaved &&
      (!a.trouble.empty() || std::any_of(fields.begin(), fields.end(), bad_field) ||
       std::any_of(results.begin(), results.end(), bad_result))) {
    ++f.interleaved;
    return;
  }
  for (const Field& field : fields) count(a, field, number, f);
  if (!a.trouble.empty()) differ(f, {number, {}, 0, 0, 0, a.trouble});
  for (std::size_t i = 0; i < results.size(); ++i) {
    ++f.fields;
    if (bad_result(results[i]))
      differ(f, {number,
                 fmt::format("result {}", i),
                 results[i].model,
                 results[i].real,
                 results[i].bytes,
                 {}});
    else
      ++f.equal;
  }
  if (a.outermost && listener) tell(a, fields);
}

/// The steps, each where the real code did the same.
void Checker::tell(Activation& a, const std::vector<Field>& fields) {
  auto spans = spans_of(a, fields);
  for (std::size_t i = 0; i < spans.size(); ++i) {
    const Step& step = a.rt.steps()[i];
    auto verdict = Verdict::confirmed;
    for (const Write& w : step.writes)
      for (const Field& field : fields)
        if (field.verdict == Field::Verdict::different && overlaps(w, field))
          verdict = Verdict::contradicted;
    const auto behind =
        std::upper_bound(a.stands.begin(), a.stands.end(), spans[i].last,
                         [](u64 number, const Stand& stand) { return number < stand.number; });
    const Step told{step.id, step.text, step.depth, std::move(spans[i].evidence), {}};
    listener({told, a.model.function, spans[i].first, spans[i].last, sequence_++, a.tid,
              a.base_depth + step.depth, std::prev(behind)->standing, verdict});
  }
}

void Checker::close(Lane& lane, std::size_t index, u64 number, const Registers& regs) {
  Activation& a = *lane.stack[index];
  judge(a, number, regs, report_of(a.model));
  abandon(lane, index);
}

}  // namespace runtime_model::model
