/// A look ahead, for names that objects get a little after their birth: newproc1 fills in a g
/// before it gives it a number, allocm makes an M before it is listed.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "emulator/machine/follower.hpp"
#include "runtime_model/golang/names.hpp"
#include "runtime_model/model/guest.hpp"
#include "tools/rt0/debug/guest_memory.hpp"
#include "tools/rt0/options.hpp"
#include "tools/rt0/program.hpp"

namespace rt0::debug {

class Glimpse {
 public:
  /// Nothing is made before something is asked. All outlive it.
  Glimpse(const RunOptions& options, const Program& program,
          const runtime_model::model::Guest& guest, emulator::machine::Timeline& leader);

  /// What a name will call within so many instructions that nobody has to wait. A second machine
  /// goes there; the leader stays, and the world is not asked anything.
  std::optional<runtime_model::golang::FoundPlace> find(const std::string& name);
  std::optional<runtime_model::golang::FoundPlace> find(std::string_view name) {
    return find(std::string(name));
  }

 private:
  void make();
  std::optional<runtime_model::golang::FoundPlace> search(const std::string& name);

  const RunOptions options_;
  const Program& program_;
  const runtime_model::model::Guest& guest_;
  emulator::machine::Timeline& leader_;
  emulator::machine::Follower follower_{leader_, emulator::machine::Follower::Lead::none};
  std::unique_ptr<emulator::machine::Machine> machine_;
  std::unique_ptr<GuestMemory> memory_;
  std::optional<runtime_model::golang::Names> names_;
  /// Names that call nothing from one position to another, while nothing is changed.
  std::map<std::string, std::pair<emulator::u64, emulator::u64>> nothing_;
  emulator::u64 changes_ = 0;
};

}  // namespace rt0::debug
