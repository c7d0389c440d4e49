#include "tools/rt0/debug/locals.hpp"

#include <algorithm>

#include "emulator/base/error.hpp"
#include "tools/rt0/debug/print.hpp"

namespace rt0::debug {

using emulator::base::user_error;
using golang::DwarfFile;
using golang::ValuePiece;

namespace {

constexpr u64 kMostBytes = 1u << 20;  // of a value that is put together

Addr lookup_pc(Target& target, const Frame& f) {
  const Addr pc = f.exact ? f.pc : f.pc - 1;
  return pc - target.symbols().bias();
}

/// A register by DWARF's number (System V ABI for AMD64, figure 3.36). Only the innermost frame has
/// its registers: Go's functions save none for their callers.
std::optional<u64> register_of(Target& target, const Frame& f, unsigned number) {
  constexpr u8 kGpr[] = {0, 2, 1, 3, 6, 7, 5, 4, 8, 9, 10, 11, 12, 13, 14, 15};
  constexpr unsigned kStackPointer = 7, kFirstVector = 17;
  if (number == kStackPointer) return f.sp.value;
  const auto* thread = f.thread == 0 ? nullptr : target.machine().kernel().find_thread(f.thread);
  if (thread == nullptr) return std::nullopt;
  const auto& regs = target.registers(*thread);
  if (number < std::size(kGpr)) return regs.gpr(kGpr[number]);
  if (number >= kFirstVector && number < kFirstVector + 16)
    return regs.ymm[number - kFirstVector].lanes<u64>()[0];
  return std::nullopt;
}

void take(Held& held, std::size_t at, std::span<const u8> bytes) {
  for (std::size_t i = 0; i < bytes.size() && at + i < held.bytes.size(); ++i)
    held.bytes[at + i] = bytes[i], held.known[at + i] = true;
}

class Finder {
 public:
  Finder(Values& values, const Frame& frame)
      : values_(values), target_(values.target), frame_(frame) {
    context_.pc = lookup_pc(target_, frame);
    context_.bias = target_.symbols().bias();
    if (frame.cfa != Addr()) context_.cfa = frame.cfa.value;
    context_.reg = [this](unsigned n) { return register_of(target_, frame_, n); };
    context_.word = [this](Addr a) { return target_.memory().try_number(a); };
  }

  /// The frame's own scope: the debug information's chain of inlined functions is pclntab's.
  const golang::VariableScope* scope() {
    const auto& all = target_.debug_info().scopes_at(context_.pc);
    if (all.empty()) return nullptr;
    if (frame_.inlined.empty()) return &all.front();
    for (std::size_t i = all.size(); i-- > 1;)
      if (all[i].function == frame_.inlined) return &all[i];
    return nullptr;
  }

  Local local(const golang::LocalVariable& v) {
    Local out{v.name, v.parameter, v.result, {}, false};
    target_.complete(v.type);
    const auto& layout = target_.layouts().type(v.type);
    const auto pieces = target_.debug_info().locate(v, context_, layout.size);
    const auto whole = value_of(v, pieces);
    out.lost = !whole || values_.lost(*whole);
    if (out.lost) return out;
    out.value = *whole;
    if (v.in_heap) {
      const u64 at = values_.number(*whole);
      out.lost = at == 0;
      if (!out.lost) out.value = values_.pointee(*whole);
    }
    out.value.field = v.name, out.value.owner = {};
    return out;
  }

 private:
  std::optional<Value> value_of(const golang::LocalVariable& v,
                                const std::vector<ValuePiece>& pieces) {
    if (pieces.empty()) return std::nullopt;
    const bool together = pieces.size() == 1 && pieces[0].in == ValuePiece::In::memory;
    if (together) return values_.place(Addr(pieces[0].where), v.type, 8);
    auto held = std::make_shared<Held>();
    u64 size = 0;
    for (const ValuePiece& p : pieces) size += std::min(p.size, kMostBytes);
    if (size > kMostBytes) return std::nullopt;
    held->bytes.resize(size), held->known.resize(size);
    std::size_t at = 0;
    for (const ValuePiece& p : pieces) {
      gather(*held, at, p);
      at += p.size;
    }
    Value out = values_.place(Addr(), v.type, 8);
    out.held = std::move(held);
    return out;
  }

  void gather(Held& held, std::size_t at, const ValuePiece& p) {
    std::optional<u64> word;
    if (p.in == ValuePiece::In::reg)
      word = register_of(target_, frame_, static_cast<unsigned>(p.where));
    if (p.in == ValuePiece::In::constant) word = p.where;
    if (p.in == ValuePiece::In::memory) {
      std::vector<u8> bytes(p.size);
      if (target_.memory().try_read(Addr(p.where), bytes)) take(held, at, bytes);
    } else if (word) {
      const u64 value = *word;
      take(held, at, {reinterpret_cast<const u8*>(&value), std::min<u64>(8, p.size)});
    }
  }

  Values& values_;
  Target& target_;
  const Frame& frame_;
  golang::LocationContext context_;
};

[[noreturn]] void say_why_unknown(Target& target, const Frame& frame) {
  switch (target.debug_info().state()) {
    case DwarfFile::State::absent:
      user_error(
          "Of variables nothing is known: this program was linked without debug information "
          "(-ldflags=-w or -s), or stripped.");
    case DwarfFile::State::no_library:
      user_error(
          "Of variables nothing is known: there is no libdw.so.1 on this machine, which reads "
          "debug information (Debian's package libdw1).");
    case DwarfFile::State::damaged:
      user_error("Of variables nothing is known: the program's debug information is damaged.");
    case DwarfFile::State::open:
      break;
  }
  user_error("The debug information does not describe the variables of {}.", function_name(frame));
}

}  // namespace

std::vector<Local> known_locals_of(Values& values, const Frame& frame) {
  Finder finder(values, frame);
  std::vector<Local> out;
  if (const auto* scope = finder.scope())
    for (const auto& v : std::vector(scope->variables)) out.push_back(finder.local(v));
  return out;
}

std::vector<Local> locals_of(Values& values, const Frame& frame) {
  if (Finder(values, frame).scope() == nullptr) say_why_unknown(values.target, frame);
  return known_locals_of(values, frame);
}

std::optional<Value> local_named(Values& values, const Frame& frame, std::string_view name) {
  Finder finder(values, frame);
  const auto* scope = finder.scope();
  if (scope == nullptr) return std::nullopt;
  for (std::size_t i = scope->variables.size(); i-- > 0;) {
    const golang::LocalVariable v = scope->variables[i];
    if (v.name != name) continue;
    const Local local = finder.local(v);
    if (local.lost) user_error("The variable {} is optimised away here.", name);
    return local.value;
  }
  return std::nullopt;
}

VariableLine variable_line(Values& values, const Local& local) {
  VariableLine out;
  out.fields = {{"name", local.name}};
  if (local.lost) {
    out.text = fmt::format("{} = {}", local.name, kLost);
    out.fields.emplace_back("lost", true);
    return out;
  }
  auto value = value_fields(values, local.value, 0);
  out.text = fmt::format("{} = {}", local.name, value_text(values, local.value, 0));
  out.fields.insert(out.fields.end(), value.begin(), value.end());
  return out;
}

bool names_variable(Target& target, Addr pc, std::string_view name) {
  const auto& scopes = target.debug_info().scopes_at(pc - target.symbols().bias());
  return std::ranges::any_of(scopes, [&](const auto& scope) {
    return std::ranges::find(scope.variables, name, &golang::LocalVariable::name) !=
           scope.variables.end();
  });
}

namespace {

/// What a frame's function was called with: each with its value in short.
std::vector<std::pair<std::string, std::string>> arguments_of(Target& target, const Frame& frame) {
  Variables none;
  Values values(target, none);
  Finder finder(values, frame);
  const auto* scope = finder.scope();
  std::vector<std::pair<std::string, std::string>> out;
  if (scope == nullptr) return out;
  for (const auto& v : std::vector(scope->variables)) {
    if (!v.parameter || v.result) continue;
    const Local local = finder.local(v);
    out.emplace_back(v.name, local.lost ? std::string(kLost) : short_text(values, local.value));
  }
  return out;
}

}  // namespace

std::string arguments_text(Target& target, const Frame& frame) {
  constexpr std::size_t kMostText = 200;
  std::string out;
  for (const auto& [name, value] : arguments_of(target, frame)) {
    if (out.size() > kMostText) return out + ", …";
    out += fmt::format("{}{}={}", out.empty() ? "" : ", ", name, value);
  }
  return out;
}

Data::List argument_fields(Target& target, const Frame& frame) {
  Data::List out;
  for (const auto& [name, value] : arguments_of(target, frame))
    out.emplace_back(Data::Fields{{"name", name}, {"text", value}});
  return out;
}

}  // namespace rt0::debug
