#include "runtime_model/golang/libdw.hpp"

#include <dlfcn.h>

#include <type_traits>

namespace runtime_model::golang {

/// The name carries the version of its binary interface, which has not changed since 2005.
LibDw::LibDw() : library_(dlopen("libdw.so.1", RTLD_NOW | RTLD_LOCAL)) {
  if (library_ == nullptr) return;
  // dlsym(3) searches what the library depends on too: libelf.
  const auto load = [this](auto*& function, const char* name) {
    function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(dlsym(library_, name));
    return function != nullptr;
  };
  const bool all =
      load(elf_version, "elf_version") && load(elf_memory, "elf_memory") &&
      load(elf_nextscn, "elf_nextscn") && load(elf_end, "elf_end") &&
      load(gelf_getshdr, "gelf_getshdr") && load(gelf_getchdr, "gelf_getchdr") &&
      load(dwarf_begin_elf, "dwarf_begin_elf") && load(dwarf_end, "dwarf_end") &&
      load(dwarf_nextcu, "dwarf_nextcu") && load(dwarf_offdie, "dwarf_offdie") &&
      load(dwarf_child, "dwarf_child") && load(dwarf_siblingof, "dwarf_siblingof") &&
      load(dwarf_tag, "dwarf_tag") && load(dwarf_attr, "dwarf_attr") &&
      load(dwarf_diename, "dwarf_diename") && load(dwarf_formblock, "dwarf_formblock") &&
      load(dwarf_formflag, "dwarf_formflag") && load(dwarf_formudata, "dwarf_formudata") &&
      load(dwarf_formref_die, "dwarf_formref_die") && load(dwarf_formaddr, "dwarf_formaddr") &&
      load(dwarf_dieoffset, "dwarf_dieoffset") && load(dwarf_ranges, "dwarf_ranges") &&
      load(dwarf_getlocation_addr, "dwarf_getlocation_addr") &&
      load(dwarf_getlocation_attr, "dwarf_getlocation_attr");
  if (!all) close();
}

LibDw::~LibDw() { close(); }

void LibDw::close() {
  if (library_ != nullptr) dlclose(library_);
  library_ = nullptr;
}

}  // namespace runtime_model::golang
