/// What the sentences of steps have in common.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "emulator/base/types.hpp"

namespace runtime_model::model {

/// "1 page", "4 pages".
inline std::string counted(emulator::u64 n, std::string_view one) {
  return fmt::format("{} {}{}", n, one, n == 1 ? "" : "s");
}

}  // namespace runtime_model::model
