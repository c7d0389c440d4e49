#include "tests/runtime_model/golang/go_programs.hpp"

#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "emulator/kernel/elf_records.hpp"

namespace tests {
namespace {

constexpr const char* kSource = R"(package main

import "fmt"

type pair[T any] struct{ a, b T }

//go:noinline
func swap[T any](p pair[T]) pair[T] { return pair[T]{p.b, p.a} }

func main() { fmt.Println(swap(pair[int]{1, 2}), swap(pair[string]{"a", "b"})) }
)";

/// A folder of this process, gone when it ends.
struct Folder {
  std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("rt0-golang-test-" + std::to_string(getpid()));
  Folder() { std::filesystem::create_directories(path); }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
};

/// Builds `text`.
std::optional<File> build(const std::string& arguments, const std::string& text) {
  const Folder folder;
  const std::string at = folder.path.string();
  std::ofstream(at + "/main.go") << text;
  std::ofstream(at + "/go.mod") << "module example.com/rt0test\n\ngo 1.18\n";
  const std::string cache = std::getenv("HOME") == nullptr ? "GOCACHE=" + at + "/cache " : "";
  const std::string command =
      "cd " + at + " && " + cache +
      "GOTOOLCHAIN=local GOFLAGS= GOWORK=off CGO_ENABLED=0 GOOS=linux GOARCH=amd64 "
      "go build -o out " +
      arguments + " . >/dev/null 2>&1";
  if (std::system(command.c_str()) != 0) return std::nullopt;
  std::ifstream in(at + "/out", std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(in)), {});
  return File(bytes.begin(), bytes.end());
}

}  // namespace

std::optional<File> build_go_program(const std::string& arguments) {
  return build(arguments, kSource);
}

std::optional<File> build_go_program(const std::string& arguments, const std::string& source) {
  std::ifstream in(source);
  return build(arguments, std::string((std::istreambuf_iterator<char>(in)), {}));
}

File without_sections(File file) {
  emulator::kernel::ElfHeader header;
  std::memcpy(&header, file.data(), sizeof(header));
  header.shoff = 0;
  header.shnum = header.shstrndx = 0;
  std::memcpy(file.data(), &header, sizeof(header));
  return file;
}

}  // namespace tests
