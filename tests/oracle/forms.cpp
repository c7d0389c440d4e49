#include "tests/oracle/forms.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string_view>

#include "emulator/base/error.hpp"

namespace tests::oracle {
namespace {

using emulator::u64;
using Texts = std::vector<std::string>;

struct KindName {
  Kind kind;
  std::string_view name;
  unsigned bits;
};
constexpr KindName kKinds[] = {
    {Kind::kR8, "r8", 8},        {Kind::kR16, "r16", 16},    {Kind::kR32, "r32", 32},
    {Kind::kR64, "r64", 64},     {Kind::kM8, "m8", 8},       {Kind::kM16, "m16", 16},
    {Kind::kM32, "m32", 32},     {Kind::kM64, "m64", 64},    {Kind::kM128, "m128", 128},
    {Kind::kM256, "m256", 256},  {Kind::kM512, "m512", 512}, {Kind::kAgen, "agen", 64},
    {Kind::kI8, "i8", 8},        {Kind::kI16, "i16", 16},    {Kind::kI32, "i32", 32},
    {Kind::kI64, "i64", 64},     {Kind::kOne, "1", 8},       {Kind::kCl, "cl", 8},
    {Kind::kXmm, "xmm", 128},    {Kind::kYmm, "ymm", 256},   {Kind::kRel8, "rel8", 8},
    {Kind::kRel32, "rel32", 32},
};

const KindName& entry(Kind kind) {
  return *std::find_if(std::begin(kKinds), std::end(kKinds),
                       [=](const KindName& k) { return k.kind == kind; });
}

Texts split(std::string_view text, char separator) {
  Texts parts;
  for (u64 from = 0;;) {
    const u64 to = std::min(text.find(separator, from), text.size());
    parts.emplace_back(text.substr(from, to - from));
    if (to == text.size()) return parts;
    from = to + 1;
  }
}

/// The text with every `what` replaced.
std::string with(std::string text, std::string_view what, std::string_view by) {
  for (u64 at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size())
    text.replace(at, what.size(), by);
  return text;
}

/// "p{add,sub}{b,w}" → paddb paddw psubb psubw
Texts expand_mnemonics(const std::string& text) {
  static const Texts kConditions = {"b",  "be", "l",  "le", "nb", "nbe", "nl", "nle",
                                    "no", "np", "ns", "nz", "o",  "p",   "s",  "z"};
  Texts out;
  const u64 open = text.find('{');
  if (open != std::string::npos) {
    const u64 close = text.find('}', open);
    for (const auto& choice : split(text.substr(open + 1, close - open - 1), ','))
      for (auto& one : expand_mnemonics(text.substr(0, open) + choice + text.substr(close + 1)))
        out.push_back(std::move(one));
  } else if (text.find('*') != std::string::npos) {
    for (const auto& condition : kConditions) out.push_back(with(text, "*", condition));
  } else {
    out.push_back(text);
  }
  return out;
}

/// One token with its width resolved → the kinds it stands for: "e32" → r32 m32, "x64" → xmm m64.
Texts expand_token(const std::string& token) {
  if (token[0] == 'e') return {"r" + token.substr(1), "m" + token.substr(1)};
  if (token[0] == 'x' && token != "xmm") return {"xmm", "m" + token.substr(1)};
  if (token == "y256") return {"ymm", "m256"};
  return {token};
}

/// "ev,iv" → "r16,i16" "m16,i16" "r32,i32" …
std::vector<Texts> expand_operands(const std::string& alternative) {
  if (alternative.empty()) return {{}};
  const auto any = [&](auto&& what) {
    const Texts tokens = split(alternative, ',');
    return std::any_of(tokens.begin(), tokens.end(), what);
  };
  const bool all = any([](const std::string& t) { return t.back() == 'v'; });
  const bool wide = any([](const std::string& t) { return t.size() == 2 && t.back() == 'y'; });
  std::vector<Texts> out;
  for (const char* width : {"16", "32", "64"}) {
    if (wide && width[0] == '1') continue;
    std::vector<Texts> lists = {{}};
    for (std::string token : split(alternative, ',')) {
      if (token == "iv")
        token = width[0] == '1' ? "i16" : "i32";
      else if (token.back() == 'v' || (token.back() == 'y' && token.size() == 2))
        token = token.substr(0, 1) + width;
      std::vector<Texts> longer;
      for (const auto& list : lists)
        for (const auto& kind : expand_token(token)) {
          longer.push_back(list);
          longer.back().push_back(kind);
        }
      lists = std::move(longer);
    }
    out.insert(out.end(), lists.begin(), lists.end());
    if (!all && !wide) break;
  }
  return out;
}

/// The rows of the VEX forms that a row implies.
std::vector<Row> vex_rows(const Row& row, std::vector<std::string>& keep) {
  if (*row.vex == '\0') return {};
  const std::string_view rule = row.vex;
  const auto make = [&](bool wide) {
    keep.push_back(std::string("v") + row.mnemonics);
    const u64 name = keep.size() - 1;
    std::string operands;
    for (std::string part : split(row.operands, ';')) {
      if (rule[0] == '3') part = "xmm," + part;
      if (wide) part = with(with(with(part, "x128", "y256"), "m128", "m256"), "xmm", "ymm");
      operands += (operands.empty() ? "" : ";") + part;
    }
    keep.push_back(operands);
    const bool needs_avx2 = wide && rule.back() == 'i';
    const std::string_view own = row.feature;
    const char* feature = needs_avx2                        ? "avx2"
                          : own == "aes" || own == "pclmul" ? row.feature
                                                            : "avx";
    return Row{keep[name].c_str(), keep[name + 1].c_str(), feature, row.traits, ""};
  };
  std::vector<Row> rows = {make(false)};
  if (rule.back() != 'x') rows.push_back(make(true));
  return rows;
}

ZydisMnemonic mnemonic_named(const std::string& name) {
  static const auto kNames = [] {
    std::map<std::string, ZydisMnemonic> names;
    for (int m = 1; m <= ZYDIS_MNEMONIC_MAX_VALUE; ++m)
      names[ZydisMnemonicGetString(static_cast<ZydisMnemonic>(m))] = static_cast<ZydisMnemonic>(m);
    return names;
  }();
  const auto found = kNames.find(name);
  RT0_CHECK(found != kNames.end(), "no such mnemonic: " + name);
  return found->second;
}

Form make_form(const Row& row, const std::string& mnemonic, const Texts& operands) {
  Form form;
  form.text = mnemonic;
  form.mnemonic = mnemonic_named(mnemonic);
  form.feature = row.feature;
  form.traits = row.traits;
  for (const auto& name : operands) {
    const auto* kind = std::find_if(std::begin(kKinds), std::end(kKinds),
                                    [&](const KindName& k) { return k.name == name; });
    RT0_CHECK(kind != std::end(kKinds), "no such operand kind: " + name);
    form.text += (form.operand_count == 0 ? " " : ", ") + name;
    form.operands[form.operand_count++] = kind->kind;
  }
  return form;
}

class Collector {
 public:
  void add(const Row& row) {
    for (const auto& mnemonic : expand_mnemonics(row.mnemonics))
      for (const auto& alternative : split(row.operands, ';'))
        for (const auto& operands : expand_operands(alternative))
          add_with_prefixes(make_form(row, mnemonic, operands));
  }
  std::vector<Form> take() { return std::move(forms_); }

 private:
  void add_with_prefixes(const Form& form) {
    add_one(form, "", 0);
    if (form.is(kLockable) && is_memory(form.operands[0]))
      add_one(form, "lock ", ZYDIS_ATTRIB_HAS_LOCK);
    if (form.is(kRep)) add_one(form, "rep ", ZYDIS_ATTRIB_HAS_REP);
    if (form.is(kRepWhile)) {
      add_one(form, "repe ", ZYDIS_ATTRIB_HAS_REPE);
      add_one(form, "repne ", ZYDIS_ATTRIB_HAS_REPNE);
    }
  }
  void add_one(Form form, const char* prefix, u64 attribute) {
    form.text = prefix + form.text;
    form.prefixes = attribute;
    if (seen_.insert(form.text).second) forms_.push_back(std::move(form));
  }

  std::vector<Form> forms_;
  std::set<std::string> seen_;
};

}  // namespace

unsigned bits_of(Kind kind) { return kind == Kind::kNone ? 0 : entry(kind).bits; }

bool is_memory(Kind kind) { return kind >= Kind::kM8 && kind <= Kind::kM512; }

std::vector<Form> all_forms() {
  Collector collector;
  for (const Row& row : kIntegerRows) collector.add(row);
  for (const Row& row : kVectorRows) {
    collector.add(row);
    std::vector<std::string> keep;
    keep.reserve(4);
    for (const Row& vex : vex_rows(row, keep)) collector.add(vex);
  }
  return collector.take();
}

}  // namespace tests::oracle
