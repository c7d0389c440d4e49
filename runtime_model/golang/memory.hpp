/// The guest's memory, as a view of the runtime's structures sees it.
#pragma once

#include <span>

#include "emulator/base/types.hpp"

namespace runtime_model::golang {

/// The live guest's memory, a model's shadow of it, or a test's.
class Memory {
 public:
  virtual ~Memory() = default;
  /// Throws what the implementation throws for memory that is not mapped.
  virtual void read(emulator::Addr from, std::span<emulator::u8> to) = 0;
  virtual void write(emulator::Addr to, std::span<const emulator::u8> from) = 0;
};

}  // namespace runtime_model::golang
