#include "traces/format/container.hpp"

#include <fmt/format.h>
#include <xxhash.h>
#include <zstd.h>

#include <algorithm>
#include <cstring>
#include <new>

#include "emulator/base/error.hpp"
#include "traces/format/json.hpp"

namespace traces::format {
namespace {

constexpr u32 kHeadMagic = 0x184d2a52;  // zstd's skippable frames are 0x184d2a50 … 5f
constexpr u32 kTrailerMagic = 0x184d2a53;
constexpr u32 kTag = 'r' | 't' << 8 | '0' << 16;  // the fourth letter is the kind
constexpr std::size_t kIndexEntry = 40;
constexpr int kLevel = 3;

template <class T>
void put(std::vector<u8>& out, T value) {
  const auto* bytes = reinterpret_cast<const u8*>(&value);
  out.insert(out.end(), bytes, bytes + sizeof value);
}

template <class T>
T take(std::span<const u8>& from) {
  T value;
  std::memcpy(&value, from.data(), sizeof value);
  from = from.subspan(sizeof value);
  return value;
}

u64 hash(std::span<const u8> bytes) { return XXH64(bytes.data(), bytes.size(), 0); }

bool is_kind(u32 letter) { return letter == 'H' || letter == 'E' || letter == 'I'; }

}  // namespace

bool is_rt0t(std::span<const u8> start) {
  constexpr std::array<u8, 12> kStart = {0x52, 0x2a, 0x4d, 0x18, 56, 0, 0, 0, 'r', 't', '0', 'H'};
  return start.size() >= kStart.size() && std::equal(kStart.begin(), kStart.end(), start.begin());
}

std::optional<FrameHead> parse_head(std::span<const u8> bytes) {
  if (bytes.size() != kHeadBytes) return std::nullopt;
  const u64 expected = hash(bytes.first(kHeadBytes - 8));
  const u32 magic = take<u32>(bytes), length = take<u32>(bytes), tag = take<u32>(bytes);
  const u32 version = take<u32>(bytes);
  FrameHead head;
  head.packed = take<u32>(bytes), head.raw = take<u32>(bytes), head.events = take<u32>(bytes);
  take<u32>(bytes);
  head.first_n = take<u64>(bytes), head.last_n = take<u64>(bytes);
  head.contents_hash = take<u64>(bytes);
  if (take<u64>(bytes) != expected || magic != kHeadMagic || length != kHeadBytes - 8)
    return std::nullopt;
  if ((tag & 0xffffff) != kTag || !is_kind(tag >> 24)) return std::nullopt;
  if (version != kVersion)
    throw Malformed(fmt::format("it is of version {}; this rt0 reads {}", version, kVersion));
  if (head.raw > kMaxRaw || head.packed > kMaxPacked) return std::nullopt;
  head.kind = static_cast<FrameKind>(tag >> 24);
  return head;
}

Packer::Packer() : context_(ZSTD_createCCtx()) {
  if (context_ == nullptr) throw std::bad_alloc();
  ZSTD_CCtx_setParameter(context_, ZSTD_c_compressionLevel, kLevel);
}
Packer::~Packer() { ZSTD_freeCCtx(context_); }

std::span<const u8> Packer::pack(FrameHead& head, std::span<const u8> contents) {
  RT0_CHECK(contents.size() <= kMaxRaw, "a trace frame is larger than any reader accepts");
  frame_.resize(kHeadBytes + ZSTD_compressBound(contents.size()));
  const std::size_t packed =
      ZSTD_compress2(context_, frame_.data() + kHeadBytes, frame_.size() - kHeadBytes,
                     contents.data(), contents.size());
  RT0_CHECK(!ZSTD_isError(packed), ZSTD_getErrorName(packed));
  frame_.resize(kHeadBytes + packed);
  head.packed = static_cast<u32>(packed), head.raw = static_cast<u32>(contents.size());
  head.contents_hash = hash(contents);

  std::vector<u8> start;
  start.reserve(kHeadBytes);
  put(start, kHeadMagic), put(start, static_cast<u32>(kHeadBytes - 8));
  put(start, kTag | static_cast<u32>(head.kind) << 24), put(start, kVersion);
  put(start, head.packed), put(start, head.raw), put(start, head.events), put(start, u32{0});
  put(start, head.first_n), put(start, head.last_n), put(start, head.contents_hash);
  put(start, hash(start));
  std::copy(start.begin(), start.end(), frame_.begin());
  return frame_;
}

Unpacker::Unpacker() : context_(ZSTD_createDCtx()) {
  if (context_ == nullptr) throw std::bad_alloc();
}
Unpacker::~Unpacker() { ZSTD_freeDCtx(context_); }

std::vector<u8> Unpacker::unpack(const FrameHead& head, std::span<const u8> packed) {
  if (packed.size() != head.packed ||
      ZSTD_getFrameContentSize(packed.data(), packed.size()) != head.raw)
    throw Malformed("its size is not what its head says");
  std::vector<u8> contents(head.raw);
  const std::size_t got =
      ZSTD_decompressDCtx(context_, contents.data(), contents.size(), packed.data(), packed.size());
  if (ZSTD_isError(got))
    throw Malformed(fmt::format("it cannot be unpacked ({})", ZSTD_getErrorName(got)));
  if (got != head.raw || hash(contents) != head.contents_hash)
    throw Malformed("its checksum is wrong");
  return contents;
}

std::vector<u8> index_contents(std::span<const FrameHead> frames) {
  std::vector<u8> out;
  out.reserve(frames.size() * kIndexEntry);
  for (const FrameHead& frame : frames) {
    put(out, frame.offset);
    put(out, frame.packed), put(out, frame.raw), put(out, frame.events), put(out, u32{0});
    put(out, frame.first_n), put(out, frame.last_n);
  }
  return out;
}

std::optional<std::vector<FrameHead>> parse_index(std::span<const u8> contents) {
  if (contents.size() % kIndexEntry != 0) return std::nullopt;
  std::vector<FrameHead> frames;
  frames.reserve(contents.size() / kIndexEntry);
  while (!contents.empty()) {
    FrameHead& frame = frames.emplace_back();
    frame.offset = take<u64>(contents);
    frame.packed = take<u32>(contents), frame.raw = take<u32>(contents),
    frame.events = take<u32>(contents);
    take<u32>(contents);
    frame.first_n = take<u64>(contents), frame.last_n = take<u64>(contents);
  }
  return frames;
}

std::vector<u8> trailer(u64 index_offset) {
  std::vector<u8> out;
  put(out, kTrailerMagic), put(out, static_cast<u32>(kTrailerBytes - 8));
  put(out, kTag | u32{'T'} << 24), put(out, kVersion);
  put(out, index_offset);
  put(out, hash(out));
  return out;
}

std::optional<u64> parse_trailer(std::span<const u8> bytes) {
  if (bytes.size() != kTrailerBytes) return std::nullopt;
  const u64 expected = hash(bytes.first(kTrailerBytes - 8));
  const bool named = take<u32>(bytes) == kTrailerMagic && take<u32>(bytes) == kTrailerBytes - 8 &&
                     take<u32>(bytes) == (kTag | u32{'T'} << 24);
  take<u32>(bytes);  // the version: every head has it too
  const u64 offset = take<u64>(bytes);
  if (!named || take<u64>(bytes) != expected) return std::nullopt;
  return offset;
}

}  // namespace traces::format
