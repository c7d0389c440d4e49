// The string instructions' rows. MOVSD and CMPSD share their names with SSE2 instructions and live
// in those rows.
#include "emulator/semantics/strings.hpp"

#include "emulator/base/error.hpp"
#include "emulator/semantics/table.hpp"

namespace emulator::semantics {

void repeats_without_end() {
  throw base::LimitReached(
      fmt::format("a string instruction repeats more than {} times", kMostRepeats));
}

namespace {

template <class M>
constexpr Row string(std::string_view name, std::string_view reference, M meaning) {
  return one(name, reference, meaning, kRepeats);
}

constexpr std::array kRows = {
    string("movsb", "MOVS/MOVSB/MOVSW/MOVSD/MOVSQ", [](auto& c) { return movs<u8>(c); }),
    string("movsw", "MOVS/MOVSB/MOVSW/MOVSD/MOVSQ", [](auto& c) { return movs<u16>(c); }),
    string("movsq", "MOVS/MOVSB/MOVSW/MOVSD/MOVSQ", [](auto& c) { return movs<u64>(c); }),
    string("stosb", "STOS/STOSB/STOSW/STOSD/STOSQ", [](auto& c) { return stos<u8>(c); }),
    string("stosw", "STOS/STOSB/STOSW/STOSD/STOSQ", [](auto& c) { return stos<u16>(c); }),
    string("stosd", "STOS/STOSB/STOSW/STOSD/STOSQ", [](auto& c) { return stos<u32>(c); }),
    string("stosq", "STOS/STOSB/STOSW/STOSD/STOSQ", [](auto& c) { return stos<u64>(c); }),
    string("lodsb", "LODS/LODSB/LODSW/LODSD/LODSQ", [](auto& c) { return lods<u8>(c); }),
    string("lodsw", "LODS/LODSB/LODSW/LODSD/LODSQ", [](auto& c) { return lods<u16>(c); }),
    string("lodsd", "LODS/LODSB/LODSW/LODSD/LODSQ", [](auto& c) { return lods<u32>(c); }),
    string("lodsq", "LODS/LODSB/LODSW/LODSD/LODSQ", [](auto& c) { return lods<u64>(c); }),
    string("cmpsb", "CMPS/CMPSB/CMPSW/CMPSD/CMPSQ", [](auto& c) { return cmps<u8>(c); }),
    string("cmpsw", "CMPS/CMPSB/CMPSW/CMPSD/CMPSQ", [](auto& c) { return cmps<u16>(c); }),
    string("cmpsq", "CMPS/CMPSB/CMPSW/CMPSD/CMPSQ", [](auto& c) { return cmps<u64>(c); }),
    string("scasb", "SCAS/SCASB/SCASW/SCASD", [](auto& c) { return scas<u8>(c); }),
    string("scasw", "SCAS/SCASB/SCASW/SCASD", [](auto& c) { return scas<u16>(c); }),
    string("scasd", "SCAS/SCASB/SCASW/SCASD", [](auto& c) { return scas<u32>(c); }),
    string("scasq", "SCAS/SCASB/SCASW/SCASD", [](auto& c) { return scas<u64>(c); }),
};

}  // namespace

std::span<const Row> string_rows() { return kRows; }

}  // namespace emulator::semantics
