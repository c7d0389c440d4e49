#include <fmt/format.h>

#include <algorithm>

#include "runtime_model/golang/dwarf.hpp"
#include "runtime_model/golang/layouts.hpp"

namespace runtime_model::golang {

Layouts Layouts::load(const emulator::kernel::ElfImage& image, const BuildInfo& build) {
  const std::string release = build.release.known()
                                  ? fmt::format("go{}.{}", build.release.major, build.release.minor)
                                  : build.version;
  if (auto from_dwarf = layouts_from_dwarf(image)) {
    from_dwarf->name_source("DWARF", release);
    return std::move(*from_dwarf);
  }
  const Releases have = table_releases();
  const int minor = std::clamp(build.release.minor, have.first, have.last);
  Layouts out = of_release(minor);
  if (minor != build.release.minor || !build.release.known())
    out.name_source(fmt::format("table for go1.{}, the nearest to {}", minor, release), release);
  return out;
}

}  // namespace runtime_model::golang
