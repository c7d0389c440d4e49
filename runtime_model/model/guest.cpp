#include "runtime_model/model/guest.hpp"

#include <algorithm>
#include <array>

#include "emulator/base/error.hpp"

namespace runtime_model::model {

using golang::Code;

namespace {

emulator::u64 offset_of(const golang::Layouts& layouts, std::string_view type,
                        std::string_view path) {
  const auto* layout = layouts.find(type);
  const auto field = layout != nullptr ? layouts.field(*layout, path) : std::nullopt;
  if (!field)
    emulator::base::user_error("no layout tells where {}.{} is in this program", type, path);
  return field->offset;
}

/// Assembly that is written for ABIInternal. Go: TEXT …<ABIInternal> in runtime/*_amd64.s.
bool takes_registers(std::string_view name) {
  constexpr std::array kNames = {
      "runtime.mcall",   "runtime.memhash",  "runtime.memhash32", "runtime.memhash64",
      "runtime.strhash", "runtime.memequal", "runtime.memmove",   "runtime.memclrNoHeapPointers"};
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

}  // namespace

Guest::Guest(const emulator::kernel::ElfImage& image, const golang::SymbolTable& table,
             const golang::BuildInfo& build)
    : symbols(table),
      release(build.release),
      layouts(golang::Layouts::load(image, build)),
      globals(golang::Globals::find(image, table, layouts)),
      tables(layouts, globals) {
  look_up();
}

Guest::Guest(golang::GoRelease go, const golang::SymbolTable& table, golang::Layouts layout,
             golang::Globals variables)
    : symbols(table),
      release(go),
      layouts(std::move(layout)),
      globals(std::move(variables)),
      tables(layouts, globals) {
  look_up();
}

void Guest::look_up() {
  offset = {
      offset_of(layouts, "runtime.g", "m"),        offset_of(layouts, "runtime.g", "stack.lo"),
      offset_of(layouts, "runtime.g", "stack.hi"), offset_of(layouts, "runtime.g", "sched.sp"),
      offset_of(layouts, "runtime.m", "g0"),       offset_of(layouts, "runtime.m", "curg"),
      offset_of(layouts, "runtime.m", "gsignal"),  offset_of(layouts, "runtime.m", "p")};
  if (!find(lock_function)) lock_function = "runtime.lock";
  if (!find(unlock_function)) unlock_function = "runtime.unlock";
}

std::vector<Entry> Guest::entries(std::string_view name) const {
  const auto found = symbols.find(name);
  const auto is = [](Code code) { return [code](const auto* f) { return f->code == code; }; };
  const bool assembly = std::any_of(found.begin(), found.end(), is(Code::assembly));
  const bool wrapped = std::any_of(found.begin(), found.end(), is(Code::wrapper));
  std::vector<Entry> out;
  for (const auto* f : found) {
    Abi abi = Abi::internal;
    if (f->code == Code::assembly && (wrapped || !takes_registers(name))) abi = Abi::zero;
    if (f->code == Code::wrapper && !assembly) abi = Abi::zero;
    out.push_back({f->entry, abi});
  }
  return out;
}

std::optional<Entry> Guest::find(std::string_view name) const {
  const auto all = entries(name);
  for (const Entry& e : all)
    if (e.abi == Abi::internal) return e;
  if (all.empty()) return std::nullopt;
  return all.front();
}

Addr Guest::entry(std::string_view name) const {
  const auto found = find(name);
  if (!found) emulator::base::user_error("the program has no function {}", name);
  return found->address;
}

Addr Guest::global(std::string_view name) const { return globals.address(name).value_or(Addr()); }

}  // namespace runtime_model::model
