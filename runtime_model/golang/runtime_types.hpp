/// Types as the program itself describes them, for reflection and the garbage collector: what an
/// interface holds is known by them where the debug information says nothing of it, and in stripped
/// programs.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>

#include "runtime_model/golang/layouts.hpp"

namespace runtime_model::golang {

/// Source: Go's runtime/type.go of 1.17 to 1.20, internal/abi/type.go since 1.21. What lies in
/// memory is distrusted: what does not hold together is no type.
class RuntimeTypes {
 public:
  /// Fills `out` from memory; false where some of it is not there.
  using Read = std::function<bool(emulator::Addr, std::span<emulator::u8> out)>;
  /// `types` to `etypes`: where the module keeps its descriptions. `minor`: of the Go release.
  /// `layouts` outlives this and is added to.
  RuntimeTypes(Layouts& layouts, emulator::Addr types, emulator::Addr etypes, int minor, Read read);

  /// The type that is described there; nothing where none is.
  std::optional<TypeId> at(emulator::Addr description);
  /// Reads what is still to be read of a type.
  void complete(TypeId id);
  /// "main.Square": as Go prints it.
  std::string name_at(emulator::Addr description);

 private:
  std::optional<emulator::u64> number(emulator::Addr a, unsigned size = 8) const;
  std::string name(emulator::Addr name) const;
  TypeId later(emulator::Addr description, int depth);
  void read(TypeId id, emulator::Addr description, int depth);
  void read_struct(StructLayout& out, emulator::Addr description, int depth);

  Layouts& layouts_;
  emulator::Addr types_, etypes_;
  int minor_;
  Read read_;
  std::map<emulator::Addr, TypeId> known_;
  std::map<TypeId, emulator::Addr> pending_;
};

}  // namespace runtime_model::golang
