/// The smallest program there is: one page at HostProcess::kOwnPage that begins with SYSCALL.
#pragma once

#include <elf.h>

#include <array>
#include <cstring>

#include "emulator/base/types.hpp"

namespace rt0::verify {

constexpr std::size_t kOwnHeaders = sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr);

/// An ELF file whose only segment holds itself; its entry is a SYSCALL instruction behind the
/// headers.
inline std::array<emulator::u8, kOwnHeaders + 8> own_program(emulator::u64 page) {
  std::array<emulator::u8, kOwnHeaders + 8> file{};
  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64, header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_type = ET_EXEC, header.e_machine = EM_X86_64, header.e_version = EV_CURRENT;
  header.e_entry = page + kOwnHeaders, header.e_phoff = sizeof header;
  header.e_ehsize = sizeof header, header.e_phentsize = sizeof(Elf64_Phdr), header.e_phnum = 1;
  Elf64_Phdr segment{};
  segment.p_type = PT_LOAD, segment.p_flags = PF_R | PF_X, segment.p_vaddr = page;
  segment.p_filesz = segment.p_memsz = file.size(), segment.p_align = emulator::base::kPageSize;
  constexpr emulator::u8 kCode[8] = {0x0f, 0x05, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc};
  std::memcpy(file.data(), &header, sizeof header);
  std::memcpy(file.data() + sizeof header, &segment, sizeof segment);
  std::memcpy(file.data() + kOwnHeaders, kCode, sizeof kCode);
  return file;
}

}  // namespace rt0::verify
