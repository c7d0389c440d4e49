// Whole algorithms carried out by single instructions of the guest, held against the vectors of
// FIPS 197 and FIPS 180.
#include "tests/emulator/semantics/vector_values.hpp"

namespace tests {
namespace {

using Words = std::vector<u32>;

/// Runs `code`, whose operands are XMM1 and XMM2 (and XMM0), and returns XMM1.
V256 apply(std::initializer_list<int> code, const V256& first, const V256& second,
           const V256& implied = {}) {
  OneInsn m;
  m.regs.ymm[0] = implied, m.regs.ymm[1] = first, m.regs.ymm[2] = second;
  m.run(code);
  return m.regs.ymm[1];
}

// -- AES-128: FIPS 197, appendices A.1 and B --

const V256 kKey = lanes<u8>({0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6, 0xab, 0xf7, 0x15, 0x88,
                             0x09, 0xcf, 0x4f, 0x3c});
const V256 kPlain = lanes<u8>({0x32, 0x43, 0xf6, 0xa8, 0x88, 0x5a, 0x30, 0x8d, 0x31, 0x31, 0x98,
                               0xa2, 0xe0, 0x37, 0x07, 0x34});
const V256 kCipher = lanes<u8>({0x39, 0x25, 0x84, 0x1d, 0x02, 0xdc, 0x09, 0xfb, 0xdc, 0x11, 0x85,
                                0x97, 0x19, 0x6a, 0x0b, 0x32});

V256 exclusive_or(const V256& a, const V256& b) { return apply({0x66, 0x0f, 0xef, 0xca}, a, b); }

/// The eleven round keys, each from the one before with AESKEYGENASSIST.
std::vector<V256> round_keys() {
  std::vector<V256> keys = {kKey};
  for (const int constant : {0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0x1b, 0x36}) {
    const u32 assist =
        apply({0x66, 0x0f, 0x3a, 0xdf, 0xca, constant}, {}, keys.back()).lanes<u32>()[3];
    auto key = keys.back().lanes<u32>();
    key[0] ^= assist;
    for (unsigned i = 1; i < 4; ++i) key[i] ^= key[i - 1];
    keys.push_back(V256::of<u32>(key));
  }
  return keys;
}

TEST_CASE("AES-128 key expansion gives FIPS 197's last round key") {
  CHECK(round_keys().back() == lanes<u8>({0xd0, 0x14, 0xf9, 0xa8, 0xc9, 0xee, 0x25, 0x89, 0xe1,
                                          0x3f, 0x0c, 0xc8, 0xb6, 0x63, 0x0c, 0xa6}));
}

TEST_CASE("AES-128 encrypts FIPS 197's block") {
  const auto keys = round_keys();
  V256 state = exclusive_or(kPlain, keys[0]);
  for (unsigned round = 1; round < 10; ++round)
    state = apply({0x66, 0x0f, 0x38, 0xdc, 0xca}, state, keys[round]);
  CHECK(apply({0x66, 0x0f, 0x38, 0xdd, 0xca}, state, keys[10]) == kCipher);
}

TEST_CASE("AES-128 decrypts it again, with keys that went through aesimc") {
  const auto keys = round_keys();
  V256 state = exclusive_or(kCipher, keys[10]);
  for (unsigned round = 9; round > 0; --round) {
    const V256 key = apply({0x66, 0x0f, 0x38, 0xdb, 0xca}, {}, keys[round]);
    state = apply({0x66, 0x0f, 0x38, 0xde, 0xca}, state, key);
  }
  CHECK(apply({0x66, 0x0f, 0x38, 0xdf, 0xca}, state, keys[0]) == kPlain);
}

// -- SHA: FIPS 180-4, one block that holds "abc" --

const Words kAbc = {0x61626380, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 24};

/// Four words, the first of them in the highest lane, as the SHA-1 instructions want them.
V256 descending(const u32* w) { return lanes<u32>({w[3], w[2], w[1], w[0]}); }

TEST_CASE("SHA-1 of abc") {
  std::vector<V256> message;
  for (unsigned i = 0; i < 4; ++i) message.push_back(descending(&kAbc[4 * i]));
  for (unsigned i = 4; i < 20; ++i) {
    const V256 first = apply({0x0f, 0x38, 0xc9, 0xca}, message[i - 4], message[i - 3]);
    message.push_back(
        apply({0x0f, 0x38, 0xca, 0xca}, exclusive_or(first, message[i - 2]), message[i - 1]));
  }
  const V256 initial = lanes<u32>({0x10325476, 0x98badcfe, 0xefcdab89, 0x67452301});
  V256 state = initial, previous;
  for (int i = 0; i < 20; ++i) {
    const auto group = static_cast<std::size_t>(i);
    auto with_e = message[group].lanes<u32>();
    with_e[3] += 0xc3d2e1f0;
    const V256 words =
        i == 0 ? V256::of<u32>(with_e) : apply({0x0f, 0x38, 0xc8, 0xca}, previous, message[group]);
    previous = state;
    state = apply({0x0f, 0x3a, 0xcc, 0xca, i / 5}, state, words);
  }
  const V256 e = apply({0x0f, 0x38, 0xc8, 0xca}, previous, lanes<u32>({0, 0, 0, 0xc3d2e1f0}));
  const V256 digest = apply({0x66, 0x0f, 0xfe, 0xca}, state, initial);
  CHECK(digest == lanes<u32>({0x7850c26c, 0xba3e2571, 0x4706816a, 0xa9993e36}));
  CHECK(e.lanes<u32>()[3] == 0x9cd0d89d);
}

/// The 64 constants of SHA-256: the fractions of the cube roots of the first primes (FIPS
/// 180-4, 4.2.2).
const Words kSha256Constants = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

TEST_CASE("SHA-256 of abc") {
  std::vector<V256> message;
  const auto ascending = [](const u32* w) { return lanes<u32>({w[0], w[1], w[2], w[3]}); };
  for (unsigned i = 0; i < 4; ++i) message.push_back(ascending(&kAbc[4 * i]));
  for (unsigned i = 4; i < 16; ++i) {
    const V256 first = apply({0x0f, 0x38, 0xcc, 0xca}, message[i - 4], message[i - 3]);
    const V256 middle =
        apply({0x66, 0x0f, 0x3a, 0x0f, 0xca, 0x04}, message[i - 1], message[i - 2]);  // W9 … W12
    message.push_back(apply({0x0f, 0x38, 0xcd, 0xca},
                            apply({0x66, 0x0f, 0xfe, 0xca}, first, middle), message[i - 1]));
  }
  V256 abef = lanes<u32>({0x9b05688c, 0x510e527f, 0xbb67ae85, 0x6a09e667});
  V256 cdgh = lanes<u32>({0x5be0cd19, 0x1f83d9ab, 0xa54ff53a, 0x3c6ef372});
  for (unsigned round = 0; round < 64; round += 2) {
    const auto words = message[round / 4].lanes<u32>();
    const V256 two = lanes<u32>({words[round % 4] + kSha256Constants[round],
                                 words[round % 4 + 1] + kSha256Constants[round + 1]});
    const V256 next = apply({0x0f, 0x38, 0xcb, 0xca}, cdgh, abef, two);
    cdgh = abef, abef = next;
  }
  const auto a = abef.lanes<u32>(), c = cdgh.lanes<u32>();
  const Words digest = {a[3] + 0x6a09e667, a[2] + 0xbb67ae85, c[3] + 0x3c6ef372, c[2] + 0xa54ff53a,
                        a[1] + 0x510e527f, a[0] + 0x9b05688c, c[1] + 0x1f83d9ab, c[0] + 0x5be0cd19};
  CHECK(digest == Words{0xba7816bf, 0x8f01cfea, 0x414140de, 0x5dae2223, 0xb00361a3, 0x96177a9c,
                        0xb410ff61, 0xf20015ad});
}

// -- the rest --

TEST_CASE("pclmulqdq multiplies without carries, the quadwords that its immediate picks") {
  // The example of Intel's paper "Carry-Less Multiplication and Its Usage for Computing the GCM
  // Mode".
  const V256 a = lanes<u64>({0x63746f725d53475d, 0x7b5b546573745665}),
             b = lanes<u64>({0x5b477565726f6e5d, 0x4869285368617929});
  CHECK(apply({0x66, 0x0f, 0x3a, 0x44, 0xca, 0x00}, a, b) ==
        lanes<u64>({0x929633d5d36f0451, 0x1d4d84c85c3440c0}));
  CHECK(apply({0x66, 0x0f, 0x3a, 0x44, 0xca, 0x01}, a, b) ==
        lanes<u64>({0xbabf262df4b7d5c9, 0x1a2bf6db3a30862f}));
  CHECK(apply({0x66, 0x0f, 0x3a, 0x44, 0xca, 0x10}, a, b) ==
        lanes<u64>({0x7fa540ac2a281315, 0x1bd17c8d556ab5a1}));
  CHECK(apply({0x66, 0x0f, 0x3a, 0x44, 0xca, 0x11}, a, b) ==
        lanes<u64>({0xd66ee03e410fd4ed, 0x1d1e1f2c592e7c45}));
}

TEST_CASE("crc32 of 123456789 is Castagnoli's check value, by bytes and by quadwords") {
  OneInsn m;
  m.regs[cpu::rax] = 0xffffffffffffffff;
  for (const char c : {'1', '2', '3', '4', '5', '6', '7', '8', '9'}) {
    m.regs[cpu::rcx] = static_cast<u8>(c);
    m.run({0xf2, 0x0f, 0x38, 0xf0, 0xc1});  // crc32 eax, cl
  }
  CHECK(m.regs[cpu::rax] == (0xe3069283 ^ 0xffffffff));
  m.regs[cpu::rax] = 0xffffffffffffffff, m.regs[cpu::rcx] = 0x3837363534333231;
  m.run({0xf2, 0x48, 0x0f, 0x38, 0xf1, 0xc1});  // crc32 rax, rcx
  m.regs[cpu::rcx] = '9';
  m.run({0xf2, 0x0f, 0x38, 0xf0, 0xc1});
  CHECK(m.regs[cpu::rax] == (0xe3069283 ^ 0xffffffff));
}

}  // namespace
}  // namespace tests
