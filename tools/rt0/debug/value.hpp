/// What an expression comes to: a number, or a place in memory or in a register, with its type.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tools/rt0/debug/target.hpp"

namespace rt0::debug {

/// A register by its debugger's name: "rax", "eax", "ah", "eflags", "fs_base", "xmm3".
struct RegisterName {
  enum class Kind : u8 { gpr, rip, flags, fs_base, gs_base, mxcsr, vector } kind = Kind::gpr;
  u8 index = 0;   ///< which general or vector register
  u8 offset = 0;  ///< of its lowest byte: 1 for ah
  u8 size = 8;    ///< bytes
};
std::optional<RegisterName> register_named(std::string_view name);
/// Names that complete what was typed: 64-bit ones and those that gdb adds.
std::vector<std::string> register_names();

/// A value that lies in registers, or in several places: its bytes, and which of them are known.
struct Held {
  std::vector<u8> bytes;
  std::vector<bool> known;
};

struct Value {
  enum class Kind : u8 { number, place, reg, vector };
  Kind kind = Kind::number;
  u64 bits = 0;             ///< of a number, sign-extended to 64 bits
  bool is_signed = false;   ///< of a number
  unsigned size = 8;        ///< bytes, of a number or a place
  Addr at;                  ///< of a place
  bool is_code = false;     ///< of a number: it is where a function begins
  bool is_cast = false;     ///< of a place: stands for the pointer to it that was written
  golang::TypeId type = 0;  ///< 0: a plain number, or a place of one
  golang::TypeId box = 0;   ///< of a word that is all of a struct: that struct
  RegisterName reg;
  std::array<u64, 4> lanes{};        ///< of a vector
  std::shared_ptr<const Held> held;  ///< of a place that is none in memory: `at` counts in it
  std::string field, owner;  ///< of a place: which field of which struct; they decide how it reads

  static Value of(u64 bits, bool is_signed = false) {
    Value v;
    v.bits = bits, v.is_signed = is_signed;
    return v;
  }
};

/// What "$", "$1", "$name" stand for.
struct Variables {
  std::vector<Value> history;
  std::map<std::string, Value, std::less<>> named;
};

/// Reading and changing values. Throws base::UserError with a sentence.
class Values {
 public:
  Values(Target& t, Variables& v) : target(t), variables(v) {}

  /// As a number: loads a place; a struct or array is its address.
  u64 number(const Value& v);
  bool is_signed(const Value& v) const;
  /// The number itself, no longer a place; what it means stays known by its type.
  Value loaded(const Value& v);
  /// A struct, array, slice or string: not one number.
  bool aggregate(const Value& v) const;
  /// A number in the value's bytes. Throws base::UserError where the compiler kept none.
  u64 word(const Value& v, u64 offset, unsigned size = 8);
  /// No byte of it is known.
  bool lost(const Value& v) const;
  /// What lies `offset` bytes into it.
  Value part(const Value& v, u64 offset, golang::TypeId type, unsigned size = 8,
             bool is_signed = false) const;
  /// `v.name`; pointers are followed.
  Value field(const Value& v, std::string_view name);
  Value index(const Value& v, u64 i);
  /// `*v`
  Value pointee(const Value& v);
  Value place(Addr at, golang::TypeId type, unsigned size, bool is_signed = false) const;
  Value of_register(const RegisterName& name);
  /// Changes a register or memory. Throws base::UserError for what cannot be assigned to.
  void assign(const Value& to, u64 bits);
  /// What a pointer type points to; 0 when it is none, or nothing is known of it.
  golang::TypeId element_of(golang::TypeId pointer) const;
  bool is_pointer(golang::TypeId type) const;
  const golang::StructLayout& layout(const Value& v) const { return target.layouts().type(v.type); }

  Target& target;
  Variables& variables;
  /// A variable of the function that is looked at, if that is one of the runtime's, or none;
  /// unset: there are none.
  std::function<std::optional<Value>(std::string_view, bool of_runtime)> local;
};

}  // namespace rt0::debug
