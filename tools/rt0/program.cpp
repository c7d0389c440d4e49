#include "tools/rt0/program.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "asm/embedded_program.hpp"
#include "emulator/base/error.hpp"

namespace rt0 {
namespace {

using emulator::u64;
using emulator::u8;
using emulator::base::user_error;
using emulator::base::UserError;

/// A file's bytes, mapped read-only: a large program costs only the pages that are looked at.
class MappedFile {
 public:
  explicit MappedFile(const std::string& path) {
    // A FIFO is not waited for: it is refused.
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) user_error("cannot open {}: {}", path, std::strerror(errno));
    struct stat status {};
    if (::fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
      ::close(fd);
      user_error("{} is {}, not a program", path,
                 S_ISDIR(status.st_mode) ? "a directory" : "not a regular file");
    }
    size_ = static_cast<std::size_t>(status.st_size);
    void* at = size_ == 0 ? nullptr : ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, fd, 0);
    ::close(fd);
    if (at == MAP_FAILED) user_error("cannot read {}: {}", path, std::strerror(errno));
    data_ = static_cast<const u8*>(at);
  }
  ~MappedFile() {
    if (data_ != nullptr) ::munmap(const_cast<u8*>(data_), size_);
  }
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  std::span<const u8> bytes() const { return {data_, size_}; }

 private:
  const u8* data_ = nullptr;
  std::size_t size_ = 0;
};

/// The bytes of a program that is carried compressed.
std::shared_ptr<const std::vector<u8>> unpacked(const programs::Program& program) {
  const auto size = ZSTD_getFrameContentSize(program.image.data(), program.image.size());
  constexpr u64 kMost = 64u << 20;
  // libarchive does not note the size of what it compresses in one go.
  auto bytes = std::make_shared<std::vector<u8>>(size <= kMost ? size : kMost);
  const auto got =
      ZSTD_decompress(bytes->data(), bytes->size(), program.image.data(), program.image.size());
  RT0_CHECK(ZSTD_isError(got) == 0, "a program that rt0 carries can be unpacked");
  bytes->resize(got);
  return bytes;
}

void take_carried(Program& p, const std::string& name) {
  if (programs::all().empty())
    user_error(
        "this rt0 has no program built in, because Go was missing when it was built: give a "
        "program of yours, or install golang-go and build rt0 again");
  const programs::Program* carried = programs::find(name);
  if (carried == nullptr)
    user_error(
        "no program @{} is built in: rt0 run @ lists those that are (a file of that name: "
        "./@{})",
        name, name);
  p.name = "built-in " + name, p.base = name;
  p.carried = carried;
  p.bytes = carried->image;
  if (!carried->compressed) return;
  auto bytes = unpacked(*carried);
  p.bytes = *bytes;
  p.owner = std::move(bytes);
}

/// UPX writes its mark behind the program headers, and again at the end of the file.
bool packed_by_upx(std::span<const u8> bytes) {
  constexpr std::size_t kStart = 1024, kEnd = 64;
  constexpr std::array<u8, 4> kMark = {'U', 'P', 'X', '!'};
  const auto has_mark = [&](std::span<const u8> part) {
    return !std::ranges::search(part, kMark).empty();
  };
  return has_mark(bytes.first(std::min(bytes.size(), kStart))) ||
         has_mark(bytes.last(std::min(bytes.size(), kEnd)));
}

/// Why a program is refused, in one sentence.
[[noreturn]] void refuse(const Program& p, const UserError& why) {
  if (packed_by_upx(p.bytes))
    user_error("{} is packed with UPX, which hides the program in it: unpack it with \"upx -d\"",
               p.name);
  user_error("{} {}", p.name, why.what());
}

}  // namespace

std::string carried_programs() {
  std::string out;
  for (const auto& p : programs::all()) out += fmt::format("@{:<10} {}\n", p.name, p.about);
  return out;
}

Program load_program(const std::string& path, Symbols symbols) {
  Program p;
  if (path.empty()) {
    take_carried(p, "hello");
  } else if (path.starts_with('@')) {
    take_carried(p, path.substr(1));
  } else {
    auto file = std::make_shared<MappedFile>(path);
    p.bytes = file->bytes();
    p.owner = std::move(file);
    p.name = path;
    p.base = path.substr(path.rfind('/') + 1);
  }
  try {
    p.image =
        std::make_shared<const emulator::kernel::ElfImage>(emulator::kernel::parse_elf(p.bytes));
    p.build = runtime_model::golang::read_build_info(*p.image);
  } catch (const UserError& e) {
    refuse(p, e);
  }
  // Whether it is a program of Go's, and one that can be read, is asked in any case.
  if (symbols == Symbols::at_once || !runtime_model::golang::Pclntab::find(*p.image))
    load_symbols(p);
  return p;
}

void load_symbols(Program& program) {
  if (!program.symbols.functions().empty()) return;
  try {
    program.symbols = runtime_model::golang::SymbolTable::load(*program.image);
  } catch (const UserError& e) {
    refuse(program, e);
  }
}

}  // namespace rt0
