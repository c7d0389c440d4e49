#include "emulator/kernel/elf.hpp"

#include <functional>
#include <string>

#include "emulator/base/error.hpp"
#include "tests/emulator/kernel/elf_builder.hpp"
#include "tests/support/catch.hpp"

using namespace emulator;
using namespace emulator::kernel;
using tests::ElfBuilder;
using tests::kData;
using tests::kText;

namespace {

/// What parse_elf says of the file, or "" when it is content.
std::string refusal(const std::vector<u8>& file) {
  try {
    parse_elf(file);
    return {};
  } catch (const base::UserError& error) {
    return error.what();
  }
}

template <class T>
void append(std::vector<u8>& out, const T& record) {
  const auto* bytes = reinterpret_cast<const u8*>(&record);
  out.insert(out.end(), bytes, bytes + sizeof(T));
}

/// A position-independent program that asks for ld.so: its data holds the dynamic table, then
/// `relas`.
ElfBuilder pie(std::vector<DynamicEntry> dynamic, const std::vector<Rela>& relas = {}) {
  ElfBuilder b;
  b.header.type = kTypeDyn;
  const u64 table_size = (dynamic.size() + 3) * sizeof(DynamicEntry);
  dynamic.push_back({kDynRela, kData + table_size});
  dynamic.push_back({kDynRelaSize, relas.size() * sizeof(Rela)});
  dynamic.push_back({kDynNull, 0});
  std::vector<u8> data;
  for (const auto& d : dynamic) append(data, d);
  for (const auto& r : relas) append(data, r);
  data.resize(std::max<std::size_t>(data.size(), 0x200));
  b.set_data(data);
  b.programs.push_back({kDynamic, 6, 0x2000, kData, 0, table_size, table_size, 8});
  b.programs.push_back({kInterp, 4, 0x100, kText - 0xf00, 0, 8, 8, 1});
  return b;
}

struct BadFile {
  const char* what;
  std::function<void(ElfBuilder&)> damage;
  const char* sentence;
};

// clang-format off
const BadFile kBadFiles[] = {
    {"magic", [](auto& b) { b.header.ident[0] = '#'; }, "is not an ELF file"},
    {"32-bit", [](auto& b) { b.header.ident[4] = 1; }, "is a 32-bit program"},
    {"class", [](auto& b) { b.header.ident[4] = 7; }, "damaged ELF header: class 7"},
    {"big-endian", [](auto& b) { b.header.ident[5] = 2; }, "is big-endian"},
    {"encoding", [](auto& b) { b.header.ident[5] = 0; }, "data encoding 0"},
    {"FreeBSD", [](auto& b) { b.header.ident[7] = 9; }, "is for FreeBSD"},
    {"Arm", [](auto& b) { b.header.machine = 183; }, "is for 64-bit Arm"},
    {"odd machine", [](auto& b) { b.header.machine = 9999; }, "machine number 9999"},
    {"version", [](auto& b) { b.header.version = 2; }, "version 2"},
    {"object file", [](auto& b) { b.header.type = 1; }, "is an object file"},
    {"core dump", [](auto& b) { b.header.type = 4; }, "is a core dump"},
    {"type", [](auto& b) { b.header.type = 77; }, "type 77"},
    {"no headers", [](auto& b) { b.programs.clear(); }, "no program headers"},
    {"header size", [](auto& b) { b.header.phentsize = 32; }, "program headers of 32 bytes"},
    {"header count", [](auto& b) { b.header.phnum = 0xffff; }, "more than Linux accepts"},
    {"header place", [](auto& b) { b.header.phoff = ~u64{0} - 8; }, "is cut short"},
    {"no segment", [](auto& b) { for (auto& p : b.programs) p.type = 4; }, "no loadable segment"},
    {"empty segments", [](auto& b) { for (auto& p : b.programs) p.filesz = p.memsz = 0; },
     "no loadable segment"},
    {"sizes", [](auto& b) { b.programs[1].memsz = 1; },
     "0x200 bytes in the file for 0x1 in memory"},
    {"past the end", [](auto& b) { b.programs[1].offset = 0x3000; }, "is cut short"},
    {"offset overflow", [](auto& b) { b.programs[1].offset = ~u64{0xfff}; }, "is cut short"},
    {"file size overflow", [](auto& b) { b.programs[1].filesz = b.programs[1].memsz = ~u64{0}; },
     "is cut short"},
    {"memory overflow", [](auto& b) { b.programs[1].memsz = ~u64{0}; }, "up to 2 GiB"},
    {"huge memory", [](auto& b) { b.programs[1].memsz = u64{1} << 40; }, "up to 2 GiB"},
    {"kernel half", [](auto& b) { b.programs[1].vaddr = 0xffff'8000'0000'2000; },
     "outside of the 47-bit"},
    {"across the top",
     [](auto& b) { b.programs[1].vaddr = 0x7fff'ffff'e000; b.programs[1].memsz = 0x1001; },
     "outside of the 47-bit"},
    {"far apart", [](auto& b) { b.programs[1].vaddr = 0x1'0040'2000; }, "spans 0x100003000 bytes"},
    {"page zero", [](auto& b) { b.programs[0].vaddr = 0; }, "lowest 64 KiB"},
    {"misaligned", [](auto& b) { b.programs[1].vaddr += 8; }, "has a misaligned segment"},
    {"order", [](auto& b) { std::swap(b.programs[0], b.programs[1]); }, "out of order"},
    {"overlap", [](auto& b) { b.programs[0].memsz = 0x3000; }, "overlapping segments"},
    {"shared page",
     [](auto& b) { b.programs[0].memsz = 0x1800;
       b.programs[1].offset = 0x1900; b.programs[1].vaddr = 0x401900; },
     "share the page at 0x401000"},
    {"entry nowhere", [](auto& b) { b.header.entry = 0x999000; }, "none of its segments"},
    {"entry in data", [](auto& b) { b.header.entry = kData; }, "not executable"},
    {"entry in zeros",
     [](auto& b) { b.programs[0].memsz = 0x1800; b.header.entry = kText + 0x700; },
     "past the code"},
    {"shared library", [](auto& b) { b.header.type = kTypeDyn, b.header.entry = 0; },
     "is a shared library"},
    {"dynamic table",
     [](auto& b) { b.programs.push_back({kDynamic, 6, 0x9000, kData, 0, 64, 64, 8}); },
     "is cut short"},
};
// clang-format on

}  // namespace

TEST_CASE("A small program is read as it was written") {
  ElfBuilder b;
  b.sections.push_back({".noptrdata", 1, kData, {1, 2, 3}, 0});
  const auto file = b.build();
  const ElfImage image = parse_elf(file);
  CHECK_FALSE(image.position_independent);
  CHECK(image.load_bias() == 0);
  CHECK(image.entry == Addr(kText));
  CHECK(image.program_headers == Addr(kText - 0x1000 + sizeof(ElfHeader)));
  CHECK(image.program_header_count == 2);
  CHECK(image.program_header_size == 56);
  REQUIRE(image.segments.size() == 2);
  CHECK(image.segments[0].executable);
  CHECK_FALSE(image.segments[0].writable);
  CHECK(image.segments[1].writable);
  CHECK(image.segments[1].memory_size == 0x1000);
  CHECK(image.segments[1].bytes.size() == 0x200);
  REQUIRE(image.section(".noptrdata") != nullptr);
  CHECK(image.section(".noptrdata")->bytes.size() == 3);
  CHECK(image.section(".nothing") == nullptr);
  CHECK(image.relocations.empty());
}

TEST_CASE("Bytes are found by address and never past a segment's end") {
  ElfBuilder b;
  b.data[0x1ff] = 0xab;
  const auto file = b.build();
  const ElfImage image = parse_elf(file);
  CHECK(image.bytes_at(Addr(kData + 0x1ff), 1)[0] == 0xab);
  CHECK(image.bytes_at(Addr(kData + 0x1ff), 2).empty());
  CHECK(image.bytes_at(Addr(kData + 0x800), 1).empty());
  CHECK(image.bytes_at(Addr(0), 1).empty());
  CHECK(image.bytes_at(Addr(~u64{0}), ~u64{0}).empty());
  CHECK(image.bytes_from(Addr(kData + 0x1f0)).size() == 0x10);
}

TEST_CASE("A position-independent program gets ld.so's work described") {
  ElfBuilder b = pie({{kDynFlags1, kFlags1Pie}},
                     {{kData + 0x100, kRelocationRelative, kText}, {0, kRelocationNone, 0}});
  b.programs.push_back({kRelro, 4, 0x2000, kData, 0, 0x1000, 0x1000, 1});
  const auto file = b.build();
  const ElfImage image = parse_elf(file);
  CHECK(image.position_independent);
  CHECK(image.wants_interpreter);
  CHECK(image.segments.front().address + image.load_bias() == Addr(0x5555'5555'4000));
  REQUIRE(image.relocations.size() == 1);
  CHECK(image.relocations[0].where == Addr(kData + 0x100));
  CHECK(image.relocations[0].addend == kText);
  REQUIRE(image.relro);
  CHECK(image.relro->begin == Addr(kData));
  CHECK(image.relro->end == Addr(kData + 0x1000));
}

TEST_CASE("A static PIE without an interpreter relocates itself") {
  ElfBuilder b = pie({{kDynFlags1, kFlags1Pie}}, {{kData + 0x100, kRelocationRelative, kText}});
  b.programs.pop_back();
  const auto file = b.build();
  const ElfImage image = parse_elf(file);
  CHECK(image.position_independent);
  CHECK_FALSE(image.wants_interpreter);
  CHECK(image.relocations.empty());
  CHECK_FALSE(image.relro);
}

TEST_CASE("A dynamically linked program is refused by the name of what it needs") {
  ElfBuilder b = pie({{kDynNeeded, 4}, {kDynStrings, kData + 0x180}, {kDynStringSize, 0x80}});
  std::memcpy(b.data.data() + 0x184, "libc.so.6", 10);
  CHECK(refusal(b.build()).find("dynamically linked, it needs \"libc.so.6\"") != std::string::npos);
  std::memcpy(b.data.data() + 0x184, "\x1b[31m", 6);
  CHECK(refusal(b.build()).find("it needs \"?[31m\"") != std::string::npos);
  CHECK(refusal(pie({{kDynNeeded, ~u64{0}}}).build()).find("it needs a shared library") !=
        std::string::npos);
}

TEST_CASE("What only a dynamic linker could do is refused") {
  CHECK(refusal(pie({}, {{kData, 37, 0}}).build()).find("relocation of type 37") !=
        std::string::npos);
  CHECK(refusal(pie({}, {{kData + 0xfff, kRelocationRelative, 0}}).build())
            .find("outside of its segments") != std::string::npos);
  CHECK(refusal(pie({{kDynRelr, kData}}).build()).find("REL or RELR") != std::string::npos);
  CHECK(refusal(pie({{kDynPlt, kData}, {kDynPltSize, ~u64{0}}}).build())
            .find("relocations at 0x402000 are not in the file") != std::string::npos);
  ElfBuilder b = pie({});
  b.programs.push_back({kRelro, 4, 0, 0x9999'0000, 0, 0x1000, 0x1000, 1});
  CHECK(refusal(b.build()).find("RELRO") != std::string::npos);
}

TEST_CASE("Each kind of bad file gets a sentence of its own") {
  REQUIRE(refusal(ElfBuilder().build()).empty());
  for (const BadFile& bad : kBadFiles) {
    ElfBuilder b;
    bad.damage(b);
    INFO(bad.what);
    const std::string said = refusal(b.build());
    CAPTURE(said);
    CHECK(said.find(bad.sentence) != std::string::npos);
    CHECK(said.find('\n') == std::string::npos);
  }
  CHECK(refusal({}) == "is empty, not an ELF program");
  CHECK(refusal({'M', 'Z'}).find("is not an ELF file") == 0);
}

TEST_CASE("Damaged section headers are as good as none") {
  ElfBuilder b;
  b.sections.push_back({".text", 1, kText, {1}, 0});
  for (const auto& damage : std::vector<std::function<void(ElfHeader&)>>{
           [](ElfHeader& h) { h.shoff = ~u64{0}; }, [](ElfHeader& h) { h.shnum = 0xffff; },
           [](ElfHeader& h) { h.shentsize = 1; }, [](ElfHeader& h) { h.shstrndx = 0xfff0; }}) {
    auto file = b.build();
    ElfHeader header;
    std::memcpy(&header, file.data(), sizeof(header));
    damage(header);
    std::memcpy(file.data(), &header, sizeof(header));
    CHECK(parse_elf(file).sections.empty());
  }
}

TEST_CASE("A file cut short anywhere is refused or read, never overrun") {
  const auto whole = pie({{kDynFlags1, kFlags1Pie}}, {{kData, kRelocationRelative, 0}}).build();
  for (std::size_t length = 0; length < std::min<std::size_t>(whole.size(), 4096); ++length) {
    const std::vector<u8> file(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
    INFO(length);
    REQUIRE_FALSE(refusal(file).empty());
  }
}

TEST_CASE("Flipped bits are refused or read, never overrun") {
  ElfBuilder b = pie({{kDynFlags1, kFlags1Pie}}, {{kData, kRelocationRelative, 0}});
  b.sections.push_back({".text", 1, kText, {1, 2, 3}, 0});
  const auto whole = b.build();
  const auto survives = [](const std::vector<u8>& file) {
    try {
      const ElfImage image = parse_elf(file);
      u64 sum = image.load_bias();
      for (const auto& s : image.segments)
        for (const u8 byte : s.bytes) sum += byte;
      return image.segments.empty() ? false : sum + 1 != 0;
    } catch (const base::UserError&) {
      return true;
    }
  };
  for (std::size_t bit = 0; bit < 320 * 8; ++bit) {
    auto file = whole;
    file[bit / 8] ^= static_cast<u8>(1u << (bit % 8));
    INFO(bit);
    REQUIRE(survives(file));
  }
  tests::Lcg random{2024};
  for (int round = 0; round < 5000; ++round) {
    auto file = whole;
    for (u64 flips = 1 + random.next() % 8; flips > 0; --flips) {
      const u64 at =
          random.next() % 3 ? random.next() % 320 : 0x2000 + random.next() % (file.size() - 0x2000);
      file[at] = static_cast<u8>(random.next());
    }
    INFO(round);
    REQUIRE(survives(file));
  }
}
