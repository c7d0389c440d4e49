/// What CPUID, XGETBV and the microarchitecture levels say of the simulated CPU (SDM vol. 2, CPUID;
/// the levels are the x86-64 psABI's, section 3.1.1).
#pragma once

#include <optional>
#include <string_view>

#include "emulator/base/types.hpp"

namespace emulator::cpu {

enum class Level : u8 { v1 = 1, v2, v3 };
enum class Vendor : u8 { intel, amd };

/// `--cpu x86-64-v3 --cpu-vendor GenuineIntel`: which instructions exist is decided here and
/// nowhere else.
struct Profile {
  Level level = Level::v3;
  Vendor vendor = Vendor::intel;
  unsigned cores = 2;  // logical processors that leaf 1 and leaf 0xb report
};

/// "x86-64-v1", "x86-64-v2", "x86-64-v3"
std::optional<Level> parse_level(std::string_view text);
/// "GenuineIntel", "AuthenticAMD"
std::optional<Vendor> parse_vendor(std::string_view text);
std::string_view name(Level level);
std::string_view name(Vendor vendor);

struct CpuidResult {
  u32 eax, ebx, ecx, edx;
};

/// CPUID with the given leaf (EAX) and subleaf (ECX).
CpuidResult cpuid(const Profile& profile, u32 leaf, u32 subleaf);

/// XCR0: x87, SSE and, at level v3, AVX state.
u64 xcr0(const Profile& profile);

/// True when the profile has AVX state and so OSXSAVE (XGETBV is #UD otherwise).
bool has_osxsave(const Profile& profile);

/// Is an instruction of the given ISA set ("AVX2", "BMI1", "SSE4.2", …) there? Names are the
/// decoder's.
bool has_isa_set(const Profile& profile, std::string_view isa_set);

}  // namespace emulator::cpu
