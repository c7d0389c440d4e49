// The Go programs that rt0 carries in itself.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace programs {

/// A program that was compiled when rt0 was built, with its source.
struct Program {
  std::string_view name;                ///< "workers": rt0 run @workers
  std::string_view about;               ///< one clause
  std::span<const std::uint8_t> image;  ///< the ELF file, or a zstd frame of it
  bool compressed = false;
  std::string_view source;  ///< of NAME.go
};

/// All of them, hello first; none when there was no Go toolchain.
std::span<const Program> all();
/// Null: there is none of that name.
const Program* find(std::string_view name);

/// The ELF image of asm/programs/hello.go; empty when there was no Go toolchain.
std::span<const std::uint8_t> hello();

}  // namespace programs
