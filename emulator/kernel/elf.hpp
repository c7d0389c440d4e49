/// An ELF64 executable for x86-64 Linux, read from bytes that nobody vouches for. Sources: elf(5);
/// System V ABI, "Object Files" and the AMD64 supplement; Linux fs/binfmt_elf.c for what the kernel
/// makes of them.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "emulator/base/types.hpp"

namespace emulator::kernel {

/// One PT_LOAD that occupies memory. Addresses are link-time: a position-independent image runs at
/// + load_bias().
struct ElfSegment {
  Addr address;  ///< congruent to file_offset modulo the page size
  u64 file_offset = 0;
  u64 memory_size = 0;        ///< at least bytes.size(); the rest is zero
  std::span<const u8> bytes;  ///< what the file holds of it
  bool readable = false;
  bool writable = false;
  bool executable = false;

  Addr end() const { return address + memory_size; }
};

/// A section, when the file still has its section header table. `bytes` is empty for SHT_NOBITS.
struct ElfSection {
  std::string_view name;
  u32 type = 0;
  u32 link = 0;  ///< index of the section it refers to (a symbol table's strings)
  u64 flags = 0;
  Addr address;
  u64 size = 0;
  u64 entry_size = 0;
  std::span<const u8> bytes;
};

/// R_X86_64_RELATIVE: the word at `where` becomes load bias + addend.
struct ElfRelocation {
  Addr where;
  u64 addend = 0;
};

struct ElfRange {
  Addr begin;
  Addr end;
};

/// Borrows the file's bytes: they must outlive it. Guaranteed by parse_elf: segments are in address
/// order, no two share a page, each lies in the 47-bit user space (with the bias too), `bytes` are
/// inside the file, and the entry is in an executable segment's bytes.
struct ElfImage {
  std::span<const u8> file;
  bool position_independent = false;  ///< ET_DYN; otherwise ET_EXEC
  /// Has PT_INTERP: rt0 does what ld.so would have done, by `relocations` and `relro`.
  bool wants_interpreter = false;
  Addr entry;
  Addr program_headers;          ///< AT_PHDR before the bias; zero when no segment holds the table
  u16 program_header_count = 0;  ///< AT_PHNUM
  u16 program_header_size = 0;   ///< AT_PHENT
  std::vector<ElfSegment> segments;  ///< never empty
  /// By index; empty when the table is absent or unusable, since the kernel never looks at it.
  std::vector<ElfSection> sections;
  /// For the loader to apply; empty unless wants_interpreter.
  std::vector<ElfRelocation> relocations;
  /// Whole pages that become read-only after relocation; only when wants_interpreter.
  std::optional<ElfRange> relro;

  /// What to add to every address above: 0 for ET_EXEC, else what Linux without ASLR picks, so that
  /// the first segment lands at 0x555555554000 (binfmt_elf.c, ELF_ET_DYN_BASE).
  u64 load_bias() const;

  /// The first section of that name, or null.
  const ElfSection* section(std::string_view name) const;

  /// `size` bytes of the file at a link-time address; empty when they are not wholly in one
  /// segment's file bytes. In a position-independent Go program the words that relocation will
  /// change already hold their link-time value.
  std::span<const u8> bytes_at(Addr address, u64 size) const;

  /// From `address` to the end of the file bytes of its segment; empty when there are none.
  std::span<const u8> bytes_from(Addr address) const;
};

/// Reads and checks the whole of it. Throws base::UserError with one sentence that says what is
/// wrong with the file, to follow its name: "is not an ELF file: …". Never reads outside `file`,
/// allocates in proportion to it at most.
ElfImage parse_elf(std::span<const u8> file);

}  // namespace emulator::kernel
