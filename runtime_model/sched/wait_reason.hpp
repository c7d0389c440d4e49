/// Why a goroutine waits, in Go's own words.
#pragma once

#include <string>

#include "runtime_model/sched/status.hpp"

namespace runtime_model::sched {

/// "chan receive", as the program itself spells g.waitreason; its number when the program does not
/// tell. Go: runtime/runtime2.go, waitReasonStrings.
std::string wait_reason(Runtime& rt, const golang::G& gp);

}  // namespace runtime_model::sched
