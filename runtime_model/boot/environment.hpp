/// The environment, once goenvs has copied it. Go: runtime/env_posix.go, gogetenv.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <tuple>

#include "runtime_model/boot/words.hpp"

namespace runtime_model::boot {

/// Where the value of a variable is, and how long; (0, 0) when there is no such variable.
using Value = std::tuple<Addr, u64>;
Model<Value> gogetenv(Runtime& rt, model::StringWords key);

/// What gogetenv would find. The program must tell where `runtime.envs` is.
Value find_variable(Runtime& rt, std::string_view key);
/// A decimal number of 32 bits with an optional sign, as Go's atoi32 takes it.
std::optional<i32> number_at(Runtime& rt, const Value& text);

}  // namespace runtime_model::boot
