// rt0_oracle: every instruction form, on the host's processor and in the emulator, compared.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "tests/oracle/trial.hpp"

namespace {

using namespace tests::oracle;

constexpr int kSkipped = 77;  // as ctest's SKIP_RETURN_CODE says

struct Options {
  u64 cases = 2000;
  u64 seed = 1;
  std::vector<std::string> patterns;
  std::string loop = "both";
  bool list = false;
  bool quiet = false;
};

struct Score {
  u64 forms = 0, passed = 0, failed = 0, unimplemented = 0, skipped = 0, cases = 0, lost = 0;
};

bool wanted(const Form& form, const Options& options) {
  if (options.patterns.empty()) return true;
  const auto matches = [&](const std::string& p) {
    if (p.front() == '^') return form.text.starts_with(p.substr(1));
    return form.text.find(p) != std::string::npos;
  };
  return std::any_of(options.patterns.begin(), options.patterns.end(), matches);
}

std::string fraction(const Verdict& v) { return fmt::format("{}/{}", v.passed, v.cases); }

void report(const Form& form, const char* loop, const Verdict& v, Score& score, bool quiet) {
  ++score.forms;
  score.cases += v.cases;
  score.lost += v.lost;
  if (v.failed() != 0) {
    ++score.failed;
    fmt::print("FAIL {} ({}): {} cases agree\n  {}", form.text, loop, fraction(v), v.first_failure);
  } else if (v.unimplemented != 0) {
    ++score.unimplemented;
    fmt::print("NOT EMULATED {} ({}): {} of {} cases\n  {}", form.text, loop, v.unimplemented,
               v.cases, v.first_missing);
  } else {
    ++score.passed;
    if (!quiet) fmt::print("ok {} ({}): {}\n", form.text, loop, v.cases);
  }
  if (v.lost != 0)
    fmt::print("  {} cases without a verdict: the host's process was lost\n", v.lost);
}

int run(const Options& options) {
  std::string why;
  const auto host = HostCpu::start(why);
  if (host == nullptr) {
    fmt::print("SKIPPED: no host processor to compare with: {}\n", why);
    return kSkipped;
  }
  Score score;
  for (const auto& [loop, name] : {std::pair{Loop::kFast, "fast"}, {Loop::kObserved, "observed"}}) {
    if (options.loop != "both" && options.loop != name) continue;
    const auto emulated = make_emulated_cpu(loop);
    Trial trial(*host, *emulated);
    for (const Form& form : all_forms()) {
      if (!wanted(form, options)) continue;
      if (!host_has(form.feature.c_str())) {
        fmt::print("SKIPPED {}: the host has no {}\n", form.text, form.feature);
        ++score.skipped;
        continue;
      }
      report(form, name, trial.run(form, options.cases, options.seed), score, options.quiet);
      std::fflush(stdout);
    }
  }
  fmt::print("{} forms: {} agree, {} differ, {} not emulated, {} skipped; {} cases, {} lost\n",
             score.forms, score.passed, score.failed, score.unimplemented, score.skipped,
             score.cases, score.lost);
  return score.failed + score.unimplemented + score.lost == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("Compares the emulator with the host's processor, form by form.");
  app.add_option("--cases", options.cases, "cases of each form")->capture_default_str();
  app.add_option("--seed", options.seed, "of the case generator")->capture_default_str();
  app.add_option("--form", options.patterns,
                 "only forms that contain (or, with ^, begin with) this");
  app.add_option("--loop", options.loop, "fast, observed or both")->capture_default_str();
  app.add_flag("--list", options.list, "list the forms and do nothing else");
  app.add_flag("--quiet", options.quiet, "only what does not agree, and the sum");
  CLI11_PARSE(app, argc, argv);
  if (!options.list) return run(options);
  for (const Form& form : all_forms())
    if (wanted(form, options)) fmt::print("{}\n", form.text);
  return 0;
}
