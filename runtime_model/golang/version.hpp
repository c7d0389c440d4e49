/// Which Go built a program, and how. Sources: Go's debug/buildinfo (the two layouts),
/// runtime/debug/mod.go (the text).
#pragma once

#include <compare>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/kernel/elf.hpp"

namespace runtime_model::golang {

/// The numbers in "go1.19.8"; {0, 0, 0} when the text gives none. The minor number is what layouts
/// and names depend on.
struct GoRelease {
  int major = 0;
  int minor = 0;
  int patch = 0;

  friend constexpr auto operator<=>(GoRelease, GoRelease) = default;
  constexpr bool known() const { return major != 0; }
};

/// Finds "go1.N[.P]" in a version text, also in "devel go1.22-3a4b5c …" and in "go1.23.5
/// X:rangefunc".
GoRelease parse_release(std::string_view version);

struct BuildSetting {
  std::string key;  ///< "-buildmode", "CGO_ENABLED", "GOAMD64", "vcs.revision" …
  std::string value;
};

/// What the linker wrote about the build. Texts are empty when the program does not say.
struct BuildInfo {
  std::string version;  ///< "go1.19.8"
  GoRelease release;
  std::string path;                    ///< import path of package main
  std::string module;                  ///< main module
  std::string module_version;          ///< "(devel)", "v0.14.21"
  std::vector<BuildSetting> settings;  ///< 1.18 and later
  std::string build_id;                ///< four parts with slashes; "" when linked with -buildid=
  /// Where the version was found: ".go.buildinfo", "build info (scanned)", "runtime.buildVersion".
  std::string_view source;

  /// The setting's value, or "" when it is not recorded.
  std::string_view setting(std::string_view key) const;
};

/// Reads the build info blob by section name or by scanning; without a blob, the runtime's own
/// version variable. An image that has neither gives none. Malformed data is never an
/// error here, only absent.
BuildInfo read_build_info(const emulator::kernel::ElfImage& image);

}  // namespace runtime_model::golang
