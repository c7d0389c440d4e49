#include "tools/rt0/debug/name_lookup.hpp"

#include <algorithm>
#include <array>

#include "emulator/base/error.hpp"
#include "emulator/base/hex.hpp"
#include "tools/rt0/debug/expression.hpp"
#include "tools/rt0/debug/moment.hpp"
#include "tools/rt0/hint.hpp"

namespace rt0::debug {

using emulator::base::user_error;

namespace {

struct NamedScalar {
  std::string_view name;
  Scalar scalar;
};
constexpr std::array<NamedScalar, 26> kScalars = {
    {{"u8", {1, false}},     {"u16", {2, false}},     {"u32", {4, false}},
     {"u64", {8, false}},    {"i8", {1, true}},       {"i16", {2, true}},
     {"i32", {4, true}},     {"i64", {8, true}},      {"uint8", {1, false}},
     {"uint16", {2, false}}, {"uint32", {4, false}},  {"uint64", {8, false}},
     {"int8", {1, true}},    {"int16", {2, true}},    {"int32", {4, true}},
     {"int64", {8, true}},   {"byte", {1, false}},    {"bool", {1, false}},
     {"char", {1, true}},    {"short", {2, true}},    {"int", {8, true}},
     {"uint", {8, false}},   {"long", {8, true}},     {"uintptr", {8, false}},
     {"rune", {4, true}},    {"unsigned", {4, false}}}};

}  // namespace

std::optional<Scalar> scalar_named(std::string_view name) {
  const auto* const it = std::ranges::find(kScalars, name, &NamedScalar::name);
  return it == kScalars.end() ? std::nullopt : std::optional(it->scalar);
}

bool is_symbol(Target& target, std::string_view name) {
  return target.symbols().function(name) != nullptr || target.has_data(name) ||
         target.guest().globals.address(name).has_value();
}

std::optional<u64> special_variable(Target& target, std::string_view name) {
  if (name == "n") return target.position();
  if (name == "tid") return static_cast<u64>(target.thread().tid);
  if (name == "goid") {
    const Addr g = target.current_g();
    return g == Addr() ? 0 : static_cast<u64>(target.views().g(g).goid());
  }
  return std::nullopt;
}

std::optional<Value> try_look_up(Values& values, std::string_view name) {
  Target& target = values.target;
  const auto local = [&](bool of_runtime) {
    return values.local ? values.local(name, of_runtime) : std::nullopt;
  };
  // In the runtime g, m and p are what rt0 means by them; whoever debugs his own program means his
  // own variables.
  if (auto own = local(false)) return own;
  if (const auto object = target.object(name)) {
    Value v = values.place(object->address, object->type, 8);
    v.field = std::string(name);
    return v;
  }
  if (auto own = local(true)) return own;
  if (const auto* f = target.symbols().function(name)) {
    Value v = Value::of(f->entry.value);
    v.is_code = true;
    return v;
  }
  if (const auto* d = target.has_data(name) ? target.symbols().data(name) : nullptr) {
    auto type = target.layouts().variable_type(name).value_or(0);
    if (type == 0) type = target.debug_info().global_type(std::string(name)).value_or(0);
    return values.place(d->address, type, static_cast<unsigned>(std::min<u64>(d->size, 1u << 30)));
  }
  if (const auto reg = register_named(name)) return values.of_register(*reg);
  if (const auto* f = target.symbols().function("runtime." + std::string(name))) {
    Value v = Value::of(f->entry.value);
    v.is_code = true;
    return v;
  }
  return std::nullopt;
}

Value look_up(Values& values, std::string_view name) {
  if (auto found = try_look_up(values, name)) return *found;
  unknown_name(values, name);
}

void unknown_name(Values& values, std::string_view name) {
  if (const std::string why = no_object(values.target, name); !why.empty()) user_error("{}", why);
  std::vector<std::string> names;
  for (const auto& f : values.target.symbols().functions()) {
    const std::string_view n = f.name;
    if (n.size() + 8 >= name.size() && n.size() <= name.size() + 8) {
      names.emplace_back(n);
      if (n.starts_with("runtime.") && !name.starts_with("runtime."))
        names.emplace_back(n.substr(8));
    }
  }
  for (const auto& g : values.target.guest().globals.entries()) names.emplace_back(g.name);
  for (const auto& r : register_names()) names.push_back(r);
  user_error("There is no symbol, object or register \"{}\"{}", name, [&] {
    std::string h = hint(name, names);
    return h.empty() ? std::string(".") : h;
  }());
}

Value object_at(Values& values, std::string_view kind, Addr a) {
  using K = golang::ObjectName::Kind;
  const bool span = kind == "span";
  const auto object = values.target.object({span ? K::span : K::g_at, a.value});
  if (object) return values.place(object->address, object->type, 8);
  user_error("No span of the heap holds {}.", emulator::base::hex(a));
}

}  // namespace rt0::debug
