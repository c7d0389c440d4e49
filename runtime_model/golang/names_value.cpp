// How values read, by the Go type and the name of the field that they are in.
#include <fmt/format.h>

#include <array>

#include "emulator/base/hex.hpp"
#include "runtime_model/golang/names.hpp"

namespace runtime_model::golang {

using emulator::base::hex;

namespace {

// Go's runtime/runtime2.go: statuses of g and p. Later releases only added names.
constexpr std::array kGStatus = {
    "_Gidle", "_Grunnable",       "_Grunning",   "_Gsyscall",   "_Gwaiting", "_Gmoribund_unused",
    "_Gdead", "_Genqueue_unused", "_Gcopystack", "_Gpreempted", "_Gleaked",  "_Gdeadextra"};
constexpr u64 kGscan = 0x1000;
constexpr std::array kPStatus = {"_Pidle", "_Prunning", "_Psyscall", "_Pgcstop", "_Pdead"};
// runtime/mheap.go, mSpanState.
constexpr std::array kSpanState = {"mSpanDead", "mSpanInUse", "mSpanManual"};
constexpr u64 kStackPreempt = static_cast<u64>(-1314);  // runtime/stack.go

constexpr u64 kSmall = 1 << 20;  // below, a bare uintptr is a count or a size

template <std::size_t N>
std::string of(const std::array<const char*, N>& names, u64 value) {
  return value < N ? names[value] : fmt::format("{}", value);
}

bool is_pointer(const StructLayout& type) {
  constexpr std::string_view kLinks[] = {"runtime.guintptr", "runtime.muintptr", "runtime.puintptr",
                                         "runtime.gclinkptr"};
  for (const auto link : kLinks)
    if (type.name == link) return true;
  return type.kind == golang::Kind::pointer;
}

}  // namespace

std::string Names::pointer_text(u64 value) {
  if (value == 0) return "0x0";
  if (std::string known = object(Addr(value)); !known.empty()) return known;
  return name(Addr(value));
}

std::string Names::value_text(const NamedPlace& place, u64 value) {
  if (place.field == "atomicstatus" && place.owner == "runtime.g")
    return (value & kGscan) != 0 ? "_Gscan|" + of(kGStatus, value & ~kGscan) : of(kGStatus, value);
  if (place.field == "status" && place.owner == "runtime.p") return of(kPStatus, value);
  if (place.field == "state" && place.owner == "runtime.mspan") return of(kSpanState, value);
  if (place.field == "stackguard0" && value == kStackPreempt) return "stackPreempt";
  const StructLayout& type = layouts_.type(place.type);
  if (place.field == ".len" || place.field == ".cap") return fmt::format("{}", value);
  if (place.field == ".ptr" || is_pointer(type)) return pointer_text(value);
  switch (type.kind) {
    case golang::Kind::boolean:
      return value == 0 ? "false" : "true";
    case golang::Kind::signed_int: {
      const u64 unused = type.size >= 8 ? 0 : 64 - 8 * type.size;
      return fmt::format("{}", static_cast<i64>(value << unused) >> unused);
    }
    case golang::Kind::unsigned_int:
      if (value < kSmall) return fmt::format("{}", value);
      return type.name == "uintptr" ? pointer_text(value) : hex(value);
    default:
      return hex(value);
  }
}

}  // namespace runtime_model::golang
