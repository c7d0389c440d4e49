/// The rt0t container: frames, their heads, the index and the trailer. Every part is a zstd frame
/// or a zstd skippable frame, so that zstd's own tools can test and unpack a trace. Numbers are
/// little-endian.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "emulator/base/types.hpp"

struct ZSTD_CCtx_s;
struct ZSTD_DCtx_s;

namespace traces::format {

using emulator::u32;
using emulator::u64;
using emulator::u8;

inline constexpr u32 kVersion = 1;
inline constexpr std::size_t kHeadBytes = 64;
inline constexpr std::size_t kTrailerBytes = 32;
inline constexpr u32 kFrameBytes = 1U << 20;  ///< a frame ends when its contents reach this
inline constexpr u32 kMaxRaw = 1U << 26;      ///< most contents that a reader accepts
inline constexpr u32 kMaxPacked = kMaxRaw + (kMaxRaw >> 7) + 1024;

enum class FrameKind : u8 { Header = 'H', Events = 'E', Index = 'I' };

/// A frame's head, and where it lies in the file.
struct FrameHead {
  FrameKind kind = FrameKind::Events;
  u32 packed = 0;  ///< bytes after the head
  u32 raw = 0;     ///< bytes of contents
  u32 events = 0;
  u64 first_n = 0, last_n = 0;  ///< least and greatest n of the events
  u64 contents_hash = 0;        ///< XXH64 of the contents
  u64 offset = 0;               ///< of the head in the file; not part of the head
};

/// What a file starts with when it is an rt0t trace.
bool is_rt0t(std::span<const u8> start);

/// Nothing when `bytes` (kHeadBytes of them) are not a head, or are a damaged one.
std::optional<FrameHead> parse_head(std::span<const u8> bytes);

class Packer {
 public:
  Packer();
  ~Packer();
  /// The frame as it goes to the file, head first. `head` comes with kind, events and n; sizes and
  /// hash are filled in. The view holds until the next call.
  std::span<const u8> pack(FrameHead& head, std::span<const u8> contents);

 private:
  ZSTD_CCtx_s* context_;
  std::vector<u8> frame_;
};

class Unpacker {
 public:
  Unpacker();
  ~Unpacker();
  /// The contents of a frame whose head is `head`. Malformed when it is damaged.
  std::vector<u8> unpack(const FrameHead& head, std::span<const u8> packed);

 private:
  ZSTD_DCtx_s* context_;
};

/// The index frame's contents: every events frame, in file order.
std::vector<u8> index_contents(std::span<const FrameHead> frames);
/// Nothing when it is not an index. Frames come without their hashes.
std::optional<std::vector<FrameHead>> parse_index(std::span<const u8> contents);

std::vector<u8> trailer(u64 index_offset);
/// Where the index is, from the file's last kTrailerBytes; nothing when they are not a trailer.
std::optional<u64> parse_trailer(std::span<const u8> bytes);

}  // namespace traces::format
