#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "tests/fuzz/target.hpp"

namespace fuzz {
namespace {

constexpr Target kTargets[] = {
    {"elf", "a program file: parsed, loaded, its first instructions executed", 16384, run_elf,
     elf_seeds},
    {"symbols", "a program's function table, symbols and build information", 16384, run_symbols,
     symbol_seeds},
    {"layouts", "what a program's debug information says of the runtime's types", 16384,
     run_layouts, layouts_seeds},
    {"jsonl", "a trace as JSON Lines", 8192, run_json_lines, json_lines_seeds},
    {"rt0t", "a trace in the compressed container", 8192, run_rt0t, rt0t_seeds},
    {"instruction", "one instruction: the fast and the observed handler, and its effects", 64,
     run_instruction, instruction_seeds},
    {"guest", "random code with random registers and memory: both loops", 600, run_guest,
     guest_seeds},
    {"syscalls", "system calls one after another", 1024, run_system_calls, system_call_seeds},
    {"gdb", "a client of rt0 serve", 2048, run_gdb, gdb_seeds},
};

}  // namespace

std::span<const Target> targets() { return kTargets; }

const Target* find_target(std::string_view name) {
  const auto it = std::ranges::find(kTargets, name, &Target::name);
  return it == std::end(kTargets) ? nullptr : &*it;
}

void fail(std::string_view what) {
  std::fprintf(stderr, "fuzz: %.*s\n", static_cast<int>(what.size()), what.data());
  std::abort();
}

}  // namespace fuzz
