/// Which type a compiled new(T) passes to runtime.newobject.
#pragma once

#include "runtime_model/model/runtime.hpp"

namespace runtime_model::model {

/// The type descriptor of the `nth` new(T) in a function of the guest, from its code: what the
/// instruction in front of the call loads. Stripped programs do not name their types. Throws Thrown
/// when the code has no such call.
Addr type_of_new(Runtime& rt, std::string_view function, unsigned nth = 0);

}  // namespace runtime_model::model
