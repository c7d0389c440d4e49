#include "runtime_model/golang/version.hpp"

#include "emulator/base/error.hpp"
#include "tests/emulator/kernel/elf_builder.hpp"
#include "tests/support/catch.hpp"

using namespace emulator;
using namespace runtime_model::golang;
using tests::ElfBuilder;
using tests::kData;

namespace {

const std::string kFence(16, '#');
const std::string kModule =
    kFence +
    "path\texample.com/tool/cmd\nmod\texample.com/tool\tv1.2.3\th1:sum=\n"
    "dep\texample.com/lib\tv0.1.0\n"
    "build\t-compiler=gc\nbuild\t\"-ld=flags\"=\"-s \\\"-w\\\"\"\nbuild\tGOAMD64=v3\n" +
    kFence;

void put(std::vector<u8>& out, u64 at, std::string_view text) {
  if (out.size() < at + text.size()) out.resize(at + text.size());
  std::copy(text.begin(), text.end(), out.begin() + static_cast<std::ptrdiff_t>(at));
}

void put_word(std::vector<u8>& out, u64 at, u64 word) {
  put(out, at, {reinterpret_cast<const char*>(&word), sizeof word});
}

/// The layout since 1.18, at offset 0x40 of the data.
std::vector<u8> inline_blob() {
  std::vector<u8> data(0x40);
  put(data, 0x40, "\xff Go buildinf:\x08\x02");
  put(data, 0x60, "\x08go1.23.5");
  data.push_back(static_cast<u8>(kModule.size() % 128 + 128));
  data.push_back(static_cast<u8>(kModule.size() / 128));
  put(data, data.size(), kModule);
  data.resize(data.size() + 64);
  return data;
}

/// The layout until 1.17: the blob at 0x40, the string variables at 0x80, the texts at 0x100.
std::vector<u8> pointer_blob() {
  std::vector<u8> data(0x100);
  put(data, 0x40, std::string_view("\xff Go buildinf:\x08\0", 16));
  put_word(data, 0x50, kData + 0x80);
  put_word(data, 0x58, kData + 0x90);
  put_word(data, 0x80, kData + 0x100);
  put_word(data, 0x88, 8);
  put_word(data, 0x90, kData + 0x110);
  put_word(data, 0x98, kModule.size());
  put(data, 0x100, "go1.17.6");
  put(data, 0x110, kModule);
  data.resize(data.size() + 64);
  return data;
}

BuildInfo info_of(const std::vector<u8>& data) {
  ElfBuilder b;
  b.set_data(data);
  const auto file = b.build();
  return read_build_info(kernel::parse_elf(file));
}

void check_module(const BuildInfo& info) {
  CHECK(info.path == "example.com/tool/cmd");
  CHECK(info.module == "example.com/tool");
  CHECK(info.module_version == "v1.2.3");
  CHECK(info.setting("GOAMD64") == "v3");
  CHECK(info.setting("-ld=flags") == "-s \"-w\"");
  CHECK(info.setting("nothing").empty());
}

}  // namespace

TEST_CASE("A release is read from what Go calls itself") {
  CHECK(parse_release("go1.19.8") == GoRelease{1, 19, 8});
  CHECK(parse_release("go1.21") == GoRelease{1, 21, 0});
  CHECK(parse_release("go1.22rc1") == GoRelease{1, 22, 0});
  CHECK(parse_release("devel go1.24-3a4b5c Mon") == GoRelease{1, 24, 0});
  CHECK(parse_release("go1.23.5 X:rangefunc") == GoRelease{1, 23, 5});
  CHECK_FALSE(parse_release("go2").known());
  CHECK_FALSE(parse_release("go1.").known());
  CHECK_FALSE(parse_release("go1.-3").known());
  CHECK_FALSE(parse_release("go1.99999999999").known());
  CHECK(parse_release("go1.17.6") < parse_release("go1.18"));
}

TEST_CASE("Build info is read in both layouts, without section headers") {
  const BuildInfo now = info_of(inline_blob());
  CHECK(now.version == "go1.23.5");
  CHECK(now.source == "build info (scanned)");
  check_module(now);
  const BuildInfo then = info_of(pointer_blob());
  CHECK(then.version == "go1.17.6");
  CHECK(then.release == GoRelease{1, 17, 6});
  check_module(then);
}

TEST_CASE("Build info is found by its section") {
  ElfBuilder b;
  auto blob = inline_blob();
  blob.erase(blob.begin(), blob.begin() + 0x40);
  b.sections.push_back({".go.buildinfo", 1, 0, blob, 0});
  const auto file = b.build();
  const BuildInfo info = read_build_info(kernel::parse_elf(file));
  CHECK(info.source == ".go.buildinfo");
  CHECK(info.version == "go1.23.5");
}

TEST_CASE("Without build info the runtime's version variable tells the release") {
  std::vector<u8> data(0x100);
  put(data, 0x80, "go1.26.5go1.9xx");
  put_word(data, 0x10, kData + 0x88);
  put_word(data, 0x18, 5);
  put_word(data, 0x20, kData + 0x80);
  put_word(data, 0x28, 8);
  const BuildInfo info = info_of(data);
  CHECK(info.version == "go1.26.5");
  CHECK(info.source == "runtime.buildVersion");
}

TEST_CASE("A program without a version has none") {
  const BuildInfo info = info_of(std::vector<u8>(0x100));
  CHECK(info.version.empty());
  CHECK(info.source.empty());
  CHECK_FALSE(info.release.known());
}

TEST_CASE("Control characters never come out of build info") {
  auto data = inline_blob();
  const auto at = std::search(data.begin(), data.end(), kModule.begin(), kModule.end());
  REQUIRE(at != data.end());
  at[20] = 0x1b;
  const BuildInfo info = info_of(data);
  CHECK(info.version == "go1.23.5");
  CHECK(info.path.empty());
}

TEST_CASE("Damaged build info is absent, never overrun") {
  for (const auto& whole : {inline_blob(), pointer_blob()}) {
    for (std::size_t at = 0x40; at < whole.size(); ++at) {
      for (const int value : {0, 0x7f, 0x80, 0xff}) {
        auto data = whole;
        data[at] = static_cast<u8>(value);
        info_of(data);
      }
      info_of(std::vector<u8>(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(at)));
    }
  }
  SUCCEED("no crash, no hang");
}
