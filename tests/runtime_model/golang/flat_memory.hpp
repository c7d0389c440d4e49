/// Guest memory for tests of views: a map of words, zero where nothing was written.
#pragma once

#include <map>

#include "runtime_model/golang/memory.hpp"

namespace tests {

class FlatMemory : public runtime_model::golang::Memory {
 public:
  void read(emulator::Addr from, std::span<emulator::u8> to) override {
    for (std::size_t i = 0; i < to.size(); ++i) {
      const auto byte = bytes_.find(from.value + i);
      to[i] = byte == bytes_.end() ? 0 : byte->second;
    }
  }
  void write(emulator::Addr to, std::span<const emulator::u8> from) override {
    for (std::size_t i = 0; i < from.size(); ++i) bytes_[to.value + i] = from[i];
  }

 private:
  std::map<emulator::u64, emulator::u8> bytes_;
};

}  // namespace tests
