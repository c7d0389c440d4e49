// The Go programs that rt0 carries in itself.
#pragma once

#include <cstdint>
#include <span>

namespace programs {

/// The ELF image of asm/programs/hello.go, compiled when rt0 was built; empty when there was no Go toolchain then.
std::span<const std::uint8_t> hello();

}  // namespace programs
