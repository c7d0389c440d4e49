#include "tools/rt0/debug/lexer.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include "emulator/base/error.hpp"
#include "emulator/base/hex.hpp"

namespace rt0::debug {

using emulator::base::user_error;

namespace {

/// Go's names may have letters beyond ASCII, such as the middle dot.
bool starts_name(char c) {
  const auto u = static_cast<unsigned char>(c);
  return std::isalpha(u) != 0 || c == '_' || u >= 0x80;
}
bool in_name(char c) { return starts_name(c) || std::isdigit(static_cast<unsigned char>(c)) != 0; }

constexpr std::array<std::string_view, 27> kSigns = {
    "<<", ">>", "<=", ">=", "==", "!=", "&&", "||", "(", ")", "[", "]", "{", "}",
    ".",  "+",  "-",  "*",  "/",  "%",  "&",  "|",  "^", "~", "!", "<", ">"};

}  // namespace

bool Lexer::take(std::string_view sign) {
  if (token_.kind != Token::Kind::sign || token_.text != sign) return false;
  advance();
  return true;
}

void Lexer::rewind(const Token& t) {
  at_ = t.at;
  advance();
}

void Lexer::read_number() {
  std::size_t end = at_;
  while (end < text_.size() && (in_name(text_[end]))) ++end;
  const std::string_view word = text_.substr(at_, end - at_);
  const auto value = emulator::base::parse_number(word);
  if (!value && word.find_first_not_of("0123456789") == word.npos)
    user_error("{} does not fit into 64 bits.", word);
  if (!value) user_error("\"{}\" is not a number.", word);
  token_ = {Token::Kind::number, std::string(word), *value, at_, end};
}

/// A name with its dots: "g1.sched.sp", "runtime.main.func1". What follows the first word belongs
/// to it only when that makes the name of a symbol, as in "runtime.(*mcache).refill",
/// "internal/cpu.X86" and "type..eq.[2]interface {}"; else dots are left to the parser, which looks
/// for fields.
void Lexer::read_name() {
  std::size_t end = at_;
  while (end < text_.size() && in_name(text_[end])) ++end;
  // Behind a dot stands a field: "g1.m.curg" is asked about once, not once for each dot.
  const bool field = token_.kind == Token::Kind::sign && token_.text == ".";
  if (!field) end = std::max(end, symbol_end());
  token_ = {Token::Kind::name, std::string(text_.substr(at_, end - at_)), 0, at_, end};
}

/// Where the longest symbol's name that begins here ends; 0: none does.
std::size_t Lexer::symbol_end() const {
  constexpr std::size_t kLongest = 4096;  // of a symbol: a chain of fields can be longer
  std::size_t best = 0;
  const std::size_t last = std::min(text_.size(), at_ + kLongest);
  for (std::size_t probe = at_ + 1; probe <= last; ++probe)
    if ((probe == text_.size() || !in_name(text_[probe]) || !in_name(text_[probe - 1])) &&
        is_symbol_(text_.substr(at_, probe - at_)))
      best = probe;
  return best;
}

void Lexer::read_sign() {
  for (const std::string_view sign : kSigns)
    if (text_.substr(at_).starts_with(sign)) {
      token_ = {Token::Kind::sign, std::string(sign), 0, at_, at_ + sign.size()};
      return;
    }
  if (text_[at_] == '=' || text_[at_] == ',' || text_[at_] == ':' || text_[at_] == '@') {
    token_ = {Token::Kind::sign, std::string(1, text_[at_]), 0, at_, at_ + 1};
    return;
  }
  user_error("\"{}\" cannot be read as an expression.", text_.substr(at_));
}

void Lexer::advance() {
  while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_])) != 0) ++at_;
  if (at_ >= text_.size()) {
    token_ = {Token::Kind::end, {}, 0, text_.size(), text_.size()};
    return;
  }
  const char c = text_[at_];
  if (c == '$' && symbol_end() != 0) {
    read_name();  // the linker's constants: "$f64.3ff0000000000000"
  } else if (c == '$') {
    std::size_t end = at_ + 1;
    while (end < text_.size() && in_name(text_[end])) ++end;
    token_ = {Token::Kind::variable, std::string(text_.substr(at_ + 1, end - at_ - 1)), 0, at_,
              end};
  } else if (c == '\'') {
    const std::size_t end = text_.find('\'', at_ + 1);
    if (end == text_.npos) user_error("A name that begins with ' has no ' at its end.");
    token_ = {Token::Kind::quoted, std::string(text_.substr(at_ + 1, end - at_ - 1)), 0, at_,
              end + 1};
  } else if (std::isdigit(static_cast<unsigned char>(c)) != 0) {
    read_number();
  } else if (starts_name(c)) {
    read_name();
  } else {
    read_sign();
  }
  at_ = token_.end;
}

}  // namespace rt0::debug
