#include "runtime_model/model/code_facts.hpp"

#include <fmt/format.h>

#include "emulator/base/error.hpp"
#include "emulator/decode/insn.hpp"

namespace runtime_model::model {

using emulator::base::Unimplemented;
using emulator::decode::Decoder;
using emulator::decode::Insn;
using emulator::decode::OperandKind;

namespace {

/// Visits the instructions of a function of the guest until `visit` returns true.
template <class Visit>
void for_each_insn(Runtime& rt, std::string_view function, Visit visit) {
  const auto* f = rt.guest().symbols.function(function);
  if (f == nullptr) return;
  std::vector<u8> code(f->size());
  rt.memory().read(f->entry, code);
  const Decoder decoder;
  for (u64 at = 0; at < code.size();) {
    Insn insn;
    if (decoder.decode(std::span(code).subspan(at), f->entry + at, insn) != Decoder::Status::ok ||
        visit(insn))
      return;
    at += insn.length;
  }
}

}  // namespace

Addr constant_argument(Runtime& rt, std::string_view function, std::string_view callee,
                       emulator::cpu::Gpr reg, unsigned nth) {
  const auto targets = rt.guest().entries(callee);
  Addr loaded, found;
  for_each_insn(rt, function, [&](const Insn& insn) {
    const auto& to = insn.operand[0];
    const auto& from = insn.operand[1];
    if (Decoder::name(insn.mnemonic) == "lea" && to.reg == 8 * reg &&
        from.kind == OperandKind::mem && from.absolute)
      loaded = Addr(static_cast<u64>(from.value));
    if (insn.flow != emulator::decode::Flow::call || !insn.near_branch) return false;
    for (const Entry& e : targets)
      if (e.address.value == static_cast<u64>(to.value) && nth-- == 0) {
        found = loaded;
        return true;
      }
    return false;
  });
  if (found == Addr())
    throw Unimplemented(
        fmt::format("in this program {} does not call {} as expected", function, callee));
  return found;
}

Addr flag_tested(Runtime& rt, std::string_view function, unsigned nth) {
  Addr found;
  for_each_insn(rt, function, [&](const Insn& insn) {
    const auto& what = insn.operand[0];
    const auto& with = insn.operand[1];
    if (Decoder::name(insn.mnemonic) != "cmp" || what.kind != OperandKind::mem || !what.absolute ||
        what.bits != 8 || with.kind != OperandKind::imm || with.value != 0 || nth-- != 0)
      return false;
    found = Addr(static_cast<u64>(what.value));
    return true;
  });
  return found;
}

namespace {

/// The `nth` absolute address that `mnemonic` reads, of so many bits if they are not zero.
Addr address_read(Runtime& rt, std::string_view function, std::string_view mnemonic, unsigned bits,
                  unsigned nth) {
  Addr found;
  for_each_insn(rt, function, [&](const Insn& insn) {
    const auto& from = insn.operand[1];
    if (Decoder::name(insn.mnemonic) != mnemonic || from.kind != OperandKind::mem ||
        !from.absolute || (bits != 0 && from.bits != bits) || nth-- != 0)
      return false;
    found = Addr(static_cast<u64>(from.value));
    return true;
  });
  return found;
}

/// The first absolute address that `function` takes and `wanted` says yes to; zero when there is
/// none.
template <class Wanted>
Addr first_taken(Runtime& rt, std::string_view function, Wanted wanted) {
  Addr found;
  for_each_insn(rt, function, [&](const Insn& insn) {
    const auto& from = insn.operand[1];
    if (Decoder::name(insn.mnemonic) != "lea" || from.kind != OperandKind::mem || !from.absolute)
      return false;
    const Addr at(static_cast<u64>(from.value));
    if (wanted(at)) found = at;
    return found != Addr();
  });
  return found;
}

}  // namespace

Addr variable_loaded(Runtime& rt, std::string_view function, unsigned nth) {
  return address_read(rt, function, "mov", 64, nth);
}

Addr address_taken(Runtime& rt, std::string_view function, unsigned nth) {
  return address_read(rt, function, "lea", 0, nth);
}

Addr text_taken(Runtime& rt, std::string_view function, std::string_view text) {
  return first_taken(rt, function, [&](Addr at) {
    // Byte by byte: what is taken may end sooner than the text, and its page with it.
    u64 same = 0;
    while (same < text.size() && rt.load<char>(at + same) == text[same]) ++same;
    return same == text.size();
  });
}

Addr function_value(Runtime& rt, std::string_view function, Addr entry) {
  // A string constant may end closer than a word to the end of its page.
  const Addr found = first_taken(
      rt, function, [&](Addr at) { return at.value % 8 == 0 && rt.load<Addr>(at) == entry; });
  if (found == Addr())
    throw Unimplemented(fmt::format("in this program {} uses no such function value", function));
  return found;
}

}  // namespace runtime_model::model
