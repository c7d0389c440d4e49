/// Checked reads from bytes that nobody vouches for: a file's headers, its tables, its strings.
#pragma once

#include <algorithm>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>

#include "emulator/base/types.hpp"

namespace emulator::kernel {

using Bytes = std::span<const u8>;

/// `size` bytes from `offset`; nothing when they are not all there.
inline std::optional<Bytes> slice(Bytes bytes, u64 offset, u64 size) {
  if (offset > bytes.size() || size > bytes.size() - offset) return std::nullopt;
  return bytes.subspan(offset, size);
}

/// All bytes from `offset` on; none when it lies past the end.
inline Bytes tail(Bytes bytes, u64 offset) {
  return offset > bytes.size() ? Bytes{} : bytes.subspan(offset);
}

/// A little-endian number or packed record at `offset`.
template <class T>
std::optional<T> load(Bytes bytes, u64 offset) {
  static_assert(std::is_trivially_copyable_v<T>);
  if (offset > bytes.size() || sizeof(T) > bytes.size() - offset) return std::nullopt;
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof(T));
  return value;
}

inline std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// The NUL-terminated text at `offset`; nothing when it does not end within `limit` bytes, which
/// keeps the cost of many lookups in a table without NULs in bounds.
inline std::optional<std::string_view> c_string(Bytes bytes, u64 offset, u64 limit = 4096) {
  Bytes rest = tail(bytes, offset);
  rest = rest.first(std::min<u64>(rest.size(), limit));
  if (rest.empty()) return std::nullopt;
  const void* nul = std::memchr(rest.data(), 0, rest.size());
  if (nul == nullptr) return std::nullopt;
  return as_text(rest.first(static_cast<std::size_t>(static_cast<const u8*>(nul) - rest.data())));
}

}  // namespace emulator::kernel
