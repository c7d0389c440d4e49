#include "tools/rt0/debug/target.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "emulator/base/error.hpp"
#include "emulator/base/hex.hpp"
#include "emulator/decode/go_syntax.hpp"
#include "runtime_model/model/peek.hpp"
#include "tools/rt0/session.hpp"

namespace rt0::debug {

using emulator::base::hex;
using emulator::base::user_error;
using emulator::cpu::Registers;
using emulator::decode::Decoder;
using emulator::kernel::Thread;

namespace {

constexpr u64 kMostObjects = u64{1}
                             << 20;  // of a list in the guest's memory, which may hold anything

}  // namespace

Target::Target(const RunOptions& options, emulator::kernel::Host& host,
               emulator::machine::TimelineSettings limits) {
  (void)settings_of(options);  // a bad option is said before a bad program
  program_ = load_program(options.program.empty() ? std::string() : options.program.front());
  MachineParts parts = machine_parts(options, program_);
  timeline_ = std::make_unique<emulator::machine::Timeline>(std::move(parts.settings),
                                                            std::move(parts.image), host, limits);
  guest_ = std::make_unique<runtime_model::model::Guest>(*program_.image, program_.symbols,
                                                         program_.build);
  view_memory_ = std::make_unique<GuestMemory>(machine().memory());
}

golang::Views Target::views() { return golang::Views(*view_memory_, guest_->tables); }

golang::Names& Target::names() {
  const u64 now = position();
  if (!names_ || now < names_at_ || std::exchange(names_stale_, false))
    names_.emplace(views(), guest_->layouts, guest_->globals, program_.symbols);
  else if (now != names_at_)
    names_->refresh();
  names_at_ = now;
  return *names_;
}

const Thread& Target::thread() {
  if (chosen_ != 0)
    if (const Thread* t = machine().kernel().find_thread(chosen_)) return *t;
  const Thread* t = machine().kernel().find_thread(timeline_->thread());
  if (t == nullptr || over()) user_error("The program is not being run: its process has ended.");
  return *t;
}

void Target::choose_thread(const Thread* t) { chosen_ = t == nullptr ? 0 : t->tid; }

const Registers& Target::registers() { return registers(thread()); }
const Registers& Target::registers(const Thread& t) { return machine().registers(t); }

Addr Target::current_g() { return over() ? Addr() : current_g(thread()); }
Addr Target::current_g(const Thread& t) {
  return runtime_model::model::current_g(machine().memory(), registers(t));
}

void Target::write(Addr to, std::span<const u8> bytes) {
  if (!timeline_->write_memory(to, bytes)) user_error("Cannot write memory at {}.", hex(to));
}

golang::TypeId Target::type(std::string_view name) const {
  const auto* found = layouts().find(name);
  return found == nullptr ? 0 : layouts().field(*found, "")->type;
}

std::optional<Addr> Target::goroutine(u64 goid) {
  const auto all = views().allgs();
  for (u64 i = 0; i < std::min<u64>(all.len(), kMostObjects); ++i)
    if (const golang::G g = all[i]; g && static_cast<u64>(g.goid()) == goid) return g.address();
  return std::nullopt;
}

std::optional<Addr> Target::m_of(u64 id) {
  golang::M m = views().allm();
  for (u64 i = 0; m && i < kMostObjects; ++i, m = m.alllink())
    if (static_cast<u64>(m.id()) == id) return m.address();
  // Before the runtime has made its list there is m0 all the same.
  return id == 0 ? guest_->globals.address("runtime.m0") : std::nullopt;
}

std::optional<std::pair<Addr, golang::TypeId>> Target::object(std::string_view name) {
  const auto typed =
      [&](std::optional<Addr> at,
          std::string_view type_name) -> std::optional<std::pair<Addr, golang::TypeId>> {
    if (!at || *at == Addr()) return std::nullopt;
    return std::pair(*at, type(type_name));
  };
  u64 number = 0;
  const auto* const end = name.data() + name.size();
  const bool numbered = name.size() > 1 && std::from_chars(name.data() + 1, end, number).ptr == end;
  const Addr g = current_g();
  if (numbered && name[0] == 'g' && number != 0) return typed(goroutine(number), "runtime.g");
  if (numbered && name[0] == 'm') return typed(m_of(number), "runtime.m");
  if (numbered && name[0] == 'p' && number < views().allp().len())
    return typed(views().allp(number).get(), "runtime.p");
  if (name == "g") return typed(g, "runtime.g");
  if (name == "m" && g != Addr()) return typed(views().g(g).m().get(), "runtime.m");
  if (name == "p" && g != Addr() && views().g(g).m())
    return typed(views().g(g).m()->p().get(), "runtime.p");
  for (const std::string& full : {std::string(name), "runtime." + std::string(name)})
    if (const auto at = guest_->globals.address(full))
      return std::pair(*at, layouts().variable_type(full).value_or(0));
  return std::nullopt;
}

std::string Target::name_of(Addr a) {
  if (std::string known = names().object(a); !known.empty()) return known;
  std::string text = names().name(a);
  return text.starts_with("0x") ? std::string() : text;
}
std::string Target::describe(Addr a) {
  std::string text = name_of(a);
  return text.empty() ? hex(a) : text;
}

CodeLine Target::code_at(Addr pc, Flavor flavor) {
  CodeLine line;
  line.pc = pc;
  std::array<u8, 15> bytes{};
  std::size_t have = bytes.size();
  while (have > 0 && !machine().memory().peek(pc, std::span(bytes).first(have))) --have;
  if (have == 0) user_error("Cannot access memory at address {}", hex(pc));
  const auto code = std::span<const u8>(bytes).first(have);
  const Decoder& decoder = machine().decoder();
  if (const auto at = symbols().locate(pc)) line.where = fmt::format("<+{}>", at.offset);
  line.valid = decoder.decode(code, pc, line.insn) == Decoder::Status::ok;
  if (!line.valid) {
    line.text = fmt::format("(bad) {:#04x}", bytes[0]);
    return line;
  }
  line.length = line.insn.length;
  const auto name = [&](Addr a) { return name_of(a); };
  if (flavor == Flavor::go) {
    line.text = emulator::decode::go_syntax(line.insn, name);
    return line;
  }
  line.text = decoder.format(
      code, pc,
      flavor == Flavor::att ? emulator::decode::Syntax::att : emulator::decode::Syntax::intel);
  for (u8 i = 0; i < line.insn.operands; ++i) {
    const auto& o = line.insn.operand[i];
    const bool address = (o.kind == emulator::decode::OperandKind::mem && o.absolute) ||
                         (i == 0 && line.insn.near_branch);
    if (!address) continue;
    const Addr to(static_cast<u64>(o.value));
    const std::string n = name_of(to);
    if (n.empty()) continue;
    if (line.insn.near_branch)
      line.text += fmt::format(" <{}>", n);
    else
      line.note = fmt::format("<{}>", n);
  }
  return line;
}

std::vector<CodeLine> Target::code_from(Addr pc, std::size_t count, Flavor flavor,
                                        std::optional<Addr> end) {
  std::vector<CodeLine> out;
  while (out.size() < count && (!end || pc < *end)) {
    u8 byte = 0;
    if (!out.empty() && !machine().memory().peek(pc, std::span(&byte, 1))) break;
    out.push_back(code_at(pc, flavor));
    pc += out.back().length;
  }
  return out;
}

std::vector<Addr> Target::instructions_before(Addr pc) {
  std::vector<Addr> out;
  const auto* f = symbols().function_at(pc);
  if (f == nullptr) return {pc};
  emulator::decode::Insn insn;
  for (Addr at = f->entry; at < pc;) {
    std::array<u8, 15> bytes{};
    std::size_t have = bytes.size();
    while (have > 0 && !machine().memory().peek(at, std::span(bytes).first(have))) --have;
    if (have == 0) break;
    out.push_back(at);
    const auto status =
        machine().decoder().decode(std::span<const u8>(bytes).first(have), at, insn);
    at += status == Decoder::Status::ok ? insn.length : 1;
  }
  out.push_back(pc);
  return out;
}

}  // namespace rt0::debug
