#include "runtime_model/model/new_type.hpp"

#include <fmt/format.h>

#include "emulator/decode/insn.hpp"

namespace runtime_model::model {

using emulator::cpu::rax;
using emulator::decode::Decoder;
using emulator::decode::Insn;
using emulator::decode::OperandKind;

Addr type_of_new(Runtime& rt, std::string_view function, unsigned nth) {
  const auto* f = rt.guest().symbols.function(function);
  Runtime::require(f != nullptr, "new(T) of a function that the program does not have");
  std::vector<u8> code(f->size());
  rt.memory().read(f->entry, code);
  const Addr newobject = rt.function("runtime.newobject");
  const Decoder decoder;
  Addr loaded;  // cmd/compile/abi-internal.md: the first argument travels in RAX
  for (u64 at = 0; at < code.size();) {
    Insn insn;
    if (decoder.decode(std::span(code).subspan(at), f->entry + at, insn) != Decoder::Status::ok)
      break;
    const std::string_view name = Decoder::name(insn.mnemonic);
    const auto& [to, from] = std::tie(insn.operand[0], insn.operand[1]);
    if (name == "lea" && to.reg == 8 * rax && from.kind == OperandKind::mem && from.absolute)
      loaded = Addr(static_cast<u64>(from.value));
    if (name == "call" && insn.near_branch && Addr(static_cast<u64>(to.value)) == newobject &&
        nth-- == 0)
      return loaded;
    at += insn.length;
  }
  throw Thrown(fmt::format("the code of {} has no such new(T)", function));
}

}  // namespace runtime_model::model
