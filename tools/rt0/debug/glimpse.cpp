#include "tools/rt0/debug/glimpse.hpp"

#include "tools/rt0/session.hpp"

namespace rt0::debug {

using emulator::u64;
namespace golang = runtime_model::golang;

namespace {

constexpr u64 kFar = 200'000;  // instructions: more than from a birth to its number, unless many
                               // threads take turns; a few milliseconds
constexpr u64 kChunk = 2'000;  // between two looks

}  // namespace

Glimpse::Glimpse(const RunOptions& options, const Program& program,
                 const runtime_model::model::Guest& guest, emulator::machine::Timeline& leader)
    : options_(options), program_(program), guest_(guest), leader_(leader) {}

void Glimpse::make() {
  MachineParts parts = machine_parts(options_, program_);
  machine_ = std::make_unique<emulator::machine::Machine>(std::move(parts.settings),
                                                          std::move(parts.image), follower_);
  memory_ = std::make_unique<GuestMemory>(machine_->memory());
  names_.emplace(golang::Views(*memory_, guest_.tables), guest_.layouts, guest_.globals,
                 guest_.symbols);
}

std::optional<golang::FoundPlace> Glimpse::search(const std::string& name) {
  if (!machine_) make();
  follower_.begin(*machine_, emulator::machine::Follower::start(leader_));
  const u64 here = leader_.position();
  for (u64 at = here + kChunk; at <= here + kFar; at += kChunk) {
    machine_->stop_at(at);
    const bool over = follower_.run().has_value();
    if (const auto found = names_->find(std::string_view(name))) return found;
    if (over) break;
  }
  return std::nullopt;
}

std::optional<golang::FoundPlace> Glimpse::find(const std::string& name) {
  const u64 here = leader_.position();
  if (changes_ != leader_.changes()) nothing_.clear(), changes_ = leader_.changes();
  const auto known = nothing_.find(name);
  if (known != nothing_.end() && known->second.first <= here && here < known->second.second)
    return std::nullopt;
  std::optional<golang::FoundPlace> found;
  try {
    found = search(name);
  } catch (const emulator::machine::InputInterrupted&) {
    // So far and no farther: the program asks for what is not there yet.
  } catch (const std::exception&) {
    // Or for what rt0 does not emulate.
  }
  if (!found) nothing_[name] = {here, here + kFar / 2};
  return found;
}

}  // namespace rt0::debug
