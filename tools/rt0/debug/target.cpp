#include "tools/rt0/debug/target.hpp"

#include <algorithm>
#include <array>

#include "emulator/base/error.hpp"
#include "emulator/base/hex.hpp"
#include "emulator/decode/go_syntax.hpp"
#include "runtime_model/golang/wait_reasons.hpp"
#include "runtime_model/model/peek.hpp"
#include "tools/rt0/debug/glimpse.hpp"
#include "tools/rt0/session.hpp"

namespace rt0::debug {

using emulator::base::hex;
using emulator::base::user_error;
using emulator::cpu::Registers;
using emulator::decode::Decoder;
using emulator::kernel::Thread;

Target::Target(const RunOptions& options, emulator::kernel::Host& host,
               emulator::machine::TimelineSettings limits) {
  (void)settings_of(options);  // a bad option is said before a bad program
  program_ = load_program(options.program.empty() ? std::string() : options.program.front());
  MachineParts parts = machine_parts(options, program_);
  timeline_ = std::make_unique<emulator::machine::Timeline>(std::move(parts.settings),
                                                            std::move(parts.image), host, limits);
  guest_ = std::make_unique<runtime_model::model::Guest>(*program_.image, program_.symbols,
                                                         program_.build);
  layouts_ = guest_->layouts;
  view_memory_ = std::make_unique<GuestMemory>(machine().memory());
  glimpse_ = std::make_unique<Glimpse>(options, program_, *guest_, *timeline_);
}
Target::~Target() = default;

golang::Views Target::views() { return golang::Views(*view_memory_, guest_->tables); }

golang::DebugInfo& Target::debug_info() {
  if (!debug_info_)
    debug_info_ =
        std::make_unique<golang::DebugInfo>(golang::DwarfFile::open(*program_.image), layouts_);
  return *debug_info_;
}

void Target::complete(golang::TypeId type) {
  if (debug_info_) debug_info_->complete(type);
  if (runtime_types_) runtime_types_->complete(type);
}

std::optional<golang::TypeId> Target::described_type(Addr description) {
  if (const auto known = debug_info().type_at(description - program_.symbols.bias())) return known;
  if (!runtime_types_) {
    const auto module = views().firstmoduledata();
    if (!module.types().exists()) return std::nullopt;
    runtime_types_.emplace(layouts_, module.types(), module.etypes(), program_.build.release.minor,
                           [this](Addr a, std::span<u8> out) { return memory().try_read(a, out); });
  }
  return runtime_types_->at(description);
}

golang::InlinedBodies& Target::inlined() {
  if (!inlined_) {
    const auto module = views().firstmoduledata();
    const Addr gofunc = module.gofunc().exists() ? module.gofunc().get() : Addr();
    inlined_.emplace(program_.symbols, gofunc, [this](Addr a) {
      return static_cast<u32>(memory().try_number(a, 4).value_or(0));
    });
  }
  return *inlined_;
}

golang::Names& Target::names() {
  const u64 now = position();
  if (!names_ || now < names_at_ || std::exchange(names_stale_, false))
    names_.emplace(views(), layouts_, guest_->globals, program_.symbols);
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

void Target::choose_thread(const Thread* t) {
  chosen_ = t == nullptr ? 0 : t->tid;
  parked_ = Addr();
}

const Thread* Target::thread_of(Addr g) {
  const auto& threads = machine().kernel().threads();
  for (const auto& t : threads)
    if (current_g(*t) == g) return t.get();
  for (const auto& t : threads) try {
      const golang::M m = views().g(current_g(*t)).m();
      if (m && m.curg() == g) return t.get();
    } catch (const emulator::base::UserError&) {  // a thread without a goroutine
    }
  return nullptr;
}

void Target::choose_goroutine(Addr g) {
  if (const Thread* t = thread_of(g)) return choose_thread(t);
  const golang::Gobuf saved = views().g(g).sched();
  saved_ = {};
  saved_.rip = saved.pc().get().value;
  saved_[emulator::cpu::rsp] = saved.sp().get().value;
  if (saved.bp().exists()) saved_[emulator::cpu::rbp] = saved.bp().get().value;
  parked_ = g, parked_at_ = position();
}

std::string Target::wait_reason(u64 reason) {
  if (!wait_reasons_) wait_reasons_ = golang::wait_reasons(*program_.image, *view_memory_);
  return reason < wait_reasons_->size() ? (*wait_reasons_)[reason] : fmt::format("{}", reason);
}

const Registers& Target::registers() { return parked() != Addr() ? saved_ : registers(thread()); }
const Registers& Target::registers(const Thread& t) { return machine().registers(t); }

Addr Target::current_g() {
  if (over()) return {};
  return parked() != Addr() ? parked() : current_g(thread());
}
Addr Target::current_g(const Thread& t) {
  // rt0_go tries the word with a number that is no g.
  const Addr g(g_word(t).value_or(0));
  return memory().try_number(g) ? g : Addr();
}
std::optional<u64> Target::g_word(const Thread& t) {
  const u64 base = registers(t).fs_base();
  return base == 0 ? std::nullopt : memory().try_number(Addr(base - 8));
}

void Target::write(Addr to, std::span<const u8> bytes) {
  if (!timeline_->write_memory(to, bytes)) user_error("Cannot write memory at {}.", hex(to));
}

golang::TypeId Target::type(std::string_view name) const {
  const auto* found = layouts().find(name);
  return found == nullptr ? 0 : layouts().field(*found, "")->type;
}

std::optional<golang::FoundPlace> Target::own_object(char kind) {
  const Addr g = current_g();
  if (g == Addr()) return std::nullopt;
  const auto typed = [&](Addr at, std::string_view name) {
    return at == Addr() ? std::nullopt : std::optional(golang::FoundPlace{at, type(name)});
  };
  if (kind == 'g') return typed(g, "runtime.g");
  const Addr m = views().g(g).m().get();
  if (kind == 'm' || m == Addr()) return typed(m, "runtime.m");
  return typed(views().m(m).p().get(), "runtime.p");
}

std::optional<golang::FoundPlace> Target::object(const golang::ObjectName& name) {
  if (const auto found = finder().find(name)) return found;
  return place_to_come(name.text());
}

std::optional<golang::FoundPlace> Target::object(std::string_view name) {
  if (name == "g" || name == "m" || name == "p") return own_object(name.front());
  std::string_view rest = name;
  if (const auto object_name = golang::ObjectName::take(rest); object_name && rest.empty())
    return object(*object_name);
  return finder().find_variable(name);
}

std::optional<golang::FoundPlace> Target::place_to_come(std::string_view name) {
  std::string_view path = name;
  const auto object = golang::ObjectName::take(path);
  if (over() || moves_ || !object) return std::nullopt;
  const auto later = glimpse_->find(name);
  // A span's memory is there before anything in it.
  const bool memory = object->kind == golang::ObjectName::Kind::span;
  const bool there = later && (memory ? this->memory().try_number(later->address).has_value()
                                      : finder().is_made(later->address));
  return there ? later : std::nullopt;
}

bool Target::has_data(std::string_view symbol) {
  if (data_.empty())
    for (const auto& d : symbols().data_symbols()) data_.insert(d.name);
  return data_.contains(symbol);
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
