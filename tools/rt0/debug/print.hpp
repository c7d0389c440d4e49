/// How values read: gdb's formats, and what the runtime's types mean.
#pragma once

#include <functional>

#include "tools/rt0/debug/answer.hpp"
#include "tools/rt0/debug/value.hpp"

namespace rt0::debug {

/// A format letter of gdb's: x d u o t a c f s z i; 0: as the type asks.
struct Format {
  char letter = 0;
  u64 count = 1;
  char size = 0;  ///< b h w g; 0: none was given
  bool backwards = false;
};
/// Reads "/8gx" (with the slash). Throws base::UserError for a letter that is none.
Format parse_format(std::string_view text);

/// A number of `size` bytes in a format. `a` adds the name of what lies there.
std::string number_text(Target& target, u64 bits, unsigned size, bool is_signed, char letter);
/// A value as `print` shows it, structs with a line for each field.
std::string value_text(Values& values, const Value& v, char letter);
/// A value for tools: as it reads, its type, and where it is or what number it is.
Data::Fields value_fields(Values& values, const Value& v, char letter);
/// The same in a few words: what is in structs, slices and maps is left out.
std::string short_text(Values& values, const Value& v);
/// A map's, channel's, interface's or func's contents; `element` writes a part of it.
std::string go_value_text(Values& values, const Value& v,
                          const std::function<std::string(const Value&)>& element);
/// "0x4be8a0 <m0>"; without a name only the number.
std::string pointer_text(Target& target, Addr a);
/// Bytes up to a zero, as in a C string, quoted; at most `most`.
std::string c_string_text(Target& target, Addr a, std::size_t most = 200);
/// A Go string's bytes, quoted.
std::string go_quoted(std::string_view bytes);
/// "[ ZF PF ]" of RFLAGS.
std::string flags_text(u64 rflags);

}  // namespace rt0::debug
