#include "tools/verify/report.hpp"

#include <nlohmann/json.hpp>

#include "emulator/base/error.hpp"
#include "emulator/base/hex.hpp"

namespace rt0::verify {
namespace {

using emulator::base::hex;
using emulator::base::hex_bytes;
using Json = nlohmann::ordered_json;

std::string bytes_of(const Step& s) { return hex_bytes(std::span(s.bytes).first(s.length)); }

std::string step_line(const Step& s, const Names& names) {
  return fmt::format("{:>12}  {:<3} {:<16} {:<40} {:<30} {}\n", s.number, s.thread, hex(s.pc),
                     names.place(s.pc), bytes_of(s), names.text(s));
}

std::string divergence_text(const Divergence& d, const Names& names) {
  std::string out = fmt::format(
      "The host and the emulator differ, {}:\n"
      "instruction {}, thread {}, at {} {}\n"
      "    {}    {}\n",
      d.found, d.step.number, d.step.thread, hex(d.step.pc), names.place(d.step.pc),
      bytes_of(d.step), names.text(d.step));
  for (const Difference& one : d.differences) {
    out += fmt::format("  {}\n", one.what);
    if (!one.before.empty()) out += fmt::format("    before    {}\n", one.before);
    out += fmt::format("    emulator  {}\n    host      {}\n", one.emulator, one.host);
  }
  out += fmt::format("The last {} instructions:\n", d.last.size());
  for (const Step& s : d.last) out += step_line(s, names);
  return out;
}

Json step_json(const Step& s, const Names& names) {
  return {{"n", s.number},           {"t", s.thread},        {"pc", hex(s.pc)},
          {"at", names.place(s.pc)}, {"bytes", bytes_of(s)}, {"text", names.text(s)}};
}

Json divergence_json(const Divergence& d, const Names& names) {
  Json out = step_json(d.step, names);
  out["found"] = d.found;
  for (const Difference& one : d.differences)
    out["differences"].push_back({{"what", one.what},
                                  {"before", one.before},
                                  {"emulator", one.emulator},
                                  {"host", one.host}});
  for (const Step& s : d.last) out["last"].push_back(step_json(s, names));
  return out;
}

}  // namespace

std::string as_text(const Report& r, const Names& names) {
  std::string out;
  if (r.divergence) out += divergence_text(*r.divergence, names);
  out += fmt::format("{}: {} instructions until {}\n", r.program, r.instructions, r.end);
  out += fmt::format(
      "{} executed on the host too and compared, {} given to it, {} faults on both, {} thread "
      "switches, "
      "{} comparisons of all memory\n",
      r.counts.compared, r.counts.given, r.counts.faults, r.counts.switches, r.counts.all_memory);
  if (r.divergence) return out;
  out += fmt::format("no difference; {} instruction forms:\n", r.forms.size());
  for (const FormCount& f : r.forms) out += fmt::format("{:>12}  {}\n", f.count, f.name);
  return out;
}

std::string as_json(const Report& r, const Names& names) {
  Json out{{"program", r.program},
           {"end", r.end},
           {"instructions", r.instructions},
           {"compared", r.counts.compared},
           {"given", r.counts.given},
           {"faults", r.counts.faults},
           {"thread_switches", r.counts.switches},
           {"memory_comparisons", r.counts.all_memory}};
  out["divergence"] = r.divergence ? divergence_json(*r.divergence, names) : Json(nullptr);
  Json forms = Json::object();
  for (const FormCount& f : r.forms) forms[f.name] = f.count;
  out["forms"] = std::move(forms);
  return out.dump() + "\n";
}

}  // namespace rt0::verify
