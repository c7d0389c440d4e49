#include "tests/oracle/values.hpp"

#include <cmath>
#include <cstring>

namespace tests::oracle {
namespace {

constexpr u64 low_bits(unsigned bits) { return bits == 64 ? ~u64{0} : (u64{1} << bits) - 1; }

template <class To, class From>
To bits_as(From value) {
  static_assert(sizeof(To) == sizeof(From));
  To out;
  std::memcpy(&out, &value, sizeof out);
  return out;
}

constexpr std::array<u32, 44> kFloat32Edges = {
    0x00000000, 0x80000000,                          // zeros
    0x7f800000, 0xff800000,                          // infinities
    0x7fc00000, 0xffc00000, 0x7fc12345,              // quiet NaNs
    0x7f800001, 0xff812345, 0x7fbfffff,              // signalling NaNs
    0x00000001, 0x80000001, 0x007fffff, 0x00400000,  // denormals
    0x00800000, 0x80800000, 0x00800001,              // the least normals
    0x7f7fffff, 0xff7fffff, 0x7f000000,              // the greatest
    0x3f800000, 0xbf800000, 0x3f800001, 0x3f7fffff,  // 1 and its neighbours
    0x3f000000, 0xbf000000, 0x3effffff, 0x3f000001,  // a half
    0x3fc00000, 0x40200000, 0xc0200000,              // 1.5, 2.5
    0x4b000000, 0x4b000001, 0x4affffff,              // 2^23, where fractions end
    0x4effffff, 0x4f000000, 0xcf000000, 0xcf000001,  // 2^31
    0x5effffff, 0x5f000000, 0xdf000000, 0x5f800000,  // 2^63, 2^64
    0x34000000, 0x33800000,                          // 2^-23, 2^-24: half an ulp of 1
};

constexpr std::array<u64, 48> kFloat64Edges = {
    0x0000000000000000, 0x8000000000000000, 0x7ff0000000000000, 0xfff0000000000000,
    0x7ff8000000000000, 0xfff8000000000000, 0x7ff8123456789abc,  // quiet NaNs
    0x7ff0000000000001, 0xfff4567812345678, 0x7ff7ffffffffffff,  // signalling NaNs
    0x0000000000000001, 0x8000000000000001, 0x000fffffffffffff, 0x0008000000000000,
    0x0010000000000000, 0x8010000000000000, 0x0010000000000001, 0x7fefffffffffffff,
    0xffefffffffffffff, 0x7fe0000000000000, 0x3ff0000000000000, 0xbff0000000000000,
    0x3ff0000000000001, 0x3fefffffffffffff, 0x3fe0000000000000, 0xbfe0000000000000,
    0x3fdfffffffffffff, 0x3fe0000000000001, 0x3ff8000000000000, 0x4004000000000000,
    0xc004000000000000, 0x4330000000000000, 0x4330000000000001, 0x432fffffffffffff,  // 2^52
    0x41dfffffffc00000, 0x41dfffffffe00000, 0x41e0000000000000,  // 2^31 - 1, + 1/2, 2^31
    0xc1e0000000000000, 0xc1e0000000100000, 0xc1e0000000200000, 0x43dfffffffffffff,
    0x43e0000000000000, 0xc3e0000000000000, 0xc3e0000000000001,  // 2^63
    0x3cb0000000000000, 0x3ca0000000000000,                      // 2^-52, 2^-53: half an ulp of 1
    0x47efffffe0000000, 0x47effffff0000000,  // the greatest single, and what rounds to infinity
};
// The bounds between single's denormals and zero, for CVTSD2SS.
constexpr std::array<u64, 4> kSingleDenormals = {0x36a0000000000000, 0x3690000000000000,
                                                 0x380fffffffffffff, 0x3810000000000000};

u64 integer_of(Random& random, unsigned bits, u64 edge) {
  const u64 sign = u64{1} << (bits - 1);
  switch (edge) {
    case 0:
      return 0;
    case 1:
      return 1;
    case 2:
      return ~u64{0};
    case 3:
      return sign;
    case 4:
      return sign - 1;
    case 5:
      return sign + random.below(3) - 1;
    case 6:
      return u64{1} << random.below(bits);
    case 7:
      return (u64{1} << random.below(bits)) - 1;
    case 8:
      return ~(u64{1} << random.below(bits));
    case 9:
      return random.below(256);
    case 10:
      return ~random.below(256) + 1;
    case 11:
      return random.next() >> random.below(64);
    default:
      return random.next();
  }
}

}  // namespace

u64 edge_integer(Random& random, unsigned bits) {
  return integer_of(random, bits, random.below(17)) & low_bits(bits);
}

u32 edge_float32(Random& random) {
  const u64 choice = random.below(10);
  const u32 sign = static_cast<u32>(random.next()) & 0x80000000;
  if (choice < 4) return random.pick(kFloat32Edges) ^ (random.chance(25) ? 0x80000000 : 0);
  if (choice < 5)
    return bits_as<u32>(static_cast<float>(static_cast<i64>(random.below(4096)) - 2048));
  if (choice < 6) return static_cast<u32>(random.next());
  // Near 1, so that sums cancel and products round.
  const u32 exponent = 127 - 12 + static_cast<u32>(random.below(24));
  u32 fraction = static_cast<u32>(random.next()) & 0x7fffff;
  if (random.chance(30)) fraction &= ~u32{0} << random.below(23);
  return sign | exponent << 23 | (fraction & 0x7fffff);
}

u64 edge_float64(Random& random) {
  const u64 choice = random.below(10);
  const u64 sign = random.next() & 0x8000000000000000;
  if (choice < 4) return random.pick(kFloat64Edges) ^ (random.chance(25) ? u64{1} << 63 : 0);
  if (choice < 5)
    return bits_as<u64>(static_cast<double>(static_cast<i64>(random.below(4096)) - 2048));
  if (choice < 6) return random.next();
  if (choice < 7) return sign | (random.pick(kSingleDenormals) + random.below(3) - 1);
  const u64 exponent = 1023 - 30 + random.below(60);
  u64 fraction = random.next();
  if (random.chance(40)) fraction &= ~u64{0} << random.below(52);
  return sign | exponent << 52 | (fraction & 0xfffffffffffff);
}

u64 vector_word(Random& random, Lanes lanes) {
  unsigned width = 64;
  switch (lanes) {
    case Lanes::kFloat32:
      return edge_float32(random) | u64{edge_float32(random)} << 32;
    case Lanes::kFloat64:
      return edge_float64(random);
    case Lanes::kBits:
      return random.next();
    case Lanes::kInt8:
      width = 8;
      break;
    case Lanes::kInt16:
      width = 16;
      break;
    case Lanes::kInt32:
      width = 32;
      break;
    case Lanes::kInt64:
      break;
  }
  u64 word = 0;
  for (unsigned at = 0; at < 64; at += width) word |= edge_integer(random, width) << at;
  return word;
}

Lanes lanes_for(Random& random, const Form& form) {
  if (form.is(kFloat32) && random.chance(90)) return Lanes::kFloat32;
  if (form.is(kFloat64) && random.chance(90)) return Lanes::kFloat64;
  return static_cast<Lanes>(random.below(7));
}

u64 random_gpr(Random& random) {
  constexpr std::array<unsigned, 5> kWidths = {8, 16, 32, 64, 64};
  const unsigned width = random.pick(kWidths);
  const u64 value = edge_integer(random, width);
  return random.chance(70) ? value : value | (random.next() & ~low_bits(width));
}

u32 random_flags(Random& random) {
  const u32 flags = static_cast<u32>(random.next()) & kStatusFlags;
  return random.chance(15) ? flags | kDF : flags;
}

u32 random_mxcsr(Random& random) {
  constexpr u32 kMasks = 0x1f80;
  if (random.chance(40)) return kMasks;
  u32 value = kMasks | static_cast<u32>(random.below(4)) << 13;
  if (random.chance(20)) value |= 1u << 6;
  if (random.chance(20)) value |= 1u << 15;
  if (random.chance(20)) value |= static_cast<u32>(random.below(64));
  return value;
}

i64 random_immediate(Random& random, Kind kind, const Form& form) {
  if (form.is(kCompare)) return static_cast<i64>(random.below(form.text[0] == 'v' ? 32 : 8));
  const unsigned bits = bits_of(kind);
  for (;;) {
    const u64 value = edge_integer(random, bits);
    const unsigned up = 64 - bits;
    const i64 number = static_cast<i64>(value << up) >> up;
    if (kind == Kind::kI8 || form.is(kFlow)) return number;
    const bool narrow = bits == 64 ? number == static_cast<i32>(number) || (value >> 32) == 0
                                   : number == static_cast<i8>(number);
    if (!narrow) return number;
  }
}

CpuState random_state(Random& random, const Form& form) {
  CpuState state;
  for (u64& value : state.gpr) value = random_gpr(random);
  // A stack pointer that is no canonical address is no state that a process can be in for long.
  state.gpr[kRsp] = kDataBase + 8 * random.below(kDataSize / 8);
  state.rflags = random_flags(random);
  state.mxcsr = random_mxcsr(random);
  state.fs_base = random.next() >> 17;
  const Lanes lanes = lanes_for(random, form);
  for (Ymm& reg : state.ymm)
    for (u64& word : reg) word = vector_word(random, lanes);
  return state;
}

}  // namespace tests::oracle
