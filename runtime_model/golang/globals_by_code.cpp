// Globals of a stripped program, from functions that its release has in common with one that was
// read when its symbols were there.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>

#include "runtime_model/golang/code_shape.hpp"
#include "runtime_model/golang/dwarf.hpp"
#include "runtime_model/golang/globals.hpp"

namespace runtime_model::golang {

using emulator::decode::Decoder;
using emulator::decode::Insn;
using emulator::decode::OperandKind;
using emulator::kernel::ElfImage;

namespace {

// A line is: function, fingerprint of its code, and the references of it that lead to a global:
//   runtime.schedinit 1f0c3a5be90d4417 2:runtime.sched+24 7:runtime.sched
constexpr std::string_view kCode =
#include "runtime_model/golang/code_tables.inc"
    ;

std::string_view take_until(std::string_view& text, char end) {
  const std::string_view word = text.substr(0, text.find(end));
  text.remove_prefix(std::min(text.size(), word.size() + 1));
  return word;
}

u64 number(std::string_view text, int base) {
  u64 value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value, base);
  return value;
}

bool is_in(const ElfImage& image, Addr link_time) {
  return std::ranges::any_of(image.segments, [&](const auto& segment) {
    return segment.address <= link_time && link_time < segment.end();
  });
}

/// Where functions say that globals are. Several may know of one, and they should agree.
class Votes {
 public:
  struct Candidate {
    u32 votes = 0;
    std::string_view function;  ///< the first that said so
  };

  void cast(std::string_view global, Addr address, std::string_view function) {
    Candidate& candidate = by_name_[global][address];
    if (candidate.votes++ == 0) candidate.function = function;
  }

  /// Calls `take` for each global that more functions agree on than on any other place of it.
  template <class Take>
  void count(Take take) const {
    for (const auto& [name, places] : by_name_) {
      const auto most = std::ranges::max_element(
          places, {}, [](const auto& place) { return place.second.votes; });
      const auto rivals = std::ranges::count_if(
          places, [&](const auto& place) { return place.second.votes == most->second.votes; });
      if (rivals == 1) take(name, most->first, most->second.function);
    }
  }

 private:
  std::map<std::string_view, std::map<Addr, Candidate>> by_name_;
};

bool is_runtime(std::string_view function) {
  return function.starts_with("runtime.") || function.starts_with("internal/runtime/");
}

/// The variable whose address `insn` loads into RAX, for a method to be called on.
std::optional<Addr> receiver_in(const Insn& insn, const SymbolTable& symbols) {
  const auto& to = insn.operand[0];
  const auto& from = insn.operand[1];
  if (Decoder::name(insn.mnemonic) != "lea" || to.kind != OperandKind::reg ||
      to.reg != 8 * emulator::cpu::rax || !from.absolute)
    return std::nullopt;
  return Addr(static_cast<u64>(from.value) + symbols.bias());
}

/// mheap_ is what mallocinit calls (*mheap).init on: its first LEA into RAX directly before a CALL.
/// So in every release, and stronger than any vote on an offset inside of it.
std::optional<Addr> mheap_of_mallocinit(const CodeReader& reader, const SymbolTable& symbols) {
  const Function* mallocinit = symbols.function("runtime.mallocinit");
  if (mallocinit == nullptr) return std::nullopt;
  std::optional<Addr> loaded, found;
  reader.each_instruction(*mallocinit, [&](const Insn& insn, std::span<const u8>) {
    if (insn.flow == emulator::decode::Flow::call && loaded) found = loaded;
    loaded = receiver_in(insn, symbols);
    return !found;
  });
  return found;
}

/// gcController is what findRunnable calls findRunnableGCWorker on.
std::optional<Addr> controller_of_search(const CodeReader& reader, const SymbolTable& symbols) {
  const Function* search = symbols.function("runtime.findRunnable");
  const Function* method = symbols.function("runtime.(*gcControllerState).findRunnableGCWorker");
  if (search == nullptr || method == nullptr) return std::nullopt;
  std::optional<Addr> loaded, found;
  reader.each_instruction(*search, [&](const Insn& insn, std::span<const u8>) {
    if (const auto receiver = receiver_in(insn, symbols)) loaded = receiver;
    if (insn.flow == emulator::decode::Flow::call && insn.near_branch &&
        Addr(static_cast<u64>(insn.operand[0].value) + symbols.bias()) == method->entry)
      found = loaded;
    return !found;
  });
  return found;
}

/// A variable one of whose fields a function sets to a number that it sets nothing else to.
struct Store {
  std::string_view function, variable, field;
  i64 value;
};
constexpr Store kStores[] = {
    {"runtime.gcinit", "runtime.gcController", "heapMinimum", 4 << 20},  // until go1.18
    {"runtime.gcenable", "runtime.memstats", "enablegc", 1},
};

std::optional<Addr> variable_of(const Store& store, const CodeReader& reader,
                                const SymbolTable& symbols, const Layouts& layouts) {
  const Function* function = symbols.function(store.function);
  const StructLayout* variable = layouts.variable(store.variable);
  if (function == nullptr || variable == nullptr) return std::nullopt;
  const auto field = layouts.field(*variable, store.field);
  if (!field) return std::nullopt;
  std::optional<Addr> found;
  reader.each_instruction(*function, [&](const Insn& insn, std::span<const u8>) {
    const auto& to = insn.operand[0];
    const auto& from = insn.operand[1];
    if (Decoder::name(insn.mnemonic) == "mov" && to.kind == OperandKind::mem && to.absolute &&
        from.kind == OperandKind::imm && from.value == store.value)
      found = Addr(static_cast<u64>(to.value) - field->offset + symbols.bias());
    return !found;
  });
  return found;
}

}  // namespace

void Globals::take_code(const ElfImage& image, const SymbolTable& symbols, const Layouts& layouts) {
  const CodeReader reader(image, symbols);
  if (const auto mheap = mheap_of_mallocinit(reader, symbols))
    add("runtime.mheap_", *mheap, "runtime.mallocinit");
  if (const auto controller = controller_of_search(reader, symbols))
    add("runtime.gcController", *controller, "runtime.findRunnable");
  for (const Store& store : kStores)
    if (const auto found = variable_of(store, reader, symbols, layouts))
      add(store.variable, *found, store.function);
  std::map<const Function*, CodeShape> shapes;
  Votes votes;
  for (std::string_view rest = kCode; !rest.empty();) {
    std::string_view line = take_until(rest, '\n');
    const std::string_view name = take_until(line, ' ');
    const u64 fingerprint = number(take_until(line, ' '), 16);
    for (const Function* function : symbols.find(name)) {
      if (!shapes.contains(function)) shapes[function] = reader.read(*function);
      const CodeShape& shape = shapes[function];
      if (shape.fingerprint != fingerprint) continue;
      for (std::string_view words = line; !words.empty();) {
        std::string_view global = take_until(words, ' ');
        const u64 which = number(take_until(global, ':'), 10);
        const std::string_view variable = take_until(global, '+');
        if (which >= shape.references.size() || !layouts.variable_type(variable)) continue;
        const Addr address = shape.references[which] - number(global, 10);
        if (is_in(image, address - symbols.bias())) votes.cast(variable, address, function->name);
      }
    }
  }
  votes.count([&](std::string_view name, Addr address, std::string_view function) {
    add(name, address, function);
  });
}

std::string Globals::code_text(const ElfImage& image, const SymbolTable& symbols) {
  const CodeReader reader(image, symbols);
  const auto wanted = wanted_variables();
  std::string out;
  for (const Function& function : symbols.functions()) {
    if (!is_runtime(function.name) || function.code == Code::wrapper) continue;
    const CodeShape shape = reader.read(function);
    std::string found;
    for (std::size_t i = 0; i < shape.references.size(); ++i) {
      const DataSymbol* data = symbols.data_at(shape.references[i]);
      if (data == nullptr || !std::ranges::binary_search(wanted, data->name)) continue;
      const u64 offset = shape.references[i] - data->address;
      found += fmt::format(" {}:{}", i, data->name);
      if (offset != 0) found += fmt::format("+{}", offset);
    }
    if (!found.empty())
      out += fmt::format("code {} {:016x}{}\n", function.name, shape.fingerprint, found);
  }
  return out;
}

}  // namespace runtime_model::golang
