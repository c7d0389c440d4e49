/// SHA-256 (FIPS 180-4), for the name of the program in a trace's header. None of the libraries
/// that rt0 stands on has it.
#pragma once

#include <array>
#include <span>
#include <string>

#include "emulator/base/types.hpp"

namespace traces::format {

class Sha256 {
 public:
  void update(std::span<const emulator::u8> bytes);
  /// The digest of everything given so far, 64 lower-case hex digits. Nothing may be added
  /// afterwards.
  std::string hex();

 private:
  using Block = std::array<emulator::u8, 64>;
  void compress(const emulator::u8* block);

  std::array<emulator::u32, 8> h_ = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                     0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  Block rest_{};  ///< bytes that do not fill a block yet
  std::size_t rest_size_ = 0;
  emulator::u64 length_ = 0;  ///< bytes given
};

inline std::string sha256(std::span<const emulator::u8> bytes) {
  Sha256 hash;
  hash.update(bytes);
  return hash.hex();
}

}  // namespace traces::format
