#include "emulator/kernel/elf.hpp"

#include <algorithm>
#include <string>

#include "emulator/base/error.hpp"
#include "emulator/base/hex.hpp"
#include "emulator/kernel/bytes.hpp"
#include "emulator/kernel/elf_records.hpp"

namespace emulator::kernel {
namespace {

using base::hex;
using base::user_error;

constexpr u64 kUserEnd = 0x7fff'ffff'f000;  // Linux TASK_SIZE_MAX with four-level paging
constexpr u64 kLowestAddress = 0x1'0000;    // vm.mmap_min_addr
constexpr u64 kLargestSpan = u64{2}
                             << 30;  // the small code model of the AMD64 ABI reaches no further
constexpr u64 kLargestHeaderTable = 0x10000;  // binfmt_elf.c, load_elf_phdrs
constexpr u64 kLongestSectionName = 128;
constexpr u64 kDynamicBase = 0x5555'5555'4aaa;  // ELF_ET_DYN_BASE: two thirds of the address space

/// Text from the file in a message: printable ASCII only, and not much of it.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text.substr(0, 64)) out += c >= ' ' && c <= '~' ? c : '?';
  return out + (text.size() > 64 ? "…\"" : "\"");
}

std::string_view machine_name(u16 machine) {
  switch (machine) {
    case 3:
      return "32-bit x86";
    case 8:
      return "MIPS";
    case 21:
      return "64-bit PowerPC";
    case 22:
      return "S/390";
    case 40:
      return "32-bit Arm";
    case 183:
      return "64-bit Arm";
    case 243:
      return "RISC-V";
    case 258:
      return "LoongArch";
    default:
      return {};
  }
}

std::string_view system_name(u8 abi) {
  switch (abi) {
    case 2:
      return "NetBSD";
    case 6:
      return "Solaris";
    case 9:
      return "FreeBSD";
    case 12:
      return "OpenBSD";
    default:
      return "an operating system other than Linux";
  }
}

void check_identity(Bytes file) {
  constexpr u8 kMagic[] = {0x7f, 'E', 'L', 'F'};
  if (file.empty()) user_error("is empty, not an ELF program");
  if (file.size() < 4 || !std::equal(std::begin(kMagic), std::end(kMagic), file.begin()))
    user_error("is not an ELF file: it does not start with 7f 45 4c 46");
  if (file.size() < sizeof(ElfHeader))
    user_error("is cut short: it has {} bytes and an ELF header has {}", file.size(),
               sizeof(ElfHeader));
  if (file[kClassAt] == 1) user_error("is a 32-bit program: rt0 runs 64-bit ones for x86-64 Linux");
  if (file[kClassAt] != 2) user_error("has a damaged ELF header: class {}", file[kClassAt]);
  if (file[kDataAt] == 2) user_error("is big-endian: rt0 runs programs for x86-64 Linux");
  if (file[kDataAt] != 1) user_error("has a damaged ELF header: data encoding {}", file[kDataAt]);
  if (file[kSystemAt] != 0 && file[kSystemAt] != 3)
    user_error("is for {}: rt0 runs programs for x86-64 Linux", system_name(file[kSystemAt]));
}

ElfHeader read_header(Bytes file) {
  check_identity(file);
  const ElfHeader header = *load<ElfHeader>(file, 0);
  if (header.machine != kMachineX86_64) {
    const std::string_view name = machine_name(header.machine);
    user_error("is for {}: rt0 runs programs for x86-64 Linux",
               name.empty() ? fmt::format("machine number {}", header.machine) : std::string(name));
  }
  if (file[kVersionAt] != 1 || header.version != 1)
    user_error("has a damaged ELF header: version {}", header.version);
  if (header.type == kTypeObject) user_error("is an object file, not a linked program");
  if (header.type == kTypeCore) user_error("is a core dump, not a program");
  if (header.type != kTypeExec && header.type != kTypeDyn)
    user_error("has a damaged ELF header: type {}", header.type);
  return header;
}

std::vector<ProgramHeader> read_program_headers(Bytes file, const ElfHeader& header) {
  const u64 count = header.phnum;
  if (count == 0) user_error("has no program headers, so nothing in it can be loaded");
  if (header.phentsize != sizeof(ProgramHeader))
    user_error("has a damaged ELF header: program headers of {} bytes instead of {}",
               header.phentsize, sizeof(ProgramHeader));
  if (count * sizeof(ProgramHeader) > kLargestHeaderTable)
    user_error("has a damaged ELF header: {} program headers are more than Linux accepts", count);
  const auto table = slice(file, header.phoff, count * sizeof(ProgramHeader));
  if (!table)
    user_error("is cut short: its {} program headers at offset {} lie past its {} bytes", count,
               hex(header.phoff), file.size());
  std::vector<ProgramHeader> out(count);
  std::memcpy(out.data(), table->data(), table->size());
  return out;
}

/// What the kernel's and our loader rely on, for one PT_LOAD.
ElfSegment read_segment(Bytes file, const ProgramHeader& ph, bool fixed) {
  const std::string at = hex(ph.vaddr);
  if (ph.filesz > ph.memsz)
    user_error("has a damaged segment at {}: {} bytes in the file for {} in memory", at,
               hex(ph.filesz), hex(ph.memsz));
  const auto bytes = slice(file, ph.offset, ph.filesz);
  if (!bytes)
    user_error("is cut short: the segment at {} needs {} bytes from offset {}, the file has {}", at,
               hex(ph.filesz), hex(ph.offset), hex(file.size()));
  if (ph.memsz > kLargestSpan)
    user_error("has a segment at {} of {} bytes: rt0 loads programs of up to 2 GiB", at,
               hex(ph.memsz));
  if (ph.vaddr >= kUserEnd || base::page_ceil(ph.vaddr + ph.memsz) > kUserEnd)
    user_error("has a segment at {} outside of the 47-bit user address space", at);
  if (fixed && ph.vaddr < kLowestAddress)
    user_error("has a segment at {}, in the lowest 64 KiB that Linux keeps unmapped", at);
  if ((ph.vaddr ^ ph.offset) & base::kPageMask)
    user_error("has a misaligned segment: address {} and file offset {} differ within a page", at,
               hex(ph.offset));
  return {.address = Addr(ph.vaddr),
          .file_offset = ph.offset,
          .memory_size = ph.memsz,
          .bytes = *bytes,
          .readable = (ph.flags & kFlagRead) != 0,
          .writable = (ph.flags & kFlagWrite) != 0,
          .executable = (ph.flags & kFlagExecute) != 0};
}

void read_segments(ElfImage& image, std::span<const ProgramHeader> headers) {
  for (const ProgramHeader& ph : headers) {
    if (ph.type != kLoad || ph.memsz == 0) continue;
    const ElfSegment next = read_segment(image.file, ph, !image.position_independent);
    if (!image.segments.empty()) {
      const ElfSegment& last = image.segments.back();
      if (next.address < last.address)
        user_error("has segments out of order: {} follows {}", hex(next.address),
                   hex(last.address));
      if (next.address < last.end())
        user_error("has overlapping segments: {} starts before {} ends at {}", hex(next.address),
                   hex(last.address), hex(last.end()));
      if (base::page_floor(next.address.value) < base::page_ceil(last.end().value))
        user_error("has two segments that share the page at {}",
                   hex(base::page_floor(next.address.value)));
    }
    image.segments.push_back(next);
  }
  if (image.segments.empty()) user_error("has no loadable segment, so nothing of it can run");
  const u64 span = image.segments.back().end() - image.segments.front().address;
  if (span > kLargestSpan)
    user_error("spans {} bytes of memory: rt0 loads programs of up to 2 GiB", hex(span));
}

const ElfSegment* segment_at(const ElfImage& image, Addr address, u64 size) {
  for (const ElfSegment& s : image.segments)
    if (address >= s.address && address < s.end() && size <= s.end() - address) return &s;
  return nullptr;
}

void check_entry(const ElfImage& image) {
  const ElfSegment* s = segment_at(image, image.entry, 1);
  if (s == nullptr) user_error("starts at {}, which is in none of its segments", hex(image.entry));
  if (!s->executable)
    user_error("starts at {}, in a segment that is not executable", hex(image.entry));
  if (image.entry - s->address >= s->bytes.size())
    user_error("starts at {}, past the code that the file holds", hex(image.entry));
}

/// AT_PHDR as the kernel finds it: the address at which some segment holds the table.
Addr table_address(const ElfImage& image, const ElfHeader& header) {
  for (const ElfSegment& s : image.segments)
    if (header.phoff >= s.file_offset && header.phoff - s.file_offset < s.bytes.size())
      return s.address + (header.phoff - s.file_offset);
  return Addr();
}

/// Section headers are for tools, the kernel never reads them: whatever is wrong with them only
/// makes them absent.
std::vector<ElfSection> read_sections(Bytes file, const ElfHeader& header) {
  const u64 count = header.shnum;
  if (header.shentsize != sizeof(SectionHeader) || header.shstrndx >= count) return {};
  const auto table = slice(file, header.shoff, count * sizeof(SectionHeader));
  if (header.shoff == 0 || !table) return {};
  const auto at = [&](u64 i) { return *load<SectionHeader>(*table, i * sizeof(SectionHeader)); };
  const SectionHeader names_header = at(header.shstrndx);
  const Bytes names = slice(file, names_header.offset, names_header.size).value_or(Bytes{});
  std::vector<ElfSection> out(count);
  for (u64 i = 0; i < count; ++i) {
    const SectionHeader sh = at(i);
    out[i] = {.name = c_string(names, sh.name, kLongestSectionName).value_or(std::string_view{}),
              .type = sh.type,
              .link = sh.link,
              .flags = sh.flags,
              .address = Addr(sh.addr),
              .size = sh.size,
              .entry_size = sh.entsize,
              .bytes = {}};
    if (sh.type != kNoBits) out[i].bytes = slice(file, sh.offset, sh.size).value_or(Bytes{});
  }
  return out;
}

/// The entries of PT_DYNAMIC that matter here.
struct Dynamic {
  u64 rela = 0, rela_size = 0, plt = 0, plt_size = 0, strings = 0, string_size = 0;
  std::optional<u64> needed;
  bool packed = false;   // DT_REL or DT_RELR, which x86-64 static programs do not use
  bool program = false;  // DF_1_PIE, which not every linker writes
  bool library = false;  // DT_SONAME
};

Dynamic read_dynamic(Bytes file, const ProgramHeader& ph) {
  const auto table = slice(file, ph.offset, ph.filesz);
  if (!table) user_error("is cut short: its dynamic table lies past the end of the file");
  Dynamic d;
  for (u64 at = 0; at + sizeof(DynamicEntry) <= table->size(); at += sizeof(DynamicEntry)) {
    const DynamicEntry entry = *load<DynamicEntry>(*table, at);
    switch (entry.tag) {
      case kDynNull:
        return d;
      case kDynNeeded:
        d.needed = d.needed.value_or(entry.value);
        break;
      case kDynPltSize:
        d.plt_size = entry.value;
        break;
      case kDynStrings:
        d.strings = entry.value;
        break;
      case kDynStringSize:
        d.string_size = entry.value;
        break;
      case kDynRela:
        d.rela = entry.value;
        break;
      case kDynRelaSize:
        d.rela_size = entry.value;
        break;
      case kDynPlt:
        d.plt = entry.value;
        break;
      case kDynRel:
      case kDynRelr:
        d.packed = true;
        break;
      case kDynSoname:
        d.library = true;
        break;
      case kDynFlags1:
        d.program = (entry.value & kFlags1Pie) != 0;
        break;
      default:
        break;
    }
  }
  return d;
}

void refuse_libraries(const ElfImage& image, const Dynamic& d) {
  if (!d.needed) return;
  const Bytes strings = image.bytes_at(Addr(d.strings), d.string_size);
  const auto name = c_string(strings, *d.needed);
  user_error(
      "is dynamically linked, it needs {}: rt0 runs static programs (build with CGO_ENABLED=0)",
      name ? quoted(*name) : "a shared library");
}

void read_relocations(ElfImage& image, u64 table, u64 size) {
  if (size == 0) return;
  const Bytes bytes = image.bytes_at(Addr(table), size);
  if (bytes.empty())
    user_error("has a damaged dynamic table: {} bytes of relocations at {} are not in the file",
               hex(size), hex(table));
  for (u64 at = 0; at + sizeof(Rela) <= bytes.size(); at += sizeof(Rela)) {
    const Rela rela = *load<Rela>(bytes, at);
    const u32 type = static_cast<u32>(rela.info);
    if (type == kRelocationNone) continue;
    if (type != kRelocationRelative)
      user_error("needs a dynamic linker: relocation of type {} at {}", type, hex(rela.offset));
    if (segment_at(image, Addr(rela.offset), sizeof(u64)) == nullptr)
      user_error("has a relocation at {}, outside of its segments", hex(rela.offset));
    image.relocations.push_back({Addr(rela.offset), rela.addend});
  }
}

void read_relro(ElfImage& image, const ProgramHeader& ph) {
  const ElfSegment* s = segment_at(image, Addr(ph.vaddr), ph.memsz);
  if (s == nullptr) user_error("has a damaged RELRO header: {} is in no segment", hex(ph.vaddr));
  const Addr begin(base::page_floor(ph.vaddr)), end(base::page_floor(ph.vaddr + ph.memsz));
  if (begin < end) image.relro = ElfRange{begin, end};
}

const ProgramHeader* first_of(std::span<const ProgramHeader> headers, u32 type) {
  const auto it = std::ranges::find(headers, type, &ProgramHeader::type);
  return it == headers.end() ? nullptr : &*it;
}

/// What a program interpreter would do for a program that names no library. A static PIE without
/// PT_INTERP relocates itself, so that nothing is left to do for it.
void read_linkage(ElfImage& image, std::span<const ProgramHeader> headers) {
  const ProgramHeader* dynamic = first_of(headers, kDynamic);
  image.wants_interpreter = first_of(headers, kInterp) != nullptr;
  const Dynamic d = dynamic ? read_dynamic(image.file, *dynamic) : Dynamic{};
  refuse_libraries(image, d);
  const bool library = d.library || image.entry == Addr();  // a static PIE is the same otherwise
  if (image.position_independent && !image.wants_interpreter && !d.program && library)
    user_error("is a shared library, not a program");
  if (!image.wants_interpreter) return;
  if (d.packed) user_error("needs a dynamic linker: its relocations are in REL or RELR form");
  read_relocations(image, d.rela, d.rela_size);
  read_relocations(image, d.plt, d.plt_size);
  if (const ProgramHeader* relro = first_of(headers, kRelro)) read_relro(image, *relro);
}

}  // namespace

u64 ElfImage::load_bias() const {
  return position_independent ? base::page_floor(kDynamicBase - segments.front().address.value) : 0;
}

const ElfSection* ElfImage::section(std::string_view name) const {
  const auto it = std::ranges::find(sections, name, &ElfSection::name);
  return it == sections.end() ? nullptr : &*it;
}

std::span<const u8> ElfImage::bytes_at(Addr address, u64 size) const {
  return slice(bytes_from(address), 0, size).value_or(Bytes{});
}

std::span<const u8> ElfImage::bytes_from(Addr address) const {
  const ElfSegment* s = segment_at(*this, address, 0);
  return s == nullptr ? Bytes{} : tail(s->bytes, address - s->address);
}

ElfImage parse_elf(std::span<const u8> file) {
  const ElfHeader header = read_header(file);
  const std::vector<ProgramHeader> headers = read_program_headers(file, header);
  ElfImage image;
  image.file = file;
  image.position_independent = header.type == kTypeDyn;
  image.entry = Addr(header.entry);
  image.program_header_count = header.phnum;
  image.program_header_size = header.phentsize;
  read_segments(image, headers);
  read_linkage(image, headers);
  check_entry(image);
  image.program_headers = table_address(image, header);
  image.sections = read_sections(file, header);
  return image;
}

}  // namespace emulator::kernel
