/// The debug information of one file, opened: what is common to those who read it.
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "emulator/base/types.hpp"
#include "emulator/kernel/elf.hpp"
#include "runtime_model/golang/libdw.hpp"

namespace runtime_model::golang {

/// What is asked of an entry (DIE) of the debug information.
class DwarfAsker {
 public:
  static constexpr std::size_t kMaxName = 1000;

  explicit DwarfAsker(const LibDw& library) : dw(library) {}

  std::string_view name_of(Dwarf_Die* die) const {
    const char* name = dw.dwarf_diename(die);
    return name == nullptr ? std::string_view{} : std::string_view(name).substr(0, kMaxName);
  }
  std::optional<emulator::u64> number_of(Dwarf_Die* die, unsigned attribute) const {
    Dwarf_Attribute found;
    Dwarf_Word value = 0;
    if (dw.dwarf_attr(die, attribute, &found) == nullptr || dw.dwarf_formudata(&found, &value) != 0)
      return std::nullopt;
    return value;
  }
  bool flag_of(Dwarf_Die* die, unsigned attribute) const {
    Dwarf_Attribute found;
    bool value = false;
    return dw.dwarf_attr(die, attribute, &found) != nullptr &&
           dw.dwarf_formflag(&found, &value) == 0 && value;
  }
  bool type_of(Dwarf_Die* die, Dwarf_Die& out) const {
    Dwarf_Attribute found;
    return dw.dwarf_attr(die, DW_AT_type, &found) != nullptr &&
           dw.dwarf_formref_die(&found, &out) != nullptr;
  }

 protected:
  const LibDw& dw;
};

/// Open, or why not.
class DwarfFile {
 public:
  enum class State : emulator::u8 {
    open,
    absent,      ///< the program was linked with -w or -s, or stripped
    no_library,  ///< there is no libdw on this machine
    damaged
  };

  static std::unique_ptr<DwarfFile> open(const emulator::kernel::ElfImage& image);
  ~DwarfFile();
  DwarfFile(const DwarfFile&) = delete;
  DwarfFile& operator=(const DwarfFile&) = delete;

  State state() const { return state_; }
  explicit operator bool() const { return state_ == State::open; }
  Dwarf* dwarf() const { return dwarf_; }
  /// More entries than a file of its size can have: what is read on behind them goes in a circle.
  emulator::u64 most_entries() const;

  const LibDw library;

 private:
  explicit DwarfFile(const emulator::kernel::ElfImage& image);
  bool sizes_are_possible() const;

  State state_ = State::damaged;
  std::vector<char> bytes_;
  Elf* elf_ = nullptr;
  Dwarf* dwarf_ = nullptr;
};

}  // namespace runtime_model::golang
