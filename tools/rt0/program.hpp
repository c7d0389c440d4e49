/// The program to run: its bytes, and what they say of themselves.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "asm/embedded_program.hpp"
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
  const programs::Program* carried = nullptr;  // which one of those that rt0 carries
  runtime_model::golang::BuildInfo build;
  runtime_model::golang::SymbolTable symbols;
};

/// The programs that rt0 carries, a line each: their names, as @workers, and what they are for.
std::string carried_programs();

/// Reads `path`; "@NAME" is a program that rt0 carries, and so is hello when it is empty. Throws base::UserError, one sentence
/// that names the file.
Program load_program(const std::string& path, Symbols symbols = Symbols::at_once);
/// Makes up for Symbols::when_needed.
void load_symbols(Program& program);

}  // namespace rt0
