/// The program to run: its bytes, and what they say of themselves.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "emulator/kernel/elf.hpp"
#include "runtime_model/golang/symbols.hpp"
#include "runtime_model/golang/version.hpp"

namespace rt0 {

/// Sorting and indexing symbols takes a noticeable part of a small program's time, and a run that
/// tells nothing needs them only for an error's message.
enum class Symbols : emulator::u8 { at_once, when_needed };

struct Program {
  std::string name;  // as messages call it: the path given, or "built-in hello"
  std::string base;  // argv[0]: the file's name without its folders, so that the guest's stack is
                     // the same everywhere
  std::span<const emulator::u8> bytes;
  std::shared_ptr<const emulator::kernel::ElfImage> image;
  std::shared_ptr<const void> owner;  // keeps `bytes`
  runtime_model::golang::BuildInfo build;
  runtime_model::golang::SymbolTable symbols;
};

/// Reads `path`, or the built-in program when it is empty. Throws base::UserError, one sentence
/// that names the file.
Program load_program(const std::string& path, Symbols symbols = Symbols::at_once);
/// Makes up for Symbols::when_needed.
void load_symbols(Program& program);

}  // namespace rt0
