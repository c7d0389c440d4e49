// Names and steps are those of FIPS 180-4, sections 4.1.2, 5.1.1 and 6.2.
#include "traces/format/sha256.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <iterator>

namespace traces::format {
namespace {

using emulator::u32;
using emulator::u64;
using emulator::u8;

/// Section 4.2.2: the first 32 bits of the fractional parts of the cube roots of the first 64
/// primes.
constexpr std::array<u32, 64> K = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

constexpr u32 Ch(u32 x, u32 y, u32 z) { return (x & y) ^ (~x & z); }
constexpr u32 Maj(u32 x, u32 y, u32 z) { return (x & y) ^ (x & z) ^ (y & z); }
constexpr u32 Sigma0(u32 x) { return std::rotr(x, 2) ^ std::rotr(x, 13) ^ std::rotr(x, 22); }
constexpr u32 Sigma1(u32 x) { return std::rotr(x, 6) ^ std::rotr(x, 11) ^ std::rotr(x, 25); }
constexpr u32 sigma0(u32 x) { return std::rotr(x, 7) ^ std::rotr(x, 18) ^ x >> 3; }
constexpr u32 sigma1(u32 x) { return std::rotr(x, 17) ^ std::rotr(x, 19) ^ x >> 10; }

u32 big_endian(const u8* bytes) {
  u32 word = 0;
  std::memcpy(&word, bytes, sizeof word);
  return __builtin_bswap32(word);
}

}  // namespace

void Sha256::compress(const u8* block) {
  std::array<u32, 64> W;
  for (unsigned t = 0; t < 16; ++t) W[t] = big_endian(block + 4 * t);
  for (unsigned t = 16; t < 64; ++t)
    W[t] = sigma1(W[t - 2]) + W[t - 7] + sigma0(W[t - 15]) + W[t - 16];
  auto [a, b, c, d, e, f, g, h] = h_;
  for (unsigned t = 0; t < 64; ++t) {
    const u32 T1 = h + Sigma1(e) + Ch(e, f, g) + K[t] + W[t];
    const u32 T2 = Sigma0(a) + Maj(a, b, c);
    h = g, g = f, f = e, e = d + T1, d = c, c = b, b = a, a = T1 + T2;
  }
  const std::array<u32, 8> working = {a, b, c, d, e, f, g, h};
  for (unsigned i = 0; i < 8; ++i) h_[i] += working[i];
}

void Sha256::update(std::span<const u8> bytes) {
  length_ += bytes.size();
  if (rest_size_ != 0) {
    const std::size_t filled = std::min(bytes.size(), rest_.size() - rest_size_);
    std::copy_n(bytes.begin(), filled, rest_.begin() + static_cast<std::ptrdiff_t>(rest_size_));
    rest_size_ += filled;
    bytes = bytes.subspan(filled);
    if (rest_size_ != rest_.size()) return;
    compress(rest_.data());
    rest_size_ = 0;
  }
  for (; bytes.size() >= rest_.size(); bytes = bytes.subspan(rest_.size())) compress(bytes.data());
  std::copy(bytes.begin(), bytes.end(), rest_.begin());
  rest_size_ = bytes.size();
}

std::string Sha256::hex() {
  const u64 bits = 8 * length_;
  Block padding = {0x80};
  update(std::span(padding).first((rest_size_ < 56 ? 56 : 120) - rest_size_));
  const u64 length = __builtin_bswap64(bits);
  update({reinterpret_cast<const u8*>(&length), sizeof length});
  std::string out;
  for (const u32 word : h_) fmt::format_to(std::back_inserter(out), "{:08x}", word);
  return out;
}

}  // namespace traces::format
