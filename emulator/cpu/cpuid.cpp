#include "emulator/cpu/cpuid.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace emulator::cpu {
namespace {

constexpr u32 bit(unsigned n) { return u32{1} << n; }

// Leaf 1 (SDM vol. 2, table 3-10 and 3-11).
constexpr u32 kEdxV1 = bit(0) /*FPU*/ | bit(4) /*TSC*/ | bit(5) /*MSR*/ | bit(6) /*PAE*/ |
                       bit(8) /*CX8*/ | bit(15) /*CMOV*/ | bit(19) /*CLFSH*/ | bit(23) /*MMX*/ |
                       bit(24) /*FXSR*/ | bit(25) /*SSE*/ | bit(26) /*SSE2*/;
constexpr u32 kEcxV2 = bit(0) /*SSE3*/ | bit(9) /*SSSE3*/ | bit(13) /*CX16*/ | bit(19) /*SSE4.1*/ |
                       bit(20) /*SSE4.2*/ | bit(23) /*POPCNT*/;
constexpr u32 kEcxV3 = kEcxV2 | bit(1) /*PCLMULQDQ*/ | bit(12) /*FMA*/ | bit(22) /*MOVBE*/ |
                       bit(25) /*AES*/ | bit(26) /*XSAVE*/ | bit(27) /*OSXSAVE*/ | bit(28) /*AVX*/ |
                       bit(29) /*F16C*/;
// Leaf 7, subleaf 0.
constexpr u32 kLeaf7EbxV2 = bit(9) /*ERMS*/;
constexpr u32 kLeaf7EbxV3 = kLeaf7EbxV2 | bit(3) /*BMI1*/ | bit(5) /*AVX2*/ | bit(8) /*BMI2*/ |
                            bit(19) /*ADX*/ | bit(29) /*SHA*/;
// Leaf 80000001H.
constexpr u32 kExtEdx = bit(11) /*SYSCALL*/ | bit(20) /*NX*/ | bit(27) /*RDTSCP*/ | bit(29) /*LM*/;
constexpr u32 kExtEcxV2 = bit(0) /*LAHF*/;
constexpr u32 kExtEcxV3 = kExtEcxV2 | bit(5) /*LZCNT*/;

// Family 6, an Ice Lake client core; family 25, a Zen 4 core.
constexpr u32 signature(Vendor v) { return v == Vendor::intel ? 0x000706e5 : 0x00a10f11; }

template <std::size_t N>
u32 four(const char (&text)[N], std::size_t at) {
  u32 word = 0;
  std::memcpy(&word, text + at, 4);
  return word;
}

CpuidResult vendor_leaf(const Profile& p, u32 max_leaf) {
  if (p.vendor == Vendor::intel) {
    constexpr char id[] = "GenuineIntel";
    return {max_leaf, four(id, 0), four(id, 8), four(id, 4)};
  }
  constexpr char id[] = "AuthenticAMD";
  return {max_leaf, four(id, 0), four(id, 8), four(id, 4)};
}

CpuidResult features(const Profile& p) {
  const u32 ecx = p.level == Level::v1 ? 0 : p.level == Level::v2 ? kEcxV2 : kEcxV3;
  const u32 logical = std::min(p.cores, 255u);
  return {signature(p.vendor), (logical << 16) | (8u << 8) /*CLFLUSH line, in 8 bytes*/, ecx,
          kEdxV1 | bit(28) /*HTT*/};
}

CpuidResult structured_features(const Profile& p, u32 subleaf) {
  if (subleaf != 0 || p.level == Level::v1) return {};
  return {0, p.level == Level::v3 ? kLeaf7EbxV3 : kLeaf7EbxV2, 0, 0};
}

CpuidResult topology(const Profile& p, u32 subleaf) {
  if (subleaf == 0) return {0, 1, 0x100, 0};  // one thread a core
  if (subleaf == 1) return {8, p.cores, 0x201, 0};
  return {0, 0, subleaf, 0};
}

CpuidResult xsave_state(const Profile& p, u32 subleaf) {
  if (p.level != Level::v3) return {};
  if (subleaf == 0) return {static_cast<u32>(xcr0(p)), 832, 832, 0};
  if (subleaf == 2) return {256, 576, 0, 0};  // AVX state: size and offset in the XSAVE area
  return {};
}

CpuidResult brand(u32 part) {
  static constexpr char kBrand[49] =
      "rt0 simulated x86-64 processor\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
  const std::size_t at = 16 * part;
  return {four(kBrand, at), four(kBrand, at + 4), four(kBrand, at + 8), four(kBrand, at + 12)};
}

}  // namespace

std::optional<Level> parse_level(std::string_view text) {
  for (const Level l : {Level::v1, Level::v2, Level::v3})
    if (text == name(l)) return l;
  return std::nullopt;
}

std::optional<Vendor> parse_vendor(std::string_view text) {
  for (const Vendor v : {Vendor::intel, Vendor::amd})
    if (text == name(v)) return v;
  return std::nullopt;
}

std::string_view name(Level level) {
  return level == Level::v1 ? "x86-64-v1" : level == Level::v2 ? "x86-64-v2" : "x86-64-v3";
}

std::string_view name(Vendor vendor) {
  return vendor == Vendor::intel ? "GenuineIntel" : "AuthenticAMD";
}

CpuidResult cpuid(const Profile& p, u32 leaf, u32 subleaf) {
  constexpr u32 kMaxExtended = 0x80000008;
  const u32 max_leaf = p.level == Level::v1 ? 1 : p.level == Level::v2 ? 0xb : 0xd;
  // Leaves out of range answer like the highest basic leaf on Intel; all zero is AMD's answer and
  // the plainer one.
  if (leaf < 0x80000000 && leaf > max_leaf) return {};
  switch (leaf) {
    case 0:
      return vendor_leaf(p, max_leaf);
    case 1:
      return features(p);
    case 7:
      return structured_features(p, subleaf);
    case 0xb:
      return topology(p, subleaf);
    case 0xd:
      return xsave_state(p, subleaf);
    case 0x80000000:
      return vendor_leaf(p, kMaxExtended);
    case 0x80000001: {
      const u32 ecx = p.level == Level::v1 ? 0 : p.level == Level::v2 ? kExtEcxV2 : kExtEcxV3;
      return {0, 0, ecx, kExtEdx};
    }
    case 0x80000002:
    case 0x80000003:
    case 0x80000004:
      return brand(leaf - 0x80000002);
    case 0x80000007:
      return {0, 0, 0, bit(8) /*invariant TSC*/};
    case 0x80000008:
      return {48 /*physical*/ | (48 << 8) /*linear address bits*/, 0, 0, 0};
    default:
      return {};
  }
}

u64 xcr0(const Profile& p) { return p.level == Level::v3 ? 7 : 3; }
bool has_osxsave(const Profile& p) { return p.level == Level::v3; }

bool has_isa_set(const Profile& p, std::string_view set) {
  static constexpr std::array kV2 = {"SSE3",   "SSSE3",      "SSE4", "SSE42",
                                     "POPCNT", "CMPXCHG16B", "LAHF"};
  static constexpr std::array kV3 = {"AVX",       "AVX2",  "BMI1",      "BMI2",  "FMA",
                                     "F16C",      "LZCNT", "MOVBE",     "AES",   "AVXAES",
                                     "PCLMULQDQ", "SHA",   "ADOX_ADCX", "XSAVE", "AVX2GATHER"};
  const auto in = [set](const auto& list) {
    return std::find(list.begin(), list.end(), set) != list.end();
  };
  if (in(kV2)) return p.level >= Level::v2;
  if (in(kV3)) return p.level >= Level::v3;
  static constexpr std::array kNever = {"RDRAND",   "RDSEED",  "SSE4A",   "TBM",        "XOP",
                                        "FMA4",     "GFNI",    "VAES",    "VPCLMULQDQ", "RDPID",
                                        "RDWRFSGS", "RTM",     "WAITPKG", "SERIALIZE",  "CLZERO",
                                        "XSAVEC",   "XSAVEOPT"};
  return !in(kNever);
}

}  // namespace emulator::cpu
