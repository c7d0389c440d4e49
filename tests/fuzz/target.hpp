/// A fuzz target: code that must take any bytes at all without a crash, an endless loop or a
/// memory that grows. What it may do with them is refuse them in one sentence.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "emulator/base/types.hpp"

namespace fuzz {

using emulator::u16;
using emulator::u32;
using emulator::u64;
using emulator::u8;
using Bytes = std::span<const u8>;
using Input = std::vector<u8>;

struct Target {
  std::string_view name, what;
  u32 longest;  // bytes of input worth trying
  void (*run)(Bytes input);
  std::vector<Input> (*seeds)();  // small inputs of our own to start from
};

/// All of them. To add one, write its `run` and `seeds`, declare them below, and give it a row in
/// targets.cpp.
std::span<const Target> targets();
const Target* find_target(std::string_view name);

/// Stops with a message: what must hold does not.
[[noreturn]] void fail(std::string_view what);

/// Reads choices from an input; zeros past its end.
class Choices {
 public:
  explicit Choices(Bytes input) : rest_(input) {}
  bool empty() const { return rest_.empty(); }
  Bytes rest() const { return rest_; }
  template <class T>
  T take() {
    T value = 0;
    for (unsigned i = 0; i < sizeof(T) && !rest_.empty(); ++i, rest_ = rest_.subspan(1))
      value = static_cast<T>(value | static_cast<T>(T{rest_[0]} << (8 * i)));
    return value;
  }

 private:
  Bytes rest_;
};

// -- the rows' functions --

void run_elf(Bytes input);  // elf.cpp
std::vector<Input> elf_seeds();
void run_symbols(Bytes input);  // symbols.cpp
std::vector<Input> symbol_seeds();
void run_layouts(Bytes input);  // layouts.cpp
std::vector<Input> layouts_seeds();
void run_json_lines(Bytes input);  // traces.cpp
std::vector<Input> json_lines_seeds();
void run_rt0t(Bytes input);
std::vector<Input> rt0t_seeds();
void run_instruction(Bytes input);  // instruction.cpp
std::vector<Input> instruction_seeds();
void run_guest(Bytes input);  // guest.cpp
std::vector<Input> guest_seeds();
void run_system_calls(Bytes input);  // system_calls.cpp
std::vector<Input> system_call_seeds();
void run_gdb(Bytes input);  // gdb.cpp
std::vector<Input> gdb_seeds();

}  // namespace fuzz
