/// Expressions over registers, symbols, the runtime's objects and their fields:
///
///     $rsp + 8      g1.sched.sp - g1.stack.lo      allp[0].runnext      *0x4be8b0
///     *(u32*)$rdi   runtime.main                   'runtime.(*mcache).refill'
///
/// Operators and their order are C's. Grammar, lowest first: assignment, ||, &&, |, ^, &, == !=,
/// < <= > >=, << >>, + -, * / %, unary - ! ~ * &, then .field and [index].
#pragma once

#include <string_view>

#include "tools/rt0/debug/value.hpp"

namespace rt0::debug {

/// Throws base::UserError, one sentence, for what does not read or has no value.
Value evaluate(Values& values, std::string_view text);
/// Reads it without looking at the guest: a name that is unknown or signs that make no sense are
/// said now, not when it counts. Objects that are not there yet (g17) are let pass.
void check_expression(Values& values, std::string_view text);
/// The same as evaluate, as a number.
u64 evaluate_number(Values& values, std::string_view text);
/// Where a function, label or address lies that a command names: "runtime.main", "*0x455e20",
/// "runtime.main+12".
Addr evaluate_address(Values& values, std::string_view text);

}  // namespace rt0::debug
