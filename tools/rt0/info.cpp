// rt0 info: what a Go program says of itself.
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "emulator/base/error.hpp"
#include "emulator/base/hex.hpp"
#include "runtime_model/golang/boot_routines.hpp"
#include "runtime_model/golang/globals.hpp"
#include "runtime_model/golang/layouts.hpp"
#include "tools/rt0/coverage.hpp"
#include "tools/rt0/options.hpp"
#include "tools/rt0/program.hpp"
#include "tools/rt0/stream.hpp"

namespace rt0 {
namespace {

using emulator::base::hex;
using runtime_model::golang::Globals;
using runtime_model::golang::Layouts;

/// What is known of the runtime's data in a program.
struct Data {
  explicit Data(const Program& p)
      : layouts(Layouts::load(*p.image, p.build)),
        globals(Globals::find(*p.image, p.symbols, layouts)) {}
  Layouts layouts;
  Globals globals;
};

std::string permissions(const emulator::kernel::ElfSegment& s) {
  return fmt::format("{}{}{}", s.readable ? 'r' : '-', s.writable ? 'w' : '-',
                     s.executable ? 'x' : '-');
}
std::string_view kind_of(const emulator::kernel::ElfImage& image) {
  return image.position_independent ? "ELF64 x86-64, position-independent (ET_DYN)"
                                    : "ELF64 x86-64, fixed addresses (ET_EXEC)";
}

void print_globals(const Globals& globals) {
  kStdout.print("\nthe runtime's variables, and what says where they are:\n");
  for (const auto& global : globals.entries())
    kStdout.print("  {:<32} {}  {}\n", global.name, hex(global.address), global.how);
}

std::string_view state_name(ModelCoverage::State state) {
  switch (state) {
    case ModelCoverage::State::modelled:
      return "modelled";
    case ModelCoverage::State::absent:
      return "absent";
    case ModelCoverage::State::uncovered:
      return "real code only";
  }
  return "";
}

void print_models(const Program& p) {
  kStdout.print("\nthe runtime's functions that rt0 has a model of, for this program:\n");
  for (const ModelCoverage& m : model_coverage(p))
    kStdout.print("  {:<40} {:<15} {}\n", m.function, state_name(m.state), m.text);
}

void print_text(const Program& p) {
  const auto& image = *p.image;
  const auto& bias = p.symbols.bias();
  const auto line = [](std::string_view what, const auto& value) {
    kStdout.print("{:<14} {}\n", what, value);
  };
  line("program", p.name);
  line("format", kind_of(image));
  line("go version", p.build.version.empty() ? "not recorded" : p.build.version);
  line("found in", p.build.source);
  if (!p.build.path.empty()) line("main package", p.build.path);
  if (!p.build.module.empty())
    line("module", fmt::format("{} {}", p.build.module, p.build.module_version));
  if (!p.build.build_id.empty()) line("build id", p.build.build_id);
  for (const auto& setting : p.build.settings)
    line("build", fmt::format("{}={}", setting.key, setting.value));
  line("symbols",
       fmt::format("{} functions from {}", p.symbols.functions().size(), p.symbols.source()));
  const Data data(p);
  line("layouts", data.layouts.source());
  line("globals", fmt::format("{} found", data.globals.entries().size()));
  const emulator::Addr entry = image.entry + bias;
  line("entry", fmt::format("{} {}", hex(entry), p.symbols.describe(entry)));
  for (const auto& s : image.segments)
    line("segment", fmt::format("{:>14} - {:<14} {}  {} bytes in the file", hex(s.address + bias),
                                hex(s.end() + bias), permissions(s), s.bytes.size()));
  kStdout.print("\nboot routines, in the order in which the runtime reaches them:\n");
  for (const auto& found : runtime_model::golang::find_boot_routines(p.symbols, p.build.release)) {
    std::string where =
        found.at.empty() ? "not found: inlined or left out of this build" : std::string();
    for (const auto* f : found.at)
      where +=
          fmt::format("{}{}{}", where.empty() ? "" : ", ", hex(f->entry),
                      f->code == runtime_model::golang::Code::wrapper ? " (ABI0 wrapper)" : "");
    kStdout.print("  {:<32} {}\n", found.name, where);
  }
  print_models(p);
  print_globals(data.globals);
}

void print_json(const Program& p) {
  nlohmann::ordered_json j;
  const auto& image = *p.image;
  const auto& bias = p.symbols.bias();
  j["program"] = p.name;
  j["format"] = kind_of(image);
  j["go"] = p.build.version;
  j["go_found_in"] = p.build.source;
  j["path"] = p.build.path;
  j["module"] = p.build.module;
  j["module_version"] = p.build.module_version;
  j["build_id"] = p.build.build_id;
  j["settings"] = nlohmann::ordered_json::object();
  for (const auto& setting : p.build.settings) j["settings"][setting.key] = setting.value;
  j["symbols"] = {{"source", p.symbols.source()}, {"functions", p.symbols.functions().size()}};
  j["entry"] = hex(image.entry + bias);
  j["segments"] = nlohmann::ordered_json::array();
  for (const auto& s : image.segments)
    j["segments"].push_back({{"start", hex(s.address + bias)},
                             {"end", hex(s.end() + bias)},
                             {"permissions", permissions(s)},
                             {"file_bytes", s.bytes.size()}});
  j["boot_routines"] = nlohmann::ordered_json::array();
  for (const auto& found : runtime_model::golang::find_boot_routines(p.symbols, p.build.release)) {
    nlohmann::ordered_json at = nlohmann::ordered_json::array();
    for (const auto* f : found.at) at.push_back(hex(f->entry));
    j["boot_routines"].push_back({{"name", found.name}, {"found", !found.at.empty()}, {"at", at}});
  }
  const Data data(p);
  j["layouts"] = data.layouts.source();
  j["globals"] = nlohmann::ordered_json::array();
  for (const auto& global : data.globals.entries())
    j["globals"].push_back(
        {{"name", global.name}, {"at", hex(global.address)}, {"by", global.how}});
  j["models"] = nlohmann::ordered_json::array();
  for (const ModelCoverage& m : model_coverage(p))
    j["models"].push_back(
        {{"function", m.function}, {"state", state_name(m.state)}, {"text", m.text}});
  kStdout.print("{}\n", j.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

/// What make_layouts takes from a program with DWARF and symbols.
void print_tables(const Program& p) {
  kStdout.print("{}{}", Layouts::load(*p.image, p.build).text(),
                Globals::code_text(*p.image, p.symbols));
}

}  // namespace

void add_info(CLI::App& app, int& status) {
  auto* command = app.add_subcommand(
      "info",
      "Go version, build info, symbols, segments, boot routines and runtime data of a program");
  auto path = std::make_shared<std::string>();
  auto json = std::make_shared<bool>(false);
  command->add_option("PROG", *path, "a Go program; the built-in hello when absent");
  command->add_flag("--json", *json, "as JSON");
  auto tables = std::make_shared<bool>(false);
  command
      ->add_flag("--tables", *tables,
                 "the layouts of its runtime as in layout_tables.inc, for make_layouts")
      ->excludes("--json");
  command->callback([path, json, tables, &status] {
    const Program program = load_program(*path);
    if (*tables)
      print_tables(program);
    else
      *json ? print_json(program) : print_text(program);
    status = emulator::base::kExitFine;
  });
}

}  // namespace rt0
