#include "tests/fuzz/registers.hpp"

#include <bit>

#include "emulator/base/random.hpp"

namespace fuzz {
namespace {

using emulator::base::next_random;
namespace cpu = emulator::cpu;

u64 value_of(u8 kind, u8 detail, u64 data, u64 data_size, u64 code) {
  u64 random = u64{kind} << 8 | detail;
  switch (kind % 10) {
    case 0:
      return detail;
    case 1:
      return ~u64{0} - detail;
    case 2:
    case 3:
      return data + u64{detail} * 16 % data_size;
    case 4:
      return data + data_size - detail % 64;
    case 5:
      return code + detail;
    case 6:
      return u64{1} << detail % 64;
    case 7:
      return 0x7fff'ffff'ffc0 + detail;  // about the end of canonical addresses
    case 8:
      return std::bit_cast<u64>(static_cast<double>(detail) - 100.5);
    default:
      return next_random(random);
  }
}

/// Lanes of zeros, ones, small numbers and special values of floating point.
u64 lane_of(u64& random) {
  constexpr u64 kLanes[] = {0,
                            ~u64{0},
                            0x3ff0000000000000,  // 1.0
                            0x7ff0000000000000,  // infinity
                            0x7ff8000000000000,  // NaN
                            0x7ff0000000000001,  // signalling NaN
                            0x0000000000000001,  // denormal
                            0x3f8000007f800001,  // two floats
                            0x8000000080000000};
  const u64 which = next_random(random) % 16;
  return which < std::size(kLanes) ? kLanes[which] : next_random(random);
}

}  // namespace

void choose_registers(Choices& choices, cpu::Registers& regs, u64 data, u64 data_size, u64 code) {
  for (unsigned r = 0; r < 16; ++r) {
    const u8 kind = choices.take<u8>(), detail = choices.take<u8>();
    regs.gpr(r) = value_of(kind, detail, data, data_size, code);
  }
  const u8 vectors = choices.take<u8>(), flags = choices.take<u8>();
  if (regs[cpu::rsp] - data >= data_size) regs[cpu::rsp] = data + data_size / 2;
  u64 random = vectors;
  for (auto& y : regs.ymm) {
    std::array<u64, 4> lanes;
    for (u64& lane : lanes) lane = lane_of(random);
    y = cpu::V256::of<u64>(lanes);
  }
  regs.set_rflags((flags & 0xd5u) | u64{(flags >> 1) & 1u} << 11 | u64{(flags >> 3) & 1u} << 10);
}

}  // namespace fuzz
