#include "tools/rt0/program_path.hpp"

#include <filesystem>
#include <optional>

#include "emulator/base/error.hpp"
#include "emulator/kernel/kernel.hpp"

namespace rt0 {
namespace {

namespace fs = std::filesystem;
using emulator::base::user_error;
using emulator::kernel::Mount;

constexpr std::size_t kPathMax = 4096;  // with its NUL

/// Absolute, and the only way to write it.
bool is_plain(const std::string& path) {
  const std::string closed = path + "/";
  return path.size() > 1 && path.size() < kPathMax && path[0] == '/' &&
         closed.find("//") == closed.npos && closed.find("/./") == closed.npos &&
         closed.find("/../") == closed.npos;
}

/// What of `path` lies below `folder`: "b/c" of "/a/b/c" below "/a", "" of the folder itself.
std::optional<std::string> below(const std::string& path, std::string folder) {
  while (!folder.empty() && folder.back() == '/') folder.pop_back();
  if (path == folder) return "";
  if (!path.starts_with(folder + "/")) return std::nullopt;
  return path.substr(folder.size() + 1);
}

/// The mount that a guest path leads into: mounts may lie in mounts.
const Mount* mount_of(const std::string& guest_path, const std::vector<Mount>& mounts) {
  const Mount* deepest = nullptr;
  for (const Mount& m : mounts)
    if (below(guest_path, m.guest) && (deepest == nullptr || below(m.guest, deepest->guest)))
      deepest = &m;
  return deepest;
}

/// The path of a host file in the mount whose folder is the nearest above it.
std::optional<std::string> mounted_path(const std::string& file, const std::vector<Mount>& mounts) {
  std::error_code error;
  const std::string real = fs::canonical(file, error).string();
  std::optional<std::string> best;
  std::size_t nearest = 0;
  for (const Mount& m : mounts) {
    const std::string folder = fs::canonical(m.host, error).string();
    const auto name = error ? std::nullopt : below(real, folder);
    if (!name || (best && folder.size() <= nearest)) continue;
    std::string guest = m.guest;
    while (guest.size() > 1 && guest.back() == '/') guest.pop_back();
    const std::string path = guest + "/" + *name;
    if (mount_of(path, mounts) != &m) continue;
    best = path, nearest = folder.size();
  }
  return best;
}

}  // namespace

std::string program_path_of(const std::string& file, const std::string& wanted,
                            const std::vector<Mount>& mounts) {
  if (wanted.empty()) {
    const auto mounted = file.empty() ? std::nullopt : mounted_path(file, mounts);
    return mounted.value_or(emulator::kernel::Config{}.program_path);
  }
  if (!is_plain(wanted))
    user_error("--program-path takes an absolute guest path without . and .., not \"{}\"", wanted);
  if (const Mount* const mount = mount_of(wanted, mounts)) {
    const fs::path there = fs::path(mount->host) / *below(wanted, mount->guest);
    std::error_code error;
    if (file.empty() || !fs::equivalent(file, there, error) || error)
      user_error("--program-path: {} lies below the mount {}, and is not the program there", wanted,
                 mount->guest);
  }
  return wanted;
}

}  // namespace rt0
