/// The comparison at the heart of PCMPESTRI, PCMPESTRM, PCMPISTRI and PCMPISTRM: SDM vol. 2, 4.1
/// "Imm8 Control Byte Operation for PCMPESTRI / PCMPESTRM / PCMPISTRI / PCMPISTRM".
#pragma once

#include "emulator/cpu/registers.hpp"

namespace emulator::semantics {

/// One bit an element of the second string (the manual's IntRes2), and the flags CF, ZF, SF and OF.
struct StringComparison {
  u32 mask = 0;
  unsigned elements = 16;  // 16 bytes or 8 words
  cpu::Flags flags;

  /// What the …STRI forms put into ECX: the lowest or (control bit 6) the highest set bit, else the
  /// element count.
  u32 index(u8 control) const;
  /// What the …STRM forms put into XMM0: the bits or (control bit 6) a whole element for each.
  cpu::V128 vector(u8 control) const;
};

/// Compares with explicit lengths: their magnitudes count, at most the number of elements.
StringComparison compare_strings(const cpu::V128& a, i64 length_a, const cpu::V128& b, i64 length_b,
                                 u8 control);
/// The length of a string that ends at its first zero element.
i64 implicit_length(const cpu::V128& v, u8 control);

}  // namespace emulator::semantics
