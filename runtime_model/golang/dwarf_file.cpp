#include "runtime_model/golang/dwarf_file.hpp"

namespace runtime_model::golang {

using emulator::u64;
using emulator::kernel::ElfImage;

namespace {

// zlib expands by 1032 at most (zlib's documentation, "Maximum Compression Factor"); a file that
// says otherwise lies. And more debug information than this no Go program has.
constexpr u64 kMaxExpansion = 1032, kMaxDebugInfo = u64{4} << 30;

}  // namespace

/// Whether the sections' claims about their uncompressed size can be true.
bool DwarfFile::sizes_are_possible() const {
  const LibDw& dw = library;
  u64 all = 0;
  for (Elf_Scn* section = dw.elf_nextscn(elf_, nullptr); section != nullptr;
       section = dw.elf_nextscn(elf_, section)) {
    GElf_Shdr header;
    GElf_Chdr compressed;
    if (dw.gelf_getshdr(section, &header) == nullptr) return false;
    if ((header.sh_flags & SHF_COMPRESSED) == 0) continue;
    if (dw.gelf_getchdr(section, &compressed) == nullptr) return false;
    if (compressed.ch_size / kMaxExpansion > header.sh_size) return false;
    all += compressed.ch_size;
    if (all > kMaxDebugInfo) return false;
  }
  return true;
}

std::unique_ptr<DwarfFile> DwarfFile::open(const ElfImage& image) {
  return std::unique_ptr<DwarfFile>(new DwarfFile(image));
}

DwarfFile::DwarfFile(const ElfImage& image) {
  if (image.section(".debug_info") == nullptr && image.section(".zdebug_info") == nullptr) {
    state_ = State::absent;
    return;
  }
  if (!library) {
    state_ = State::no_library;
    return;
  }
  library.elf_version(EV_CURRENT);
  // A copy, since libdw marks sections as uncompressed in the file's own headers when it has
  // uncompressed them (dwarf_begin_elf calls elf_compress).
  bytes_.assign(image.file.begin(), image.file.end());
  elf_ = library.elf_memory(bytes_.data(), bytes_.size());
  if (elf_ == nullptr || !sizes_are_possible()) return;
  dwarf_ = library.dwarf_begin_elf(elf_, DWARF_C_READ, nullptr);
  if (dwarf_ != nullptr) state_ = State::open;
}

DwarfFile::~DwarfFile() {
  if (dwarf_ != nullptr) library.dwarf_end(dwarf_);
  if (elf_ != nullptr) library.elf_end(elf_);
}

u64 DwarfFile::most_entries() const { return u64{bytes_.size()} * kMaxExpansion; }

}  // namespace runtime_model::golang
