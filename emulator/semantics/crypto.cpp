// AES, carry-less multiplication, SHA and CRC32: SDM vol. 1, 12.13 and 12.12.4; FIPS 197, FIPS
// 180-4.
#include "emulator/semantics/table.hpp"
#include "emulator/semantics/vector_lanes.hpp"

namespace emulator::semantics {
namespace {

// -- AES: the state's byte i is row i % 4 of column i / 4 --

using State = Lanes<u8>;

/// Multiplication by x in GF(2^8), modulo x^8 + x^4 + x^3 + x + 1 (FIPS 197, 4.2.1).
constexpr u8 times_two(u8 a) { return static_cast<u8>((a << 1) ^ (a & 0x80 ? 0x1b : 0)); }
constexpr u8 times(u8 a, unsigned b) {
  unsigned product = 0;
  for (; b != 0; b >>= 1, a = times_two(a))
    if (b & 1) product ^= a;
  return static_cast<u8>(product);
}

struct SubstitutionBoxes {
  u8 forward[256], inverse[256];
};
/// FIPS 197, 5.1.1: the inverse in the field, then an affine map. As p runs through the powers of
/// the generator 3, q runs through their inverses, the powers of 1/3 = 0xf6.
constexpr SubstitutionBoxes make_boxes() {
  SubstitutionBoxes box{};
  u8 p = 1, q = 1;
  do {
    p = times(p, 3), q = times(q, 0xf6);
    const unsigned spread =
        q ^ std::rotl(q, 1) ^ std::rotl(q, 2) ^ std::rotl(q, 3) ^ std::rotl(q, 4);
    box.forward[p] = static_cast<u8>(spread ^ 0x63);
  } while (p != 1);
  box.forward[0] = 0x63;
  for (unsigned i = 0; i < 256; ++i) box.inverse[box.forward[i]] = static_cast<u8>(i);
  return box;
}
constexpr SubstitutionBoxes kBox = make_boxes();

/// What a byte in row 0 contributes to its column, low byte first; a byte in row r contributes that
/// rotated by r bytes.
template <unsigned A, unsigned B, unsigned C, unsigned D>
constexpr std::array<u32, 256> column_table() {
  std::array<u32, 256> out{};
  for (unsigned i = 0; i < 256; ++i) {
    const auto x = static_cast<u8>(i);
    out[i] = times(x, A) | u32{times(x, B)} << 8 | u32{times(x, C)} << 16 | u32{times(x, D)} << 24;
  }
  return out;
}
constexpr auto kMix = column_table<2, 1, 1, 3>();       // MixColumns, 5.1.3
constexpr auto kUnmix = column_table<14, 9, 13, 11>();  // InvMixColumns, 5.3.3

constexpr Lanes<u32> columns(const State& s, const std::array<u32, 256>& table) {
  Lanes<u32> out{};
  for (unsigned c = 0; c < 4; ++c)
    for (unsigned r = 0; r < 4; ++r)
      out[c] ^= std::rotl(table[s[4 * c + r]], static_cast<int>(8 * r));
  return out;
}
constexpr State mixed(const State& s, const std::array<u32, 256>& table) {
  return std::bit_cast<State>(columns(s, table));
}

/// ShiftRows and SubBytes (5.1.1, 5.1.2): row r moves r columns to the left.
constexpr State substituted(const State& s) {
  State out{};
  for (unsigned i = 0; i < 16; ++i) out[i] = kBox.forward[s[(i + 4 * (i % 4)) % 16]];
  return out;
}
constexpr State unsubstituted(const State& s) {
  State out{};
  for (unsigned i = 0; i < 16; ++i) out[i] = kBox.inverse[s[(i + 16 - 4 * (i % 4)) % 16]];
  return out;
}
constexpr State with_key(State s, const State& key) {
  for (unsigned i = 0; i < 16; ++i) s[i] ^= key[i];
  return s;
}

constexpr auto kAesEnc = [](const State& s, const State& key) {
  return with_key(mixed(substituted(s), kMix), key);
};
constexpr auto kAesEncLast = [](const State& s, const State& key) {
  return with_key(substituted(s), key);
};
constexpr auto kAesDec = [](const State& s, const State& key) {
  return with_key(mixed(unsubstituted(s), kUnmix), key);
};
constexpr auto kAesDecLast = [](const State& s, const State& key) {
  return with_key(unsubstituted(s), key);
};
constexpr auto kAesImc = [](const State& s, u8) { return mixed(s, kUnmix); };

constexpr u32 substituted_word(u32 w) {
  u32 out = 0;
  for (unsigned i = 0; i < 32; i += 8) out |= u32{kBox.forward[(w >> i) & 0xff]} << i;
  return out;
}
constexpr auto kAesKeyGenAssist = [](const Lanes<u32>& key, u8 round_constant) {
  const u32 one = substituted_word(key[1]), three = substituted_word(key[3]);
  return Lanes<u32>{one, std::rotr(one, 8) ^ round_constant, three,
                    std::rotr(three, 8) ^ round_constant};
};

// -- PCLMULQDQ --

/// Control bits 0 and 4 pick a quadword of each source.
constexpr auto kCarryLess = [](const Lanes<u64>& a, const Lanes<u64>& b, u8 control) {
  const u64 x = a[control & 1], y = b[(control >> 4) & 1];
  Lanes<u64> out{};
  for (unsigned i = 0; i < 64; ++i) {
    const u64 take = u64{0} - ((y >> i) & 1);
    out[0] ^= (x << i) & take;
    if (i != 0) out[1] ^= (x >> (64 - i)) & take;
  }
  return out;
};

// -- SHA: lane 3 holds the first word. Memory operands must be aligned, as the manual says
// (exceptions type 4); AMD processors are seen not to insist. --

constexpr u32 choose(u32 x, u32 y, u32 z) { return (x & y) ^ (~x & z); }
constexpr u32 majority(u32 x, u32 y, u32 z) { return (x & y) ^ (x & z) ^ (y & z); }

/// FIPS 180-4, 4.1.1 and 4.2.1: the function and the constant of the rounds 20n to 20n + 19.
constexpr u32 sha1_function(unsigned n, u32 b, u32 c, u32 d) {
  return n == 0 ? choose(b, c, d) : n == 2 ? majority(b, c, d) : b ^ c ^ d;
}
constexpr std::array<u32, 4> kSha1Constants = {0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6};

/// Four rounds. E is already added to the first message word (SHA1NEXTE), hence the 0.
constexpr auto kSha1Rounds4 = [](const Lanes<u32>& state, const Lanes<u32>& words, u8 control) {
  u32 a = state[3], b = state[2], c = state[1], d = state[0], e = 0;
  for (unsigned i = 0; i < 4; ++i) {
    const u32 next = sha1_function(control & 3, b, c, d) + std::rotl(a, 5) + words[3 - i] + e +
                     kSha1Constants[control & 3];
    e = d, d = c, c = std::rotl(b, 30), b = a, a = next;
  }
  return Lanes<u32>{d, c, b, a};
};
constexpr auto kSha1NextE = [](const Lanes<u32>& a, Lanes<u32> b) {
  b[3] += std::rotl(a[3], 30);
  return b;
};
constexpr auto kSha1Message1 = [](const Lanes<u32>& a, const Lanes<u32>& b) {
  return Lanes<u32>{b[2] ^ a[0], b[3] ^ a[1], a[0] ^ a[2], a[1] ^ a[3]};
};
constexpr auto kSha1Message2 = [](const Lanes<u32>& a, const Lanes<u32>& b) {
  const u32 w16 = std::rotl(a[3] ^ b[2], 1);
  return Lanes<u32>{std::rotl(a[0] ^ w16, 1), std::rotl(a[1] ^ b[0], 1), std::rotl(a[2] ^ b[1], 1),
                    w16};
};

/// FIPS 180-4, 4.1.2.
constexpr u32 big_sigma0(u32 x) { return std::rotr(x, 2) ^ std::rotr(x, 13) ^ std::rotr(x, 22); }
constexpr u32 big_sigma1(u32 x) { return std::rotr(x, 6) ^ std::rotr(x, 11) ^ std::rotr(x, 25); }
constexpr u32 sigma0(u32 x) { return std::rotr(x, 7) ^ std::rotr(x, 18) ^ (x >> 3); }
constexpr u32 sigma1(u32 x) { return std::rotr(x, 17) ^ std::rotr(x, 19) ^ (x >> 10); }

/// Two rounds: the state is spread over C, D, G, H and A, B, E, F; `words` are message words plus
/// constants.
constexpr Lanes<u32> sha256_rounds(const Lanes<u32>& cdgh, const Lanes<u32>& abef,
                                   const Lanes<u32>& words) {
  u32 a = abef[3], b = abef[2], c = cdgh[3], d = cdgh[2], e = abef[1], f = abef[0], g = cdgh[1],
      h = cdgh[0];
  for (unsigned i = 0; i < 2; ++i) {
    const u32 t1 = h + big_sigma1(e) + choose(e, f, g) + words[i],
              t2 = big_sigma0(a) + majority(a, b, c);
    h = g, g = f, f = e, e = d + t1, d = c, c = b, b = a, a = t1 + t2;
  }
  return {f, e, b, a};
}
/// The words are in XMM0.
RT0_INLINE void sha256rnds2(auto& c) {
  const auto cdgh = first_source<V128>(c).template lanes<u32>(),
             abef = source<V128>(c, 2).template lanes<u32>();
  result(c,
         V128::of<u32>(sha256_rounds(cdgh, abef, c.template ymm<V128>(0).template lanes<u32>())));
}
constexpr auto kSha256Message1 = [](const Lanes<u32>& a, const Lanes<u32>& b) {
  return Lanes<u32>{a[0] + sigma0(a[1]), a[1] + sigma0(a[2]), a[2] + sigma0(a[3]),
                    a[3] + sigma0(b[0])};
};
constexpr auto kSha256Message2 = [](const Lanes<u32>& a, const Lanes<u32>& b) {
  const u32 w16 = a[0] + sigma1(b[2]), w17 = a[1] + sigma1(b[3]);
  return Lanes<u32>{w16, w17, a[2] + sigma1(w16), a[3] + sigma1(w17)};
};

// -- CRC32: the Castagnoli polynomial 0x11edc6f41, reflected --

constexpr std::array<u32, 256> make_crc_table() {
  std::array<u32, 256> table{};
  for (u32 i = 0; i < 256; ++i) {
    u32 v = i;
    for (unsigned bit = 0; bit < 8; ++bit) v = (v >> 1) ^ (v & 1 ? 0x82f63b78 : 0);
    table[i] = v;
  }
  return table;
}
constexpr auto kCrcTable = make_crc_table();

/// The width is the source's; a 64-bit destination gets zeros in its upper half.
template <Word T>
RT0_INLINE void crc32(auto& c) {
  const T source = c.template read<T>(1);
  u32 crc = c.template read<u32>(0);
  for (unsigned i = 0; i < cpu::kBits<T>; i += 8)
    crc = (crc >> 8) ^ kCrcTable[(crc ^ (source >> i)) & 0xff];
  c.write(0, crc);
}

template <class T, class F>
constexpr Row cipher(std::string_view name, std::string_view reference, F) {
  return xmm_only(name, reference, Halves<T, F>{}, kThreeOperands);
}
template <class T, class F>
constexpr Row controlled_cipher(std::string_view name, std::string_view reference, F) {
  return xmm_only(name, reference, ControlledHalves<T, 0, F>{}, kThreeOperands);
}
template <class T, class F>
constexpr Row key_cipher(std::string_view name, std::string_view reference, F) {
  return xmm_only(name, reference, ControlledUnary<T, 0, 1, F>{}, 0);
}

constexpr std::array kRows = {
    cipher<u8>("aesenc", "AESENC", kAesEnc),
    cipher<u8>("aesenclast", "AESENCLAST", kAesEncLast),
    cipher<u8>("aesdec", "AESDEC", kAesDec),
    cipher<u8>("aesdeclast", "AESDECLAST", kAesDecLast),
    key_cipher<u8>("aesimc", "AESIMC", kAesImc),
    key_cipher<u32>("aeskeygenassist", "AESKEYGENASSIST", kAesKeyGenAssist),
    controlled_cipher<u64>("pclmulqdq", "PCLMULQDQ", kCarryLess),
    controlled_cipher<u32>("sha1rnds4", "SHA1RNDS4", kSha1Rounds4),
    cipher<u32>("sha1nexte", "SHA1NEXTE", kSha1NextE),
    cipher<u32>("sha1msg1", "SHA1MSG1", kSha1Message1),
    cipher<u32>("sha1msg2", "SHA1MSG2", kSha1Message2),
    one("sha256rnds2", "SHA256RNDS2", RT0_MEANING_ONE(sha256rnds2), kThreeOperands),
    cipher<u32>("sha256msg1", "SHA256MSG1", kSha256Message1),
    cipher<u32>("sha256msg2", "SHA256MSG2", kSha256Message2),
    words("crc32", "CRC32", RT0_MEANING(crc32), 0, nullptr, by_operand<1>),
};

}  // namespace

std::span<const Row> crypto_rows() { return kRows; }

}  // namespace emulator::semantics
