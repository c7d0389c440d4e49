/// Constants that only the guest's code knows: stripped programs name neither their types nor the
/// runtime's smaller variables.
#pragma once

#include "runtime_model/model/runtime.hpp"

namespace runtime_model::model {

/// The address that `function` loads into `reg` for its `nth` direct call of `callee`. Throws
/// base::Unimplemented when the code has no such call: this program was compiled otherwise.
Addr constant_argument(Runtime& rt, std::string_view function, std::string_view callee,
                       emulator::cpu::Gpr reg, unsigned nth = 0);

/// The type descriptor of the `nth` new(T) in a function of the guest.
inline Addr type_of_new(Runtime& rt, std::string_view function, unsigned nth = 0) {
  return constant_argument(rt, function, "runtime.newobject", emulator::cpu::rax, nth);
}

/// The `nth` variable of one byte that `function` compares with zero; zero when there is none.
Addr flag_tested(Runtime& rt, std::string_view function, unsigned nth = 0);

/// The `nth` variable of 64 bits that `function` loads into a register; zero when there is none.
Addr variable_loaded(Runtime& rt, std::string_view function, unsigned nth = 0);

/// The `nth` variable whose address `function` takes; zero when there is none.
Addr address_taken(Runtime& rt, std::string_view function, unsigned nth = 0);

/// Where the string constant `text` is that `function` takes the address of; zero when it uses
/// none.
Addr text_taken(Runtime& rt, std::string_view function, std::string_view text);

/// The static function value of the code at `entry` that `function` uses: a word of read-only data
/// that holds the entry. Throws base::Unimplemented when the code uses none.
Addr function_value(Runtime& rt, std::string_view function, Addr entry);

}  // namespace runtime_model::model
