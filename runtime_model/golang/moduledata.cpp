#include "runtime_model/golang/moduledata.hpp"

#include "emulator/kernel/bytes.hpp"

namespace runtime_model::golang {

using namespace emulator;
using kernel::Bytes;
using kernel::ElfImage;
using kernel::load;
using kernel::tail;

namespace {

// pcHeader; funcnametab, cutab, filetab, pctab, pclntable, ftab (slices); findfunctab; minpc; …
constexpr u64 kFuncnametab = 8, kMinpc = 160, kText = 176;

/// The first word is the table's address; the first slice must start inside of the table and be as
/// long as its room.
bool is_moduledata(Bytes bytes, Addr pclntab) {
  if (load<u64>(bytes, 0) != pclntab.value) return false;
  const auto names = load<u64>(bytes, kFuncnametab);
  const auto length = load<u64>(bytes, kFuncnametab + 8),
             room = load<u64>(bytes, kFuncnametab + 16);
  return room && *names > pclntab.value && *names - pclntab.value < 4096 && *length <= *room;
}

}  // namespace

std::optional<Addr> find_moduledata(const ElfImage& image, Addr pclntab) {
  for (const kernel::ElfSegment& segment : image.segments) {
    if (!segment.writable) continue;
    for (u64 at = (0 - segment.address.value) & 7; at < segment.bytes.size(); at += 8)
      if (is_moduledata(tail(segment.bytes, at), pclntab)) return segment.address + at;
  }
  return std::nullopt;
}

std::optional<Addr> moduledata_text(const ElfImage& image, Addr pclntab, u64 first) {
  const auto module = find_moduledata(image, pclntab);
  if (!module) return std::nullopt;
  const Bytes bytes = image.bytes_from(*module);
  const auto text = load<u64>(bytes, kText), minpc = load<u64>(bytes, kMinpc);
  if (!text || *minpc != *text + first) return std::nullopt;
  return Addr(*text);
}

}  // namespace runtime_model::golang
