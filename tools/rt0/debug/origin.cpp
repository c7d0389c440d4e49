#include "tools/rt0/debug/origin.hpp"

#include <algorithm>
#include <array>

#include "emulator/base/error.hpp"
#include "emulator/base/hex.hpp"
#include "emulator/semantics/table.hpp"
#include "tools/rt0/landmarks.hpp"

namespace rt0::debug {

using emulator::base::hex;
using emulator::base::user_error;
using emulator::cpu::PlaceKind;
using emulator::decode::Flow;
using emulator::decode::Operand;
using emulator::decode::OperandKind;
using emulator::decode::RegClass;
using emulator::kernel::Tid;
using emulator::machine::ByteRange;
using emulator::machine::Executed;
using emulator::machine::RegisterPlace;
using emulator::machine::Writer;
using emulator::machine::WrittenBy;

namespace {

constexpr int kMostHops = 32;

/// A place whose history is asked for.
struct Place {
  bool memory = false;
  ByteRange bytes;
  RegisterPlace reg;
  Tid thread = 0;
  std::string name;
};

std::string register_text(RegisterPlace p) {
  switch (p.kind) {
    case PlaceKind::gpr:
      return std::string(emulator::cpu::gpr_name(p.index));
    case PlaceKind::ymm:
      return fmt::format("xmm{}", p.index);
    case PlaceKind::flags:
      return "eflags";
    case PlaceKind::fs_base:
      return "fs_base";
    case PlaceKind::gs_base:
      return "gs_base";
    default:
      return "mxcsr";
  }
}

Place to_place(Debugger& d, const Value& what, const std::string& name) {
  const Value v = as_place(d, what);
  Place p;
  p.name = name;
  p.thread = d.target.thread().tid;
  if (v.held) user_error("{} lies in registers here: say which.", name);
  if (v.kind == Value::Kind::place) {
    p.memory = true, p.bytes = {v.at, std::max(1u, v.size)};
  } else if (v.kind == Value::Kind::reg || v.kind == Value::Kind::vector) {
    p.reg = register_place(v.reg);
  } else {
    user_error("\"{}\" is a number, not a place; for the memory at an address say *{}.", name,
               name);
  }
  return p;
}

std::optional<Writer> last(Debugger& d, const Place& p, u64 position) {
  return p.memory ? d.target.timeline().last_write(p.bytes, position)
                  : d.target.timeline().last_write(p.reg, p.thread, position);
}

/// As the place reads, when it is one of the runtime's.
std::string value_text(Debugger& d, const Place& p, const std::vector<u8>& bytes) {
  u64 v = 0;
  for (std::size_t i = 0; i < bytes.size() && i < 8; ++i) v |= u64{bytes[i]} << (8 * i);
  if (bytes.size() > 8) return emulator::base::hex_bytes(bytes);
  if (p.memory)
    if (const auto place = d.target.names().place(p.bytes.start); place.type != 0) {
      const std::string text = d.target.names().value_text(place, v);
      if (!d.values.is_pointer(place.type) || v == 0) return text;
    }
  return pointer_text(d.target, Addr(v));
}

std::string writer_text(Debugger& d, const Place& p, const Writer& w) {
  const CodeLine line = d.target.code_at(w.pc, d.settings.flavor);
  std::string out = fmt::format("{}: instruction {}, t{}, {}: ", p.name, grouped(w.number),
                                w.thread, d.target.describe(w.pc));
  out += w.by != WrittenBy::instruction ? "the kernel" : line.text;
  if (!line.note.empty() && w.by == WrittenBy::instruction) out += "  # " + line.note;
  return out + fmt::format("\n    {} → {}", value_text(d, p, w.before), value_text(d, p, w.after));
}

Data::Fields writer_fields(Debugger& d, const Place& p, const Writer& w) {
  const bool instruction = w.by == WrittenBy::instruction;
  Data::Fields out = {{"place", p.name},        {"n", w.number},
                      {"t", w.thread},          {"pc", w.pc},
                      {"fn", d.target.describe(w.pc)}, {"by", instruction ? "instruction" : "kernel"},
                      {"old", value_text(d, p, w.before)}, {"new", value_text(d, p, w.after)}};
  if (instruction)
    out.emplace_back("instruction", d.target.code_at(w.pc, d.settings.flavor).text);
  return out;
}

/// Instructions that hand a value on as it is.
bool copies(std::string_view m) {
  constexpr std::array kCopies = {
      "mov",   "movzx",   "movsx",   "movsxd",  "movups",  "movaps", "movdqu", "movdqa", "movq",
      "movd",  "vmovups", "vmovdqu", "vmovaps", "vmovdqa", "movnti", "push",   "pop",    "xchg",
      "stosq", "stosb",   "stosd",   "movsq",   "movsb",   "movsd",  "lodsq",  "lodsb"};
  return std::ranges::find(kCopies, m) != kCopies.end() || m.starts_with("cmov");
}

/// What follows the writer's instruction backwards: the place that its value came from.
class Hop {
 public:
  Hop(Debugger& d, const Place& to, const Writer& w) : d_(d), to_(to), w_(w) {}

  std::optional<Place> from() {
    executed_ = d_.target.timeline().executed(w_.number);
    line_ = d_.target.code_at(w_.pc, d_.settings.flavor);
    if (w_.by != WrittenBy::instruction || !executed_ || !line_.valid)
      return end("the kernel wrote it");
    name_ = emulator::decode::Decoder::name(line_.insn.mnemonic);
    if (line_.insn.flow == Flow::call) return end("it is the return address of a call");
    if (line_.insn.flow == Flow::system_call) return end("it is what the system call gave back");
    if (!copies(name_)) return end("computed there");
    if (name_.starts_with("stos")) return of_register({PlaceKind::gpr, emulator::cpu::rax});
    const Operand& source = source_operand();
    if (source.kind == OperandKind::imm) return end("a constant in the code");
    if (source.kind == OperandKind::reg) return of_operand(source);
    return of_memory();
  }
  const std::string& why_it_ends() const { return why_; }

 private:
  std::optional<Place> end(std::string why) {
    why_ = std::move(why);
    return std::nullopt;
  }
  std::optional<Place> of_register(RegisterPlace r) {
    Place p;
    p.reg = r, p.thread = w_.thread, p.name = register_text(r);
    return p;
  }
  std::optional<Place> of_operand(const Operand& o) {
    if (o.reg_class == RegClass::gpr)
      return of_register({PlaceKind::gpr, static_cast<u8>(o.reg / 8)});
    if (o.reg_class == RegClass::xmm || o.reg_class == RegClass::ymm)
      return of_register({PlaceKind::ymm, o.reg});
    return end("it comes from a register that is not followed");
  }
  /// The bytes that became ours: at the same distance from the start of what was copied.
  std::optional<Place> of_memory() {
    const emulator::cpu::Effect *read = nullptr, *written = nullptr;
    for (const auto& e : executed_->effects) {
      if (e.kind == PlaceKind::memory_read && read == nullptr) read = &e;
      if (e.kind == PlaceKind::memory_write) written = &e;
    }
    if (read == nullptr) return end("it is not known what it read");
    Place p;
    p.memory = true;
    u64 offset = 0, size = read->size;
    if (to_.memory && written != nullptr && to_.bytes.start > written->address)
      offset = std::min<u64>(to_.bytes.start - written->address, size - 1);
    if (to_.memory) size = std::min<u64>(to_.bytes.size, size - offset);
    p.bytes = {read->address + offset, size};
    p.name = fmt::format("[{}]", pointer_text(d_.target, p.bytes.start));
    return p;
  }
  const Operand& source_operand() const {
    const auto& insn = line_.insn;
    if (name_ == "push") return insn.operand[0];
    if (name_ == "xchg") {
      // The other one of the two.
      const Operand& first = insn.operand[0];
      const bool first_is_ours =
          to_.memory ? first.kind == OperandKind::mem
                     : first.kind == OperandKind::reg && first.reg / 8 == to_.reg.index;
      return insn.operand[first_is_ours ? 1 : 0];
    }
    return insn.operand[name_ == "pop" || insn.operands < 2 ? 4 : 1];
  }

  Debugger& d_;
  const Place& to_;
  const Writer& w_;
  std::optional<Executed> executed_;
  CodeLine line_;
  std::string_view name_;
  std::string why_;
};

}  // namespace

RegisterPlace register_place(const RegisterName& name) {
  using K = RegisterName::Kind;
  switch (name.kind) {
    case K::gpr:
      return {PlaceKind::gpr, name.index};
    case K::vector:
      return {PlaceKind::ymm, name.index};
    case K::flags:
      return {PlaceKind::flags, 0};
    case K::fs_base:
      return {PlaceKind::fs_base, 0};
    case K::gs_base:
      return {PlaceKind::gs_base, 0};
    case K::mxcsr:
      return {PlaceKind::mxcsr, 0};
    case K::rip:
      break;
  }
  user_error("Every instruction writes rip; \"rsi\" goes to the one before.");
}

Value as_place(Debugger& d, const Value& v) {
  const bool address = v.kind == Value::Kind::number && d.target.memory().try_number(Addr(v.bits));
  return address ? d.values.place(Addr(v.bits), 0, 8) : v;
}

namespace {

/// The clone that made a thread: instruction `number` of `parent`.
struct Birth {
  Tid parent = 0;
  u64 number = 0;
  Addr pc;
};
std::optional<Birth> birth_of(Debugger& d, Tid thread) {
  auto& timeline = d.target.timeline();
  const u64 here = timeline.position();
  emulator::machine::Conditions made;
  made.threads_created = true;
  made.accept = [thread](const emulator::machine::StopEvent& e) {
    return e.number == static_cast<u64>(thread);
  };
  const auto event = timeline.reverse_resume(made);
  std::optional<Birth> out;
  if (event.reason == emulator::machine::StopReason::thread_created)
    if (const auto done = timeline.executed(timeline.position()))
      out = Birth{done->thread, done->number, done->pc};
  (void)timeline.go_to(here);
  return out;
}

/// A new thread's registers are its maker's at the clone, but for what the kernel set: a zero as
/// result, the stack and the thread-local storage that it was asked for (clone(2)).
struct Inherited {
  std::optional<Place> from;
  std::string text;
};
Inherited inherited(Debugger& d, const Place& place, const Birth& birth) {
  using namespace emulator::cpu;
  const std::string head = fmt::format(
      "{}: thread t{} began with it; its maker is clone, instruction {}, t{}, {}", place.name,
      place.thread, grouped(birth.number), birth.parent, d.target.describe(birth.pc));
  Place p;
  p.thread = birth.parent, p.reg = place.reg;
  if (place.reg.kind == PlaceKind::gpr) {
    if (place.reg.index == rax)
      return {{}, head + "\n    a zero: clone returns it to the new thread."};
    if (place.reg.index == rcx || place.reg.index == r11)
      return {{}, head + "\n    SYSCALL itself put it there."};
    if (place.reg.index == rsp) p.reg.index = rsi;  // clone's second argument: the stack
  } else if (place.reg.kind == PlaceKind::fs_base) {
    p.reg = {PlaceKind::gpr, r8};  // the fifth: tls
  }
  p.name = register_text(p.reg);
  return {p, fmt::format("{}\n    as t{}'s {} was", head, birth.parent, p.name)};
}

Data::Fields birth_fields(const Place& place, const Birth& birth) {
  return {{"place", place.name}, {"n", birth.number},    {"t", birth.parent},
          {"pc", birth.pc},      {"by", "clone"},        {"of", place.thread}};
}

}  // namespace

std::string unwritten(const Place& place, const std::string& name) {
  const bool later = !place.memory && place.thread > 1;
  return fmt::format("{}: nothing has written it; it is as {} began.", name,
                     later ? fmt::format("thread t{}", place.thread) : "the program");
}

Fact who_wrote(Debugger& d, const Value& v, const std::string& name) {
  const Place place = to_place(d, v, name);
  const auto w = last(d, place, d.target.position());
  if (!w && !place.memory && place.thread > 1)
    if (const auto birth = birth_of(d, place.thread))
      return {"who", birth_fields(place, *birth), inherited(d, place, *birth).text};
  if (!w) return {"who", {{"place", name}, {"written", false}}, unwritten(place, name)};
  return {"who", writer_fields(d, place, *w),
          writer_text(d, place, *w) +
              fmt::format("\n    \"goto {}\" stands before it", w->number)};
}

Listing origin_of(Debugger& d, const Value& v, const std::string& name) {
  Listing out("why", "hops");
  Place place = to_place(d, v, name);
  u64 position = d.target.position();
  for (int hop = 0; hop < kMostHops; ++hop) {
    const auto w = last(d, place, position);
    if (!w && !place.memory && place.thread > 1)
      if (const auto birth = birth_of(d, place.thread)) {
        Inherited next = inherited(d, place, *birth);
        out.item(birth_fields(place, *birth), std::move(next.text));
        if (!next.from) return out;
        position = birth->number;
        place = std::move(*next.from);
        continue;
      }
    if (!w) {
      out.item({{"place", place.name}, {"written", false}}, unwritten(place, place.name));
      return out;
    }
    out.item(writer_fields(d, place, *w), writer_text(d, place, *w));
    Hop next(d, place, *w);
    auto from = next.from();
    if (!from) {
      out.also("    " + next.why_it_ends() + ".", {{"ends", next.why_it_ends()}});
      return out;
    }
    position = w->number;
    place = std::move(*from);
  }
  out.also("… and further back.", {{"ends", "further back"}});
  return out;
}

}  // namespace rt0::debug
