/// What models need to know of the program besides its memory.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime_model/golang/globals.hpp"
#include "runtime_model/golang/symbols.hpp"
#include "runtime_model/golang/version.hpp"
#include "runtime_model/golang/views.hpp"

namespace runtime_model::model {

using emulator::Addr;

/// Go's two calling conventions on amd64 (cmd/compile/abi-internal.md).
enum class Abi : emulator::u8 {
  internal,  ///< integer arguments and results in RAX, RBX, RCX, RDI, RSI, R8 … R11
  zero,      ///< ABI0: on the stack, above the return address
};

struct Entry {
  Addr address;
  Abi abi;
};

struct Guest {
  Guest(const emulator::kernel::ElfImage& image, const golang::SymbolTable& symbols,
        const golang::BuildInfo& build);
  /// A runtime that no file describes.
  Guest(golang::GoRelease release, const golang::SymbolTable& symbols, golang::Layouts layouts,
        golang::Globals globals);
  Guest(const Guest&) = delete;

  const golang::SymbolTable& symbols;
  golang::GoRelease release;
  golang::Layouts layouts;
  golang::Globals globals;
  golang::Tables tables;  ///< of the views
  /// The few fields that drivers read themselves.
  struct Offsets {
    emulator::u64 g_m, g_lo, g_hi, g_sched_sp, m_g0, m_curg, m_gsignal, m_p;
  } offset;
  std::string_view lock_function = "runtime.lock2";  ///< "runtime.lock" where that is not inlined
  std::string_view unlock_function = "runtime.unlock2";

  /// Where a Go caller enters the function: the body, or the wrapper in front of assembly.
  std::optional<Entry> find(std::string_view name) const;
  /// The same; throws base::UserError when the program has no such function.
  Addr entry(std::string_view name) const;
  /// Every way in, body and wrapper.
  std::vector<Entry> entries(std::string_view name) const;
  /// Address of a global variable, or zero.
  Addr global(std::string_view name) const;

 private:
  void look_up();
};

}  // namespace runtime_model::model
