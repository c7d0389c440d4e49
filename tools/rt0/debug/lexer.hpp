/// The words of an expression.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "emulator/base/types.hpp"

namespace rt0::debug {

struct Token {
  enum class Kind : emulator::u8 { end, number, name, quoted, variable, sign } kind = Kind::end;
  std::string text;  ///< of a variable: without its $
  emulator::u64 number = 0;
  std::size_t at = 0;   ///< offset in the expression
  std::size_t end = 0;  ///< one past its last character
};

class Lexer {
 public:
  /// `is_symbol`: does a function or variable of the program go by that name? It decides where a
  /// name ends that has slashes or parentheses in it.
  Lexer(std::string_view text, std::function<bool(std::string_view)> is_symbol)
      : text_(text), is_symbol_(std::move(is_symbol)) {
    advance();
  }

  const Token& peek() const { return token_; }
  Token next() {
    Token t = token_;
    advance();
    return t;
  }
  /// Takes the sign if it is next.
  bool take(std::string_view sign);
  /// Goes back to the start of a token.
  void rewind(const Token& t);
  std::string_view rest() const { return text_.substr(token_.at); }
  std::string_view text() const { return text_; }

 private:
  void advance();
  void read_number();
  void read_name();
  std::size_t symbol_end() const;
  void read_sign();

  std::string_view text_;
  std::function<bool(std::string_view)> is_symbol_;
  std::size_t at_ = 0;
  Token token_;
};

}  // namespace rt0::debug
