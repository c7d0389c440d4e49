#include "runtime_model/golang/object_name.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "emulator/base/hex.hpp"

namespace runtime_model::golang {

using emulator::base::hex;

namespace {

/// Kind by kind, what stands in front of the number and behind it.
struct Form {
  ObjectName::Kind kind;
  std::string_view before, behind;
};
using K = ObjectName::Kind;
constexpr std::array<Form, 5> kForms = {{{K::g_at, "g(", ")"},
                                         {K::span, "span(", ")"},
                                         {K::g, "g", ""},
                                         {K::m, "m", ""},
                                         {K::p, "p", ""}}};

bool in_word(char c) {
  const auto u = static_cast<unsigned char>(c);
  return std::isalnum(u) != 0 || c == '_' || u >= 0x80;
}

}  // namespace

std::string ObjectName::text() const {
  const auto* const form = std::ranges::find(kForms, kind, &Form::kind);
  return fmt::format("{}{}{}", form->before,
                     by_address() ? hex(emulator::Addr(number)) : fmt::format("{}", number),
                     form->behind);
}

std::optional<ObjectName> ObjectName::take(std::string_view& text) {
  for (const Form& form : kForms) {
    std::string_view rest = text;
    if (!rest.starts_with(form.before)) continue;
    rest.remove_prefix(form.before.size());
    const auto number = take_number(rest);
    if (!number || !rest.starts_with(form.behind)) continue;
    rest.remove_prefix(form.behind.size());
    if (!rest.empty() && in_word(rest.front())) continue;
    if (form.kind == K::g && *number == 0) continue;  // g0 is a variable
    text = rest;
    return ObjectName{form.kind, *number};
  }
  return std::nullopt;
}

std::optional<emulator::u64> take_number(std::string_view& text) {
  const auto end = std::ranges::find_if_not(
      text, [](char c) { return std::isxdigit(static_cast<unsigned char>(c)) != 0 || c == 'x'; });
  const std::string_view digits(text.begin(), end);
  const auto value = emulator::base::parse_number(digits);
  if (value) text.remove_prefix(digits.size());
  return value;
}

}  // namespace runtime_model::golang
