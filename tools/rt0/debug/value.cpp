#include "tools/rt0/debug/value.hpp"

#include <algorithm>
#include <charconv>

#include "emulator/base/error.hpp"
#include "tools/rt0/hint.hpp"

namespace rt0::debug {

using emulator::base::user_error;
using golang::Kind;
using golang::StructLayout;
using golang::TypeId;

namespace {

constexpr std::string_view kLow[] = {"al", "cl", "dl", "bl", "spl", "bpl", "sil", "dil"};
constexpr std::string_view kHigh[] = {"ah", "ch", "dh", "bh"};

std::optional<u8> numbered(std::string_view name, std::string_view prefix, u64 most) {
  if (!name.starts_with(prefix)) return std::nullopt;
  name.remove_prefix(prefix.size());
  u64 n = 0;
  const auto* const end = name.data() + name.size();
  if (name.empty() || std::from_chars(name.data(), end, n).ptr != end || n > most)
    return std::nullopt;
  return static_cast<u8>(n);
}

std::optional<RegisterName> gpr_named(std::string_view name) {
  for (u8 i = 0; i < 16; ++i) {
    const std::string_view full = emulator::cpu::gpr_name(i);
    if (name == full) return RegisterName{RegisterName::Kind::gpr, i, 0, 8};
    if (i < 8 && name == kLow[i]) return RegisterName{RegisterName::Kind::gpr, i, 0, 1};
    if (i < 4 && name == kHigh[i]) return RegisterName{RegisterName::Kind::gpr, i, 1, 1};
    if (i < 8 && name == full.substr(1)) return RegisterName{RegisterName::Kind::gpr, i, 0, 2};
    if (i < 8 && name.size() == 3 && name[0] == 'e' && name.substr(1) == full.substr(1))
      return RegisterName{RegisterName::Kind::gpr, i, 0, 4};
    if (i < 8 || !name.starts_with(full) || name.size() != full.size() + 1) continue;
    const char last = name.back();
    if (last == 'd' || last == 'w' || last == 'b' || last == 'l')
      return RegisterName{RegisterName::Kind::gpr, i, 0,
                          static_cast<u8>(last == 'd'   ? 4
                                          : last == 'w' ? 2
                                                        : 1)};
  }
  return std::nullopt;
}

/// Types that hold a pointer as a number, and what to (Go: runtime/runtime2.go).
constexpr std::pair<std::string_view, std::string_view> kHidden[] = {
    {"runtime.guintptr", "runtime.g"},
    {"runtime.muintptr", "runtime.m"},
    {"runtime.puintptr", "runtime.p"},
    {"runtime.gclinkptr", "runtime.gclink"}};

}  // namespace

std::optional<RegisterName> register_named(std::string_view name) {
  using K = RegisterName::Kind;
  if (name == "rip" || name == "pc") return RegisterName{K::rip, 0, 0, 8};
  if (name == "eip") return RegisterName{K::rip, 0, 0, 4};
  if (name == "sp") return RegisterName{K::gpr, emulator::cpu::rsp, 0, 8};
  if (name == "fp") return RegisterName{K::gpr, emulator::cpu::rbp, 0, 8};
  if (name == "eflags" || name == "rflags") return RegisterName{K::flags, 0, 0, 8};
  if (name == "fs_base") return RegisterName{K::fs_base, 0, 0, 8};
  if (name == "gs_base") return RegisterName{K::gs_base, 0, 0, 8};
  if (name == "mxcsr") return RegisterName{K::mxcsr, 0, 0, 4};
  if (const auto n = numbered(name, "xmm", 15)) return RegisterName{K::vector, *n, 0, 16};
  if (const auto n = numbered(name, "ymm", 15)) return RegisterName{K::vector, *n, 0, 32};
  return gpr_named(name);
}

std::vector<std::string> register_names() {
  std::vector<std::string> out = {"rip", "pc", "sp", "eflags", "fs_base", "gs_base", "mxcsr"};
  for (unsigned i = 0; i < 16; ++i) out.emplace_back(emulator::cpu::gpr_name(i));
  for (unsigned i = 0; i < 16; ++i) out.push_back(fmt::format("xmm{}", i));
  for (unsigned i = 0; i < 16; ++i) out.push_back(fmt::format("ymm{}", i));
  return out;
}

Value Values::of_register(const RegisterName& name) {
  const auto& regs = target.registers();
  Value v;
  v.kind = Value::Kind::reg, v.reg = name, v.size = name.size;
  switch (name.kind) {
    case RegisterName::Kind::gpr:
      v.bits = regs.gpr(name.index) >> (8 * name.offset);
      break;
    case RegisterName::Kind::rip:
      v.bits = regs.rip;
      break;
    case RegisterName::Kind::flags:
      v.bits = regs.rflags();
      break;
    case RegisterName::Kind::fs_base:
      v.bits = regs.fs_base();
      break;
    case RegisterName::Kind::gs_base:
      v.bits = regs.slots[emulator::cpu::kSlotGsBase];
      break;
    case RegisterName::Kind::mxcsr:
      v.bits = regs.mxcsr;
      break;
    case RegisterName::Kind::vector:
      v.kind = Value::Kind::vector;
      v.lanes = regs.ymm[name.index].lanes<u64>();
      break;
  }
  if (name.size < 8) v.bits &= (u64{1} << (8 * name.size)) - 1;
  return v;
}

Value Values::place(Addr at, TypeId type, unsigned size, bool is_signed) const {
  Value v;
  v.kind = Value::Kind::place, v.at = at, v.is_signed = is_signed;
  target.complete(type);
  const auto inner = target.of_runtime(type) ? target.layouts().unwrapped({0, type})
                                             : golang::FieldLayout{0, type};
  v.type = type, v.size = size;
  if (type == 0) return v;
  const StructLayout& word = target.layouts().type(inner.type);
  const bool scalar = word.kind != Kind::structure && word.kind != Kind::array &&
                      word.kind != Kind::slice && word.kind != Kind::string &&
                      word.kind != Kind::interface && word.kind != Kind::complex;
  if (scalar) v.type = inner.type, v.at = at + inner.offset;
  if (scalar && inner.type != type) v.box = type;
  const StructLayout& t = target.layouts().type(v.type);
  v.size = static_cast<unsigned>(t.size), v.is_signed = t.kind == Kind::signed_int;
  return v;
}

bool Values::aggregate(const Value& v) const {
  if (v.kind != Value::Kind::place) return v.kind == Value::Kind::vector;
  const Kind kind = layout(v).kind;
  if (v.type != 0 && (kind == Kind::structure || kind == Kind::array || kind == Kind::slice ||
                      kind == Kind::string || kind == Kind::interface || kind == Kind::complex))
    return true;
  return v.size != 1 && v.size != 2 && v.size != 4 && v.size != 8;
}

bool Values::is_signed(const Value& v) const { return v.is_signed; }

u64 Values::word(const Value& v, u64 offset, unsigned size) {
  const Addr at = v.at + offset;
  if (!v.held) return target.memory().number(at, size);
  u64 out = 0;
  for (u64 i = 0; i < size; ++i) {
    const u64 byte = at.value + i;
    if (byte >= v.held->bytes.size() || !v.held->known[byte]) user_error("It is optimised away.");
    out |= u64{v.held->bytes[byte]} << (8 * i);
  }
  return out;
}

bool Values::lost(const Value& v) const {
  if (!v.held) return false;
  for (u64 i = 0; i < std::max(1u, v.size); ++i)
    if (v.at.value + i < v.held->known.size() && v.held->known[v.at.value + i]) return false;
  return true;
}

Value Values::part(const Value& v, u64 offset, TypeId type, unsigned size, bool is_signed) const {
  Value out = place(v.at + offset, type, size, is_signed);
  out.held = v.held;
  return out;
}

u64 Values::number(const Value& v) {
  if (v.kind == Value::Kind::vector)
    user_error("A vector register is not a number; say which half: $xmm0 is shown by p and info.");
  if (v.kind != Value::Kind::place) return v.bits;
  if (aggregate(v) && v.held) user_error("It lies in registers, so it has no address.");
  if (aggregate(v) || v.is_cast) return v.at.value;
  const u64 raw = word(v, 0, v.size);
  if (!v.is_signed || v.size == 8) return raw;
  const unsigned unused = 64 - 8 * v.size;
  return static_cast<u64>(static_cast<i64>(raw << unused) >> unused);
}

Value Values::loaded(const Value& v) {
  if (v.kind == Value::Kind::vector || aggregate(v)) return v;
  Value out = v;
  out.bits = number(v);
  if (v.kind == Value::Kind::place) out.kind = Value::Kind::number, out.held = nullptr;
  return out;
}

void Values::assign(const Value& to, u64 bits) {
  if (to.held) user_error("It lies in registers here: assign to the register.");
  if (to.kind == Value::Kind::place && !aggregate(to) && !to.is_cast)
    return target.write(to.at, {reinterpret_cast<const u8*>(&bits), to.size});
  if (to.kind != Value::Kind::reg)
    user_error("Only a register or a place in memory can be assigned to.");
  auto regs = target.registers();
  const unsigned shift = 8u * to.reg.offset;
  const u64 mask = to.reg.size == 8 ? ~u64{0} : ((u64{1} << (8 * to.reg.size)) - 1) << shift;
  switch (to.reg.kind) {
    case RegisterName::Kind::gpr:
      // A 32-bit write clears the upper half (SDM vol. 1, section 3.4.1.1).
      regs.gpr(to.reg.index) = to.reg.size == 4
                                   ? bits & mask
                                   : (regs.gpr(to.reg.index) & ~mask) | (bits << shift & mask);
      break;
    case RegisterName::Kind::rip:
      regs.rip = bits & mask;
      break;
    case RegisterName::Kind::flags:
      regs.set_rflags(bits);
      break;
    case RegisterName::Kind::fs_base:
      regs.fs_base() = bits;
      break;
    case RegisterName::Kind::gs_base:
      regs.slots[emulator::cpu::kSlotGsBase] = bits;
      break;
    case RegisterName::Kind::mxcsr:
      regs.mxcsr = static_cast<u32>(bits);
      break;
    case RegisterName::Kind::vector:
      user_error("A vector register cannot be assigned to.");
  }
  if (target.parked() != Addr())
    user_error("{} does not run: its registers are what g.sched holds.",
               target.names().object(target.parked()));
  target.timeline().set_registers(target.thread().tid, regs);
}

bool Values::is_pointer(TypeId type) const {
  const StructLayout& t = target.layouts().type(type);
  return t.kind == Kind::pointer ||
         std::ranges::any_of(kHidden, [&](const auto& h) { return h.first == t.name; });
}

TypeId Values::element_of(TypeId pointer) const {
  const StructLayout& t = target.layouts().type(pointer);
  for (const auto& [name, to] : kHidden)
    if (t.name == name) return target.type(to);
  if (t.kind == Kind::pointer && t.element != 0) return t.element;
  if (t.kind != Kind::pointer || !t.name.starts_with("*")) return 0;
  return target.type(std::string_view(t.name).substr(1));
}

Value Values::pointee(const Value& v) {
  if (v.is_cast) {
    Value out = v;
    out.is_cast = false;
    return out;
  }
  // "*g1": g1 is written for the pointer to it.
  if (v.type != 0 && v.kind == Value::Kind::place && layout(v).kind == Kind::structure && !v.held)
    return v;
  const Addr at(number(v));
  const TypeId element = v.type == 0 ? 0 : element_of(v.type);
  return place(at, element, 8);
}

Value Values::field(const Value& v, std::string_view name) {
  const StructLayout& t = layout(v);
  // "m0.park.key": the word is the whole of it.
  if (v.box != 0 && target.layouts().type(v.box).members[0].name == name)
    return place(v.at, target.layouts().type(v.box).members[0].type, 8);
  if (v.type != 0 && is_pointer(v.type)) {
    if (element_of(v.type) == 0) user_error("It is not known what a {} points to.", go_name(t));
    if (number(v) == 0) user_error("Cannot follow a nil {} to its field {}.", go_name(t), name);
    return field(pointee(v), name);
  }
  constexpr std::pair<std::string_view, u64> kWords[] = {{"ptr", 0}, {"len", 8}, {"cap", 16}};
  if (v.type != 0 && (t.kind == Kind::slice || t.kind == Kind::string))
    for (const auto& [word, offset] : kWords)
      if (name == word) {
        Value w = part(v, offset, 0, 8, offset != 0);
        w.field = fmt::format(".{}", word);
        return w;
      }
  if (v.type == 0 || t.kind != Kind::structure)
    user_error("This has no fields, so there is no \"{}\" in it.", name);
  const auto member = std::ranges::find(t.members, name, &golang::Member::name);
  if (member == t.members.end()) {
    std::vector<std::string> names;
    for (const auto& m : t.members) {
      names.push_back(m.name);
      // Fields of embedded structs are also fields of the one around them.
      const StructLayout& inner = target.layouts().type(m.type);
      if (inner.kind == Kind::structure && inner.name.ends_with("." + m.name) &&
          std::ranges::find(inner.members, name, &golang::Member::name) != inner.members.end())
        return field(part(v, m.offset, m.type, 0), name);
    }
    const std::string near = hint(name, names);
    user_error("{} has no field \"{}\"{}", go_name(t), name, near.empty() ? "." : near);
  }
  Value out = part(v, member->offset, member->type);
  out.field = member->name, out.owner = t.name;
  return out;
}

Value Values::index(const Value& v, u64 i) {
  const StructLayout& t = layout(v);
  if (v.type != 0 && (t.kind == Kind::array || t.kind == Kind::slice)) {
    target.complete(t.element);
    const u64 size = target.layouts().type(t.element).size;
    const bool slice = t.kind == Kind::slice;
    const u64 count = slice ? word(v, 8) : t.count;
    if (i >= count)
      user_error("Index {} is outside of {}, which has {} elements.", i, go_name(t), count);
    Value out =
        slice ? place(Addr(word(v, 0)) + i * size, t.element, 8) : part(v, i * size, t.element);
    out.field = v.field, out.owner = v.owner;
    return out;
  }
  if (v.kind == Value::Kind::place && v.type != 0 && t.name == "runtime.mspan") {
    // "span(0xc000030000)[3]", as names have it: an object in the span, whatever its type.
    const golang::Mspan span = target.views().mspan(v.at);
    if (span.startAddr() == Addr()) user_error("The span has no memory yet.");
    Value out = place(span.startAddr().get() + i * span.elemsize(), 0,
                      static_cast<unsigned>(span.elemsize().get()));
    out.is_cast = true;
    return out;
  }
  const TypeId element = v.type == 0 ? 0 : element_of(v.type);
  const u64 size = element == 0 ? 8 : target.layouts().type(element).size;
  return place(Addr(number(v)) + i * size, element, 8);
}

}  // namespace rt0::debug
