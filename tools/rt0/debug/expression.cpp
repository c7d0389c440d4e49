#include "tools/rt0/debug/expression.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

#include "emulator/base/error.hpp"
#include "emulator/base/hex.hpp"
#include "tools/rt0/debug/lexer.hpp"
#include "tools/rt0/debug/moment.hpp"
#include "tools/rt0/debug/name_lookup.hpp"

namespace rt0::debug {

using emulator::base::user_error;

namespace {

struct Binary {
  std::string_view sign;
  int level;
};
constexpr std::array<Binary, 18> kBinaries = {{{"||", 1},
                                               {"&&", 2},
                                               {"|", 3},
                                               {"^", 4},
                                               {"&", 5},
                                               {"==", 6},
                                               {"!=", 6},
                                               {"<", 7},
                                               {"<=", 7},
                                               {">", 7},
                                               {">=", 7},
                                               {"<<", 8},
                                               {">>", 8},
                                               {"+", 9},
                                               {"-", 9},
                                               {"*", 10},
                                               {"/", 10},
                                               {"%", 10}}};

/// Null for what is no operator between two values.
const Binary* binary_of(const Token& t) {
  if (t.kind != Token::Kind::sign) return nullptr;
  const auto* const it = std::ranges::find(kBinaries, t.text, &Binary::sign);
  return it == kBinaries.end() ? nullptr : it;
}

class Parser {
 public:
  Parser(Values& values, std::string_view text, bool only_check = false)
      : values_(values),
        in_(text, [this](std::string_view name) { return is_symbol(values_.target, name); }),
        skipping_(only_check ? 1 : 0) {}

  Value whole() {
    if (in_.peek().kind == Token::Kind::end) user_error("An expression is missing.");
    Value v = assignment();
    if (in_.rest().starts_with('(')) user_error("rt0 calls no functions of the program.");
    if (in_.peek().kind != Token::Kind::end)
      user_error("\"{}\" makes no sense behind \"{}\".", in_.rest(),
                 in_.text().substr(0, in_.peek().at));
    return v;
  }

 private:
  /// Each nesting takes its part of the stack.
  class Nested {
   public:
    explicit Nested(unsigned& depth) : depth_(depth) {
      constexpr unsigned kDeepest = 250;
      if (depth_ == kDeepest) user_error("An expression nests at most {} deep.", kDeepest);
      ++depth_;
    }
    ~Nested() { --depth_; }
    Nested(const Nested&) = delete;
    Nested& operator=(const Nested&) = delete;

   private:
    unsigned& depth_;
  };

  Value assignment() {
    const Nested nested(depth_);
    const Token first = in_.peek();
    if (first.kind == Token::Kind::variable && !known_variable(first.text)) {
      in_.next();
      if (in_.take("=")) {
        const Value v = assignment();
        return skipping_ > 0 ? v : values_.variables.named[first.text] = values_.loaded(v);
      }
      user_error("${} is no register and has no value yet.", first.text);
    }
    Value to = binary(1);
    if (!in_.take("=")) return to;
    const Value right = assignment();
    if (skipping_ > 0) return right;
    const Value value = values_.loaded(right);
    if (first.kind == Token::Kind::variable && to.kind == Value::Kind::number)
      return values_.variables.named[first.text] = value;
    values_.assign(to, values_.number(value));
    return value;
  }

  bool known_variable(const std::string& name) const {
    return name.empty() || register_named(name) ||
           std::isdigit(static_cast<unsigned char>(name[0])) ||
           values_.variables.named.contains(name) || special_variable(values_.target, name);
  }

  Value binary(int lowest) {
    Value left = unary();
    while (true) {
      const Binary* const op = binary_of(in_.peek());
      if (op == nullptr || op->level < lowest) return left;
      const auto [sign, level] = *op;
      in_.next();
      // What does not matter is not looked at: `p != 0 && p.status == 1`.
      if (sign == "&&" || sign == "||") {
        const bool l = skipped_number(left) != 0;
        skipping_ += l == (sign == "||") ? 1 : 0;
        const Value right = binary(level + 1);
        skipping_ -= l == (sign == "||") ? 1 : 0;
        const bool r = l == (sign == "||") ? l : skipped_number(right) != 0;
        left = Value::of(r ? 1 : 0, true);
        continue;
      }
      left = apply(sign, left, binary(level + 1));
    }
  }

  Value apply(std::string_view sign, const Value& a, const Value& b) {
    if (skipping_ > 0) return Value::of(1);
    const u64 x = values_.number(a), y = values_.number(b);
    const bool is_signed = values_.is_signed(a) && values_.is_signed(b);
    const auto sx = static_cast<i64>(x), sy = static_cast<i64>(y);
    const auto truth = [](bool t) { return Value::of(t ? 1 : 0, true); };
    if (sign == "+") return Value::of(x + y, is_signed);
    if (sign == "-") return Value::of(x - y, is_signed || x < y);
    if (sign == "*") return Value::of(x * y, is_signed);
    if (sign == "/" || sign == "%") {
      if (y == 0) user_error("Division by zero.");
      if (is_signed && sy == -1) return Value::of(sign == "/" ? 0 - x : 0, true);
      if (is_signed) return Value::of(static_cast<u64>(sign == "/" ? sx / sy : sx % sy), true);
      return Value::of(sign == "/" ? x / y : x % y);
    }
    if (sign == "<<") return Value::of(y > 63 ? 0 : x << y, is_signed);
    if (sign == ">>") {
      if (is_signed) return Value::of(static_cast<u64>(sx >> std::min<u64>(y, 63)), true);
      return Value::of(y > 63 ? 0 : x >> y);
    }
    if (sign == "&") return Value::of(x & y, is_signed);
    if (sign == "|") return Value::of(x | y, is_signed);
    if (sign == "^") return Value::of(x ^ y, is_signed);
    if (sign == "==") return truth(x == y);
    if (sign == "!=") return truth(x != y);
    if (sign == "<") return truth(is_signed ? sx < sy : x < y);
    if (sign == "<=") return truth(is_signed ? sx <= sy : x <= y);
    if (sign == ">") return truth(is_signed ? sx > sy : x > y);
    return truth(is_signed ? sx >= sy : x >= y);
  }

  Value unary() {
    const Nested nested(depth_);
    if (in_.take("-")) {
      const u64 n = skipped_number(unary());
      return Value::of(0 - n, true);
    }
    if (in_.take("+")) return Value::of(skipped_number(unary()), true);
    if (in_.take("~")) return Value::of(~skipped_number(unary()));
    if (in_.take("!")) return Value::of(skipped_number(unary()) == 0 ? 1 : 0, true);
    if (in_.take("*")) {
      const Value v = unary();
      return skipping_ > 0 ? Value::of(1) : values_.pointee(v);
    }
    if (in_.take("&")) {
      const Value v = unary();
      if (v.held) user_error("It lies in registers, so it has no address.");
      if (v.kind == Value::Kind::place) return Value::of(v.at.value);
      if (v.kind == Value::Kind::number && skipping_ == 0) return v;  // a function
      user_error("A register has no address.");
    }
    return postfix(primary());
  }

  u64 skipped_number(const Value& v) { return skipping_ > 0 ? 1 : values_.number(v); }

  Value postfix(Value v) {
    while (true) {
      if (in_.take(".")) {
        const Token name = in_.next();
        if (name.kind != Token::Kind::name) user_error("A field's name is missing behind the dot.");
        if (skipping_ == 0) v = values_.field(v, name.text);
      } else if (in_.take("[")) {
        const Value i = assignment();
        if (!in_.take("]")) user_error("A ] is missing.");
        if (skipping_ == 0) v = values_.index(v, values_.number(i));
      } else {
        return v;
      }
    }
  }

  Value primary() {
    const Token t = in_.next();
    switch (t.kind) {
      case Token::Kind::number:
        return Value::of(t.number, t.number <= static_cast<u64>(INT64_MAX));
      case Token::Kind::variable:
        return variable(t.text);
      case Token::Kind::quoted:
        return look_up(values_, t.text);
      case Token::Kind::name:
        return named(t);
      case Token::Kind::sign:
        if (t.text == "(") return parenthesis();
        if (t.text == "{") return braces();
        break;
      case Token::Kind::end:
        break;
    }
    if (t.kind == Token::Kind::end) user_error("The expression \"{}\" ends too early.", in_.text());
    user_error("\"{}\" makes no sense at \"{}\".", in_.text(), in_.text().substr(t.at));
  }

  Value variable(const std::string& name) {
    auto& history = values_.variables.history;
    u64 n = 0;
    if (name.empty()) return history.empty() ? Value::of(0) : history.back();
    if (std::from_chars(name.data(), name.data() + name.size(), n).ptr ==
        name.data() + name.size()) {
      if (n == 0 || n > history.size()) user_error("There is no value ${} yet.", n);
      return history[n - 1];
    }
    if (const auto it = values_.variables.named.find(name); it != values_.variables.named.end())
      return it->second;
    if (const auto special = special_variable(values_.target, name))
      return Value::of(*special, true);
    if (const auto reg = register_named(name)) return values_.of_register(*reg);
    user_error("${} is no register and has no value.", name);
  }

  Value named(const Token& t) {
    if (const auto type = scalar_named(t.text); type && in_.take("(")) {
      const Value v = closed();
      return skipping_ > 0 ? v : converted(*type, v);
    }
    if ((t.text == "span" || t.text == "g") && in_.take("(")) {
      const Value v = closed();
      return skipping_ > 0 ? v : object_at(values_, t.text, Addr(values_.number(v)));
    }
    if (skipping_ > 0 && may_come(t.text)) return Value::of(1);
    // A function has no fields: "main.mian" is a name that is not there.
    const auto found = try_look_up(values_, t.text);
    if (found &&
        !(found->is_code && in_.peek().kind == Token::Kind::sign && in_.peek().text == "."))
      return *found;
    if (!no_object(values_.target, t.text).empty()) unknown_name(values_, t.text);
    // Name what was meant as a whole: "runtime.schedinits", not "runtime".
    std::string_view all = in_.text().substr(t.at);
    const auto end = std::ranges::find_if(all, [](unsigned char c) {
      return std::isalnum(c) == 0 && c != '_' && c != '.' && c < 0x80;
    });
    unknown_name(values_, {all.begin(), end});
  }

  /// g17, m2, p3: there may be one later.
  static bool may_come(const std::string& name) {
    return (name[0] == 'g' || name[0] == 'm' || name[0] == 'p') &&
           std::all_of(name.begin() + 1, name.end(),
                       [](unsigned char c) { return std::isdigit(c) != 0; });
  }

  Value converted(const Scalar& type, const Value& v) {
    const unsigned unused = 64 - 8 * type.size;
    const u64 raw = values_.number(v) << unused;
    Value out = Value::of(
        type.is_signed ? static_cast<u64>(static_cast<i64>(raw) >> unused) : raw >> unused,
        type.is_signed);
    out.size = type.size;
    return out;
  }

  Value closed() {
    Value v = assignment();
    if (!in_.take(")")) user_error("A ) is missing in \"{}\".", in_.text());
    return v;
  }

  /// A sum in parentheses, or a type in front of what is to be seen as it: (u32)x, (u32*)x,
  /// (*runtime.g)(x).
  Value parenthesis() {
    const Token start = in_.peek();
    const bool go_pointer = in_.take("*");
    if (in_.peek().kind == Token::Kind::name) {
      const std::string name = type_text();
      const bool c_pointer = in_.take("*");
      const auto scalar = scalar_named(name);
      const auto type = values_.target.type(name);
      if ((scalar || (type != 0 && (go_pointer || c_pointer))) && in_.take(")")) {
        const Value v = go_pointer ? primary() : unary();
        if (skipping_ > 0) return v;
        if (!go_pointer && !c_pointer) return converted(*scalar, v);
        return pointer_to(scalar, type, Addr(values_.number(v)));
      }
    }
    in_.rewind(start);
    return closed();
  }

  /// A name up to its last dot: a type's, which is_symbol does not know.
  std::string type_text() {
    std::string name = in_.next().text;
    while (in_.peek().kind == Token::Kind::sign && in_.peek().text == ".") {
      in_.next();
      name += "." + in_.next().text;
    }
    return name;
  }

  /// What a cast pointer points to. It still counts as the pointer until it is followed.
  Value pointer_to(const std::optional<Scalar>& scalar, golang::TypeId type, Addr at) {
    Value v =
        scalar ? values_.place(at, 0, scalar->size, scalar->is_signed) : values_.place(at, type, 8);
    v.is_cast = true;
    return v;
  }

  /// {u32}ADDRESS, as gdb has it.
  Value braces() {
    const std::string name = type_text();
    if (!in_.take("}")) user_error("A }} is missing in \"{}\".", in_.text());
    const auto scalar = scalar_named(name);
    const auto type = values_.target.type(name);
    if (!scalar && type == 0) user_error("There is no type \"{}\".", name);
    const Value v = unary();
    if (skipping_ > 0) return v;
    const Addr at(values_.number(v));
    return scalar ? values_.place(at, 0, scalar->size, scalar->is_signed)
                  : values_.place(at, type, 8);
  }

  Values& values_;
  Lexer in_;
  unsigned depth_ = 0;
  int skipping_;  ///< more than 0: inside of what && or || does not need
};

}  // namespace

void check_expression(Values& values, std::string_view text) {
  (void)Parser(values, text, true).whole();
}

Value evaluate(Values& values, std::string_view text) {
  try {
    return Parser(values, text).whole();
  } catch (const emulator::base::UserError&) {
    // "m1.gsignal.stack.lo" before m1.gsignal is set.
    const auto place = values.target.place_to_come(text);
    if (!place) throw;
    return values.place(place->address, place->type, 8);
  }
}

u64 evaluate_number(Values& values, std::string_view text) {
  return values.number(evaluate(values, text));
}

Addr evaluate_address(Values& values, std::string_view text) {
  if (text.starts_with('*')) text.remove_prefix(1);
  return Addr(evaluate_number(values, text));
}

}  // namespace rt0::debug
