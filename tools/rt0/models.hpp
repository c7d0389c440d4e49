/// The models over a session: beside the real code or in its place.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "runtime_model/golang/names.hpp"
#include "runtime_model/model/checker.hpp"
#include "runtime_model/model/driver.hpp"
#include "runtime_model/model/shadow_memory.hpp"
#include "tools/rt0/narrator.hpp"
#include "tools/rt0/session.hpp"

namespace rt0 {

/// Every model that rt0 has.
runtime_model::model::Registry all_models();

struct ModelOptions {
  std::string runtime = "check";  // check, native or model
  // Functions, as "runtime.newproc1", "newproc1" or "runq*"; several with commas between them.
  std::vector<std::string> model, native;
};
/// --only: what is told of a story.
void add_only(CLI::App& command, std::vector<std::string>& only);
/// --model and --native: of which functions.
void add_model_choice(CLI::App& command, ModelOptions& options);
/// The same, and --runtime.
void add_model_options(CLI::App& command, ModelOptions& options);

/// The landmark of the process's end, which no symbol has.
inline constexpr std::string_view kExitGroup = "exit_group";

/// --only, of what there is to tell of a program. Throws base::UserError for a name of nothing.
StoryChoice story_choice(const std::vector<std::string>& only, const Program& program);

class Models {
 public:
  /// Throws base::UserError for a function that has no model.
  Models(Session& session, const ModelOptions& options);

  /// Makes the machine run with the models. Observers that are to hear of a function's entry before
  /// its model does were made before.
  void attach();
  void listen(runtime_model::model::Listener listener);
  void on_decline(std::function<void(std::string_view, const std::string&)> hear);
  /// Whatever is told from now on happened at this instruction or later.
  emulator::u64 told_up_to() const;
  void finish();

  Naming naming();
  /// On whose stack a thread stands now.
  runtime_model::model::Standing standing(const emulator::kernel::Thread& t) const;
  /// A probe of the models' own is at this address.
  bool stands_at(emulator::Addr a) const { return probes_.contains(a.value); }
  const runtime_model::model::Guest& guest() const { return guest_; }
  const runtime_model::model::Registry& registry() const { return registry_; }
  const runtime_model::model::Checker* checker() const { return checker_ ? &*checker_ : nullptr; }
  const runtime_model::model::Driver* driver() const { return driver_ ? &*driver_ : nullptr; }

 private:
  runtime_model::golang::Names& names();

  Session& session_;
  std::set<emulator::u64> probes_;
  runtime_model::model::Registry registry_;
  runtime_model::model::Guest guest_;
  runtime_model::model::LiveMemory memory_;
  runtime_model::golang::Names names_;
  emulator::u64 names_at_ =
      ~emulator::u64{0};  ///< instruction at which they were brought up to date
  std::optional<runtime_model::model::Checker> checker_;
  std::optional<runtime_model::model::Driver> driver_;
};

}  // namespace rt0
