#include "tools/rt0/number_option.hpp"

#include <fmt/format.h>

#include "emulator/base/hex.hpp"

namespace rt0 {

using emulator::u64;

CLI::Validator whole_number(u64 least, u64 most) {
  const std::string range =
      most == ~u64{0} ? fmt::format("{} or more", least) : fmt::format("{} to {}", least, most);
  const auto check = [least, most, range](std::string& text) {
    const auto number = emulator::base::parse_number(text);
    if (!number && text.size() > 1 && text.find_first_not_of("0123456789") == std::string::npos)
      return fmt::format("{} does not fit into 64 bits", text);
    if (!number || *number < least || *number > most)
      return fmt::format("a whole number, {}, is wanted, not \"{}\"", range, text);
    text = std::to_string(*number);
    return std::string();
  };
  const bool any = least == 0 && most == ~u64{0};
  return {check, any ? std::string() : range};
}

}  // namespace rt0
