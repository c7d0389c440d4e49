/// The records of an ELF64 file and the numbers in them that rt0 looks at (elf(5); <elf.h> is not
/// on every host).
#pragma once

#include "emulator/base/types.hpp"

namespace emulator::kernel {

inline constexpr u64 kClassAt = 4, kDataAt = 5, kVersionAt = 6,
                     kSystemAt = 7;  // in ElfHeader::ident

struct ElfHeader {
  u8 ident[16];
  u16 type, machine;
  u32 version;
  u64 entry, phoff, shoff;
  u32 flags;
  u16 ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};
static_assert(sizeof(ElfHeader) == 64);

inline constexpr u16 kTypeObject = 1, kTypeExec = 2, kTypeDyn = 3, kTypeCore = 4;
inline constexpr u16 kMachineX86_64 = 62;

struct ProgramHeader {
  u32 type, flags;
  u64 offset, vaddr, paddr, filesz, memsz, align;
};
static_assert(sizeof(ProgramHeader) == 56);

inline constexpr u32 kLoad = 1, kDynamic = 2, kInterp = 3, kRelro = 0x6474e552;
inline constexpr u32 kFlagExecute = 1, kFlagWrite = 2, kFlagRead = 4;

struct SectionHeader {
  u32 name, type;
  u64 flags, addr, offset, size;
  u32 link, info;
  u64 addralign, entsize;
};
static_assert(sizeof(SectionHeader) == 64);

inline constexpr u32 kSymbolTable = 2, kNoBits = 8;

struct DynamicEntry {
  u64 tag, value;
};

inline constexpr u64 kDynNull = 0, kDynNeeded = 1, kDynPltSize = 2, kDynStrings = 5, kDynRela = 7,
                     kDynRelaSize = 8, kDynStringSize = 10, kDynSoname = 14, kDynRel = 17,
                     kDynPlt = 23, kDynRelr = 36, kDynFlags1 = 0x6ffffffb;
inline constexpr u64 kFlags1Pie = 0x08000000;

struct Rela {
  u64 offset, info, addend;
};

inline constexpr u32 kRelocationNone = 0, kRelocationRelative = 8;

struct ElfSymbol {
  u32 name;
  u8 info, other;
  u16 section;
  u64 value, size;

  u8 type() const { return info & 15; }
};
static_assert(sizeof(ElfSymbol) == 24);

inline constexpr u8 kSymbolObject = 1, kSymbolFunction = 2;

}  // namespace emulator::kernel
