#include "runtime_model/golang/version.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "emulator/kernel/bytes.hpp"

namespace runtime_model::golang {

using namespace emulator;
using kernel::as_text;
using kernel::Bytes;
using kernel::ElfImage;
using kernel::load;
using kernel::slice;
using kernel::tail;

namespace {

constexpr std::string_view kMagic = "\xff Go buildinf:";
constexpr u64 kFlagsAt = 15, kPointersAt = 16, kInlineAt = 32;
constexpr u8 kBigEndian = 1, kInline = 2;
constexpr u64 kFence =
    16;  // of random bytes on either side of the module text (runtime/debug.modinfo)
constexpr u64 kLongestVersion = 256;

/// Text that may go to a terminal: no control characters but those that the format itself uses.
bool is_plain(std::string_view text, std::string_view allowed = {}) {
  return std::ranges::all_of(text, [&](char c) {
    return (static_cast<u8>(c) >= ' ' && c != 0x7f) || allowed.find(c) != std::string_view::npos;
  });
}

bool is_version(std::string_view text) {
  return text.size() <= kLongestVersion &&
         (text.starts_with("go1.") || text.starts_with("devel ")) && parse_release(text).known();
}

/// A Go string variable: its pointer and length are at `address`.
std::string_view string_variable(const ElfImage& image, Addr address) {
  const Bytes words = image.bytes_at(address, 16);
  if (words.empty()) return {};
  return as_text(image.bytes_at(Addr(*load<u64>(words, 0)), *load<u64>(words, 8)));
}

/// A text behind its length as a varint; takes both off the front of `bytes`.
std::string_view take_text(Bytes& bytes) {
  u64 length = 0;
  for (unsigned shift = 0; shift < 63 && !bytes.empty(); shift += 7) {
    const u8 byte = bytes.front();
    bytes = bytes.subspan(1);
    length |= u64{byte & 0x7fu} << shift;
    if (byte < 0x80) break;
  }
  const Bytes text = slice(bytes, 0, length).value_or(Bytes{});
  bytes = bytes.subspan(text.size());
  return as_text(text);
}

struct Blob {
  std::string_view version;
  std::string_view module_text;
};

std::optional<Blob> read_blob(const ElfImage& image, Bytes bytes) {
  if (bytes.size() < kInlineAt || !as_text(bytes).starts_with(kMagic)) return std::nullopt;
  Blob blob;
  if (bytes[kFlagsAt] & kInline) {  // 1.18 and later
    Bytes rest = tail(bytes, kInlineAt);
    blob.version = take_text(rest);
    blob.module_text = take_text(rest);
  } else if ((bytes[kFlagsAt] & kBigEndian) == 0) {
    blob.version = string_variable(image, Addr(*load<u64>(bytes, kPointersAt)));
    blob.module_text = string_variable(image, Addr(*load<u64>(bytes, kPointersAt + 8)));
  }
  if (!is_version(blob.version)) return std::nullopt;
  return blob;
}

/// The linker aligns the blob to 16 bytes and puts it in writable memory.
std::optional<Blob> scan_for_blob(const ElfImage& image) {
  for (const kernel::ElfSegment& segment : image.segments) {
    if (!segment.writable) continue;
    for (u64 at = (0 - segment.address.value) & 15; at < segment.bytes.size(); at += 16) {
      if (segment.bytes[at] != 0xff) continue;
      if (const auto blob = read_blob(image, tail(segment.bytes, at))) return blob;
    }
  }
  return std::nullopt;
}

/// runtime.buildVersion is a string variable: a pointer to a text "go1.…" and its length. Other
/// variables may hold names of releases, but none newer than the toolchain.
std::string_view scan_for_version(const ElfImage& image) {
  std::string_view best;
  for (const kernel::ElfSegment& segment : image.segments) {
    if (!segment.writable) continue;
    for (u64 at = (0 - segment.address.value) & 7; at + 16 <= segment.bytes.size(); at += 8) {
      const u64 length = *load<u64>(segment.bytes, at + 8);
      if (length < 5 || length > kLongestVersion) continue;
      const std::string_view text = string_variable(image, segment.address + at);
      if (is_version(text) && parse_release(text) > parse_release(best)) best = text;
    }
  }
  return best;
}

/// The part of `text` before `mark`, taken off its front together with the mark.
std::string_view cut(std::string_view& text, char mark) {
  const auto at = text.find(mark);
  const std::string_view head = text.substr(0, at);
  text = at == std::string_view::npos ? std::string_view{} : text.substr(at + 1);
  return head;
}

/// Keys and values are quoted as Go strings when they hold odd characters; the simple escapes are
/// enough here.
std::string unquoted(std::string_view text) {
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return std::string(text);
  std::string out;
  for (std::size_t i = 1; i + 1 < text.size(); ++i) {
    if (text[i] == '\\' && i + 2 < text.size()) ++i;
    out += text[i];
  }
  return out;
}

BuildSetting read_setting(std::string_view text) {
  const bool quoted_key = text.starts_with('"');
  const auto close = quoted_key ? text.find('"', 1) : std::string_view::npos;
  const auto equals = text.find('=', close == std::string_view::npos ? 0 : close);
  if (equals == std::string_view::npos) return {unquoted(text), {}};
  return {unquoted(text.substr(0, equals)), unquoted(text.substr(equals + 1))};
}

/// Lines of tab-separated words between two fences of 16 bytes (runtime/debug, ParseBuildInfo).
void read_module_text(BuildInfo& info, std::string_view text) {
  if (text.size() < 2 * kFence + 1 || text[text.size() - kFence - 1] != '\n') return;
  text = text.substr(kFence, text.size() - 2 * kFence);
  if (!is_plain(text, "\t\n")) return;
  while (!text.empty()) {
    std::string_view line = cut(text, '\n');
    const std::string_view word = cut(line, '\t');
    if (word == "path") info.path = line;
    if (word == "mod") {
      info.module = cut(line, '\t');
      info.module_version = cut(line, '\t');
    }
    if (word == "build") info.settings.push_back(read_setting(line));
  }
}

/// The note "Go" of type 4, which the linker puts between the program headers and the text
/// (cmd/internal/buildid/note.go).
std::string_view read_build_id(const ElfImage& image) {
  struct Note {
    u32 name_size, size, type;
    char name[4];
  };
  const Bytes head = image.file.first(std::min<u64>(image.file.size(), base::kPageSize));
  for (u64 at = 0; at + sizeof(Note) <= head.size(); at += 4) {
    const Note note = *load<Note>(head, at);
    if (note.name_size != 4 || note.type != 4 || std::memcmp(note.name, "Go\0", 4) != 0) continue;
    const auto id = as_text(slice(head, at + sizeof(Note), note.size).value_or(Bytes{}));
    return is_plain(id) ? id : std::string_view{};
  }
  return {};
}

std::optional<Blob> find_blob(const ElfImage& image, BuildInfo& info) {
  if (const auto* section = image.section(".go.buildinfo")) {
    info.source = ".go.buildinfo";
    if (const auto blob = read_blob(image, section->bytes)) return blob;
  }
  info.source = "build info (scanned)";
  return scan_for_blob(image);
}

}  // namespace

GoRelease parse_release(std::string_view version) {
  const auto at = version.find("go1.");
  if (at == std::string_view::npos) return {};
  const char* const end = version.data() + version.size();
  GoRelease release{1, 0, 0};
  const auto minor = std::from_chars(version.data() + at + 4, end, release.minor);
  if (minor.ec != std::errc{} || release.minor < 0) return {};
  if (minor.ptr != end && *minor.ptr == '.') {
    if (std::from_chars(minor.ptr + 1, end, release.patch).ec != std::errc{}) release.patch = 0;
  }
  return release;
}

std::string_view BuildInfo::setting(std::string_view key) const {
  const auto it = std::ranges::find(settings, key, &BuildSetting::key);
  return it == settings.end() ? std::string_view{} : std::string_view(it->value);
}

BuildInfo read_build_info(const ElfImage& image) {
  BuildInfo info;
  if (const auto blob = find_blob(image, info)) {
    info.version = blob->version;
    read_module_text(info, blob->module_text);
  } else {
    info.version = scan_for_version(image);
    info.source = info.version.empty() ? "" : "runtime.buildVersion";
  }
  info.release = parse_release(info.version);
  info.build_id = read_build_id(image);
  return info;
}

}  // namespace runtime_model::golang
