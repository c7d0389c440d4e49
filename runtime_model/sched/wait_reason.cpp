#include "runtime_model/sched/wait_reason.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "runtime_model/model/code_facts.hpp"

namespace runtime_model::sched {
namespace {

constexpr u64 kStringWords = 16;  ///< a Go string: pointer and length
constexpr u64 kLongest = 64;      ///< of Go's reasons the longest has some 40 letters

std::string string_at(Runtime& rt, Addr at) {
  const Addr text = rt.load<Addr>(at);
  std::string out(std::min(rt.load<u64>(at + 8), kLongest), '\0');
  for (u64 i = 0; i < out.size(); ++i) out[i] = rt.load<char>(text + i);
  return out;
}

/// The table of reasons: by its symbol, or what waitReason.String takes the address of.
Addr table_of(Runtime& rt) {
  if (const auto* data = rt.guest().symbols.data("runtime.waitReasonStrings")) return data->address;
  for (unsigned nth = 0; nth < 3; ++nth) {
    const Addr at = model::address_taken(rt, "runtime.waitReason.String", nth);
    // The first reason is the empty one, and the second as long as this since go1.9.
    constexpr std::string_view kSecond = "GC assist marking";
    if (at != Addr() && at.value % 8 == 0 && rt.load<u64>(at + 8) == 0 &&
        rt.load<u64>(at + kStringWords + 8) == kSecond.size() &&
        string_at(rt, at + kStringWords) == kSecond)
      return at;
  }
  return {};
}

}  // namespace

std::string wait_reason(Runtime& rt, const golang::G& gp) {
  const u8 reason = gp.waitreason();
  const Addr table = table_of(rt);
  std::string text = table == Addr() ? "" : string_at(rt, table + kStringWords * reason);
  return text.empty() ? fmt::format("for a reason of number {}", reason) : text;
}

}  // namespace runtime_model::sched
