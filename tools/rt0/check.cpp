// rt0 check: the models beside the real code.
#include <CLI/CLI.hpp>
#include <cstdio>

#include <nlohmann/json.hpp>

#include "emulator/base/error.hpp"
#include "emulator/base/hex.hpp"
#include "tools/rt0/models.hpp"
#include "tools/rt0/stream.hpp"

namespace rt0 {
namespace {

using emulator::u64;
using runtime_model::model::CheckReport;
using runtime_model::model::Difference;
using runtime_model::model::FunctionReport;

struct CheckOptions {
  RunOptions run;
  ModelOptions models;
  bool json = false;
  bool verbose = false;
};

std::string difference_text(const Difference& d) {
  if (!d.text.empty()) return fmt::format("instruction {}: {}", d.number, d.text);
  return fmt::format("instruction {}: {}: the model has {:#x}, the real code {:#x}", d.number,
                     d.where, d.model, d.real);
}

double percent(u64 part, u64 whole) {
  return whole == 0 ? 100.0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

void print_function(const std::string& name, const FunctionReport& f, bool verbose) {
  kStderr.print("{:<38} {:>7} {:>9} {:>9} {:>6} {:>6} {:>6} {:>6} {:>6}\n", name, f.calls, f.fields,
                f.equal, f.different, f.not_covered, f.excused, f.interleaved,
                f.declined + f.unfinished);
  const std::size_t most = verbose ? FunctionReport::kKeep : 3;
  for (std::size_t i = 0; i < f.differences.size() && i < most; ++i)
    kStderr.print("    {}\n", difference_text(f.differences[i]));
  if (f.differences.size() > most)
    kStderr.print("    and {} more (--verbose)\n", f.different - most);
  std::size_t shown = 0;
  for (const auto& [field, times] : f.uncovered) {
    if (!verbose && ++shown > 3) break;
    kStderr.print("    not covered: {} ({} times)\n", field, times);
  }
  for (const auto& [reason, times] : f.reasons)
    kStderr.print("    left to the real code {} times: {}\n", times, reason);
}

void print(const CheckReport& report, bool verbose) {
  kStderr.print("{:<38} {:>7} {:>9} {:>9} {:>6} {:>6} {:>6} {:>6} {:>6}\n", "function", "calls",
                "fields", "equal", "differ", "uncov", "excus", "inter", "left");
  FunctionReport sum;
  for (const auto& [name, f] : report.functions) {
    print_function(name, f, verbose);
    sum.calls += f.calls, sum.fields += f.fields, sum.equal += f.equal;
    sum.different += f.different, sum.not_covered += f.not_covered, sum.excused += f.excused;
    sum.interleaved += f.interleaved, sum.declined += f.declined, sum.unfinished += f.unfinished;
  }
  print_function("all", sum, false);
  kStderr.print(
      "\nof {} bytes that the real code of these functions changed, the models foretold {} "
      "({:.1f} %)\n",
      report.changed_bytes, report.predicted_bytes,
      percent(report.predicted_bytes, report.changed_bytes));
  kStderr.print("interleaved: {:.2f} % of calls\n", percent(sum.interleaved, sum.calls));
}

nlohmann::ordered_json json_of(const FunctionReport& f) {
  nlohmann::ordered_json j = {{"calls", f.calls},
                              {"fields", f.fields},
                              {"equal", f.equal},
                              {"different", f.different},
                              {"not_covered", f.not_covered},
                              {"excused", f.excused},
                              {"interleaved", f.interleaved},
                              {"declined", f.declined},
                              {"unfinished", f.unfinished}};
  for (const Difference& d : f.differences) j["differences"].push_back(difference_text(d));
  for (const auto& [field, times] : f.uncovered) j["uncovered"][field] = times;
  for (const auto& [reason, times] : f.reasons) j["reasons"][reason] = times;
  return j;
}

void print_json(const Models& models, const CheckReport& report) {
  nlohmann::ordered_json j = {{"go", "go1." + std::to_string(models.guest().release.minor)},
                              {"layouts", models.guest().layouts.source()},
                              {"changed_bytes", report.changed_bytes},
                              {"predicted_bytes", report.predicted_bytes},
                              {"differences", report.differences()}};
  for (const auto& [name, f] : report.functions) j["functions"][name] = json_of(f);
  kStdout.print("{}\n", j.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

int run_check(const CheckOptions& o) {
  SilentHost silent;
  Session session(o.run, o.run.quiet || o.json ? &silent : nullptr);
  ModelOptions how = o.models;
  how.runtime = "check";
  Models models(session, how);
  models.on_decline([](std::string_view function, const std::string& reason) {
    kStderr.print("rt0: {} is left to the real code: {}\n", function, reason);
  });
  models.attach();
  const CheckReport& report = models.checker()->report();
  const auto tell = [&] {
    models.finish();
    o.json ? print_json(models, report) : print(report, o.verbose);
  };
  try {
    (void)session.run();
  } catch (...) {
    tell();  // what was checked until then
    throw;
  }
  tell();
  return report.differences() != 0 ? emulator::base::kExitDifference : emulator::base::kExitFine;
}

}  // namespace

void add_check(CLI::App& app, int& status) {
  auto* command = app.add_subcommand(
      "check", "run the models beside the real code and report every disagreement");
  auto o = std::make_shared<CheckOptions>();
  command->add_flag("-q,--quiet", o->run.quiet,
                    "nothing of what the guest prints; the report only");
  command->add_flag("--json", o->json, "the report as one JSON object on stdout; implies --quiet");
  command->add_flag("-v,--verbose", o->verbose,
                    "every difference and every field that is not covered");
  add_model_choice(*command, o->models);
  add_run_options(*command, o->run);
  command->callback([command, o, &status] {
    take_program(*command, o->run);
    status = run_check(*o);
  });
}

}  // namespace rt0
