/// What the benchmarks share: a program to run, and a host that is not there.
#pragma once

#include <fstream>
#include <iterator>
#include <memory>
#include <vector>

#include "emulator/base/error.hpp"
#include "emulator/kernel/elf.hpp"
#include "emulator/kernel/files.hpp"

namespace bench {

class NoHost final : public emulator::kernel::Host {
 public:
  emulator::kernel::Result<emulator::u64> write_output(
      int, std::span<const emulator::u8> bytes) override {
    return bytes.size();
  }
  emulator::kernel::Result<emulator::u64> read_input(std::span<emulator::u8>) override { return 0; }
};

/// The image keeps the file's bytes. Throws base::UserError for what cannot be read or run.
inline std::shared_ptr<const emulator::kernel::ElfImage> load(const char* path) {
  struct Loaded {
    std::vector<emulator::u8> bytes;
    emulator::kernel::ElfImage image;
  };
  std::ifstream file(path, std::ios::binary);
  if (!file) emulator::base::user_error("cannot open {}", path);
  auto loaded = std::make_shared<Loaded>();
  loaded->bytes.assign(std::istreambuf_iterator<char>(file), {});
  loaded->image = emulator::kernel::parse_elf(loaded->bytes);
  return {loaded, &loaded->image};
}

}  // namespace bench
