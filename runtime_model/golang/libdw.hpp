/// libdw, loaded when it is first needed: most runs read no debug information, and the library with
/// all that it stands on would be a twentieth of the time that a small program takes.
#pragma once

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <gelf.h>

namespace runtime_model::golang {

/// The functions of libdw and libelf that are used here, under their own names. Where there is no
/// libdw they are null.
class LibDw {
 public:
  LibDw();
  ~LibDw();
  LibDw(const LibDw&) = delete;
  LibDw& operator=(const LibDw&) = delete;
  explicit operator bool() const { return library_ != nullptr; }

  decltype(&::elf_version) elf_version = nullptr;
  decltype(&::elf_memory) elf_memory = nullptr;
  decltype(&::elf_nextscn) elf_nextscn = nullptr;
  decltype(&::elf_end) elf_end = nullptr;
  decltype(&::gelf_getshdr) gelf_getshdr = nullptr;
  decltype(&::gelf_getchdr) gelf_getchdr = nullptr;
  decltype(&::dwarf_begin_elf) dwarf_begin_elf = nullptr;
  decltype(&::dwarf_end) dwarf_end = nullptr;
  decltype(&::dwarf_nextcu) dwarf_nextcu = nullptr;
  decltype(&::dwarf_offdie) dwarf_offdie = nullptr;
  decltype(&::dwarf_child) dwarf_child = nullptr;
  decltype(&::dwarf_siblingof) dwarf_siblingof = nullptr;
  decltype(&::dwarf_tag) dwarf_tag = nullptr;
  decltype(&::dwarf_attr) dwarf_attr = nullptr;
  decltype(&::dwarf_diename) dwarf_diename = nullptr;
  decltype(&::dwarf_formblock) dwarf_formblock = nullptr;
  decltype(&::dwarf_formflag) dwarf_formflag = nullptr;
  decltype(&::dwarf_formudata) dwarf_formudata = nullptr;
  decltype(&::dwarf_formref_die) dwarf_formref_die = nullptr;
  decltype(&::dwarf_formaddr) dwarf_formaddr = nullptr;
  decltype(&::dwarf_dieoffset) dwarf_dieoffset = nullptr;
  decltype(&::dwarf_ranges) dwarf_ranges = nullptr;
  decltype(&::dwarf_getlocation_addr) dwarf_getlocation_addr = nullptr;
  decltype(&::dwarf_getlocation_attr) dwarf_getlocation_attr = nullptr;

 private:
  void close();

  void* library_;
};

}  // namespace runtime_model::golang
