#include "tools/rt0/debug/source.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "emulator/base/error.hpp"

namespace rt0::debug {

namespace fs = std::filesystem;

namespace {

constexpr std::uintmax_t kMostBytes = 4u << 20;

std::string major_minor(const std::string& release) {
  const auto first = release.find('.');
  return release.substr(0, release.find('.', first + 1));
}

/// $GOROOT, then where Go's own installer and Debian put it.
std::vector<std::string> likely(const std::string& release) {
  std::vector<std::string> out;
  if (const char* own = std::getenv("GOROOT"); own != nullptr && *own != '\0')
    out.emplace_back(own);
  out.emplace_back("/usr/local/go");
  if (release.starts_with("go1.")) out.push_back("/usr/lib/go-" + major_minor(release).substr(2));
  out.emplace_back("/usr/lib/go");
  return out;
}

}  // namespace

Sources::Sources(std::string release) : release_(std::move(release)) {
  for (const std::string& directory : likely(release_))
    if (is_goroot(directory)) {
      goroot_ = directory;
      break;
    }
}

Sources sources_of(const Program& program) {
  Sources sources(program.build.version);
  // Built with -trimpath: the file's name is relative.
  if (program.carried != nullptr)
    sources.add(fmt::format("./{}.go", program.carried->name), program.carried->source);
  return sources;
}

bool Sources::is_goroot(const std::string& directory) const {
  std::ifstream version(directory + "/VERSION");
  std::string text;
  if (!std::getline(version, text)) return false;
  return text == release_ || text.starts_with(release_ + " ");
}

void Sources::set_goroot(const std::string& directory) {
  if (!directory.empty() && !is_goroot(directory))
    emulator::base::user_error("{} is not the GOROOT of {}: its file VERSION does not say so.",
                               directory, release_);
  goroot_ = directory;
  files_.clear();
}

void Sources::add(std::string_view name, std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const auto end = text.find('\n');
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
  }
  carried_[std::string(name)] = std::move(lines);
}

const std::vector<std::string>* Sources::file(std::string_view name) {
  if (const auto it = carried_.find(name); it != carried_.end()) return &it->second;
  if (const auto it = files_.find(name); it != files_.end())
    return it->second.empty() ? nullptr : &it->second;
  std::vector<std::string>& lines = files_[std::string(name)];
  std::vector<std::string> paths;
  // "./hello.go" of a program that was built with -trimpath: gdb looks there, too.
  if (name.starts_with('/') || name.starts_with("./")) paths.emplace_back(name);
  if (!goroot_.empty()) {
    // "/usr/lib/go-1.19/src/runtime/proc.go", "runtime/proc.go"
    const auto src = name.find("/src/");
    const auto tail = src == name.npos ? name : name.substr(src + 5);
    paths.push_back(goroot_ + "/src/" + std::string(tail));
  }
  for (const std::string& path : paths) {
    std::error_code error;
    if (!fs::is_regular_file(path, error) || fs::file_size(path, error) > kMostBytes) continue;
    std::ifstream in(path);
    for (std::string line; std::getline(in, line);) lines.push_back(std::move(line));
    if (!lines.empty()) return &lines;
  }
  return nullptr;
}

std::optional<std::string> Sources::line(std::string_view name, int number) {
  const auto* lines = file(name);
  if (lines == nullptr || number < 1 || static_cast<std::size_t>(number) > lines->size())
    return std::nullopt;
  return (*lines)[static_cast<std::size_t>(number) - 1];
}

}  // namespace rt0::debug
