/// Operand values worth testing: the edges, and random ones between them.
#pragma once

#include "tests/oracle/case.hpp"
#include "tests/oracle/forms.hpp"

namespace tests::oracle {

/// What the bits of a vector register are taken for.
enum class Lanes : u8 { kInt8, kInt16, kInt32, kInt64, kFloat32, kFloat64, kBits };

/// An integer of `bits` bits, often 0, 1, -1, an extreme, a power of two or its neighbour.
u64 edge_integer(Random& random, unsigned bits);

/// An IEEE number: zeros, infinities, quiet and signalling NaNs, denormals, values around 1, around
/// the bounds of the integers and at rounding boundaries, of either sign.
u32 edge_float32(Random& random);
u64 edge_float64(Random& random);

/// 64 bits of a vector register.
u64 vector_word(Random& random, Lanes lanes);
Lanes lanes_for(Random& random, const Form& form);

u64 random_gpr(Random& random);
u32 random_flags(Random& random);

/// All exceptions masked: this is user code whose SIGFPE handler nobody tests. Every rounding mode,
/// DAZ and FTZ, and sticky flags that are set already.
u32 random_mxcsr(Random& random);

/// An immediate of the kind; one that needs the kind's width, except for kI8.
i64 random_immediate(Random& random, Kind kind, const Form& form);

/// A machine in a random state, but for rip.
CpuState random_state(Random& random, const Form& form);

}  // namespace tests::oracle
