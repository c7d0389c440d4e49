#include "traces/format/frame_decoder.hpp"

#include <fmt/format.h>

#include "traces/format/json.hpp"

namespace traces::format::frame {

u8 Cursor::byte() {
  if (rest_.empty()) throw Malformed("a column ends too early");
  const u8 first = rest_.front();
  rest_ = rest_.subspan(1);
  return first;
}

u64 Cursor::varint() {
  u64 value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    const u8 next = byte();
    if (shift == 63 && next > 1) break;
    value |= u64{next & 0x7fU} << shift;
    if (next < 0x80) return value;
  }
  throw Malformed("a number is longer than 64 bits");
}

std::span<const u8> Cursor::bytes(u64 count) {
  if (count > rest_.size()) throw Malformed("a column ends too early");
  const auto front = rest_.first(count);
  rest_ = rest_.subspan(count);
  return front;
}

std::string_view Cursor::text() {
  const auto text = bytes(varint());
  return {reinterpret_cast<const char*>(text.data()), text.size()};
}

void Decoder::load(std::vector<u8> raw) {
  raw_ = std::move(raw);
  model_.reset();
  Cursor whole(raw_);
  std::array<u32, kColumns> lengths{};
  for (u32& length : lengths) std::memcpy(&length, whole.bytes(4).data(), 4);
  for (unsigned i = 0; i < kColumns; ++i) columns_[i] = Cursor(whole.bytes(lengths[i]));
  if (!whole.empty()) throw Malformed("its columns do not fill it");
}

Stamp Decoder::read_stamp(u8 op, u64 expected) {
  Stamp stamp{expected, model_.t, std::nullopt};
  if (op & kHasStamp) {
    Cursor& in = columns_[kStamps];
    stamp.n += unzigzag(in.varint());
    const u64 thread = in.varint();
    if (thread >> 33 != 0) throw Malformed("a thread's number is longer than 32 bits");
    stamp.t = static_cast<u32>(thread >> 1);
    if (thread & 1) {
      model_.ns = static_cast<i64>(static_cast<u64>(model_.ns) + unzigzag(in.varint()));
      stamp.ns = model_.ns;
    }
  }
  model_.n = stamp.n, model_.t = stamp.t;
  return stamp;
}

std::string_view Decoder::read_name(Cursor& refs) {
  const u64 ref = refs.varint();
  if (ref > model_.names.size()) throw Malformed("it refers to a name that it does not have");
  if (ref >= kMaxStatics) throw Malformed("it has too many names");
  if (ref == model_.names.size()) model_.names.push_back(strings_.keep(columns_[kStatics].text()));
  return model_.names[ref];
}

void Decoder::read_new_static() {
  if (model_.statics.size() >= kMaxStatics) throw Malformed("it has too many static instructions");
  Cursor& in = columns_[kStatics];
  Static at;
  at.pc = Addr(model_.static_pc += unzigzag(in.varint()));
  at.fn = read_name(in);
  at.off = in.varint();
  at.text = strings_.keep(in.text());
  model_.statics.push_back(at);
}

u32 Decoder::read_ref(u8 op, const ThreadState& thread) {
  const auto next =
      thread.previous == kNone ? std::array{kNone, kNone} : model_.statics[thread.previous].next;
  u64 index = next[0];
  if (op & kHasRef) {
    const u64 ref = columns_[kRefs].varint();
    index = ref == 0 ? next[1] : ref - 1;
    if (index == model_.statics.size()) read_new_static();
  }
  if (index >= model_.statics.size())
    throw Malformed("it refers to a static instruction that it does not have");
  return static_cast<u32>(index);
}

void Decoder::read_shape(u8 op, Static& at) {
  regs_.clear(), effects_.clear();
  if (!(op & kHasShape)) {
    if (!at.shaped) throw Malformed("an instruction's shape is missing");
    for (unsigned i = 0; i < at.regs; ++i) regs_.push_back(at.reg[i].reg);
    for (unsigned i = 0; i < at.effects; ++i)
      effects_.push_back({Addr(), at.mem[i].size, 0, at.mem[i].kind, at.mem[i].valued});
    return;
  }
  Cursor& in = columns_[kShapes];
  const u8 regs = in.byte();
  if (regs > Insn::kMaxRegs) throw Malformed("an instruction writes too many registers");
  for (unsigned i = 0; i < regs; ++i) {
    const u8 id = in.byte();
    if (id >= kRegIds || name(static_cast<Reg>(id)).empty())
      throw Malformed("it names a register that does not exist");
    regs_.push_back(static_cast<Reg>(id));
  }
  const u64 effects = in.varint();
  if (effects > Insn::kMaxEffects) throw Malformed("an instruction has too many memory effects");
  for (u64 i = 0; i < effects; ++i) {
    const u64 effect = in.varint();
    if (effect >> 34 != 0) throw Malformed("a memory effect is longer than 32 bits can say");
    effects_.push_back({Addr(), static_cast<u32>(effect >> 2), 0, static_cast<Access>(effect & 1),
                        (effect & 2) != 0});
  }
  at.shaped = regs <= kRegSlots && effects <= kMemSlots;
  at.regs = regs;
  at.effects = static_cast<u8>(at.shaped ? effects : 0);
  if (!at.shaped) return;
  for (unsigned i = 0; i < regs; ++i) reshape(at.reg[i], regs_[i]);
  for (unsigned i = 0; i < effects; ++i)
    reshape(at.mem[i], effects_[i].size, effects_[i].kind, effects_[i].valued);
}

/// The bytes of one access, into value_; true: those that it repeats.
bool Decoder::read_value(MemSlot& slot, const MemEffect& shape, u64 addr, const Moment& now) {
  slot.what = next_code(slot.what);
  const bool repeats = slot.what == kPatternCode && shape.size > 32;
  if (repeats || how(slot.what) == kRaw) {
    const auto bytes = columns_[kWide].bytes(repeats ? Changes::kPattern : shape.size);
    value_.assign(bytes.begin(), bytes.end());
    return repeats;
  }
  std::array<u64, 4> word{};
  if (is_scalar(shape.size)) {
    word[0] = model_.what(slot.what, slot, addr, now);
    if (how(slot.what) == kAdd) word[0] += unzigzag(columns_[kValues].varint());
    if (how(slot.what) == kXor) word[0] ^= columns_[kValues].varint();
  } else if (is_wide(shape.size) && how(slot.what) == kExact) {
    for (unsigned i = 0; i < shape.size / 8; ++i) word[i] = model_.wide(slot.what, i, addr, now);
  } else {
    throw Malformed("a memory effect's value has a code that its size cannot have");
  }
  const auto* bytes = reinterpret_cast<const u8*>(word.data());
  value_.assign(bytes, bytes + shape.size);
  return false;
}

void Decoder::read_effect(MemSlot& slot, const MemEffect& shape, Insn& insn, Moment& now) {
  slot.size = shape.size;
  slot.where = next_code(slot.where);
  if (how(slot.where) == kRaw) throw Malformed("an address has a code that it cannot have");
  u64 addr = Model::where(slot.where, slot, now);
  if (how(slot.where) == kAdd) addr += unzigzag(columns_[kAddresses].varint());
  if (how(slot.where) == kXor) addr ^= columns_[kAddresses].varint();
  value_.clear();
  if (shape.valued && read_value(slot, shape, addr, now)) {
    u64 pattern;
    std::memcpy(&pattern, value_.data(), sizeof pattern);
    insn.add_memory_repeated(shape.kind, Addr(addr), shape.size, pattern);
    value_.clear();
  } else if (shape.valued) {
    insn.add_memory(shape.kind, Addr(addr), value_);
  } else {
    insn.add_memory_unvalued(shape.kind, Addr(addr), shape.size);
  }
  u64 low = 0;
  if (!value_.empty()) std::memcpy(&low, value_.data(), std::min<std::size_t>(8, value_.size()));
  const MemEffect effect{Addr(addr), shape.size, 0, shape.kind, shape.valued};
  model_.learn(slot, effect, value_, low, now);
}

void Decoder::read_vector(const RegSlot& slot, Reg reg, Insn& insn, const Moment& now) {
  std::array<u64, 4> word{};
  if (how(slot.code) == kRaw) {
    const auto bytes = columns_[kWide].bytes(8 * words(reg));
    std::memcpy(word.data(), bytes.data(), bytes.size());
  } else if (how(slot.code) == kExact) {
    for (unsigned i = 0; i < words(reg); ++i) word[i] = model_.wide(slot.code, i, 0, now);
  } else {
    throw Malformed("a vector register's value has a code that it cannot have");
  }
  insn.set(reg, word);
}

void Decoder::read_register(RegSlot& slot, Reg reg, Insn& insn, const Moment& now) {
  slot.reg = reg;
  slot.code = next_code(slot.code);
  if (reg >= Reg::xmm0) return read_vector(slot, reg, insn, now);
  u64 value = Model::source(slot.code, slot, now);
  switch (how(slot.code)) {
    case kExact:
      break;
    case kAdd:
      value += unzigzag(columns_[kRegisters].varint());
      break;
    case kXor:
      value ^= columns_[kFlags].varint();
      break;
    default:
      throw Malformed("a register's value has a code that it cannot have");
  }
  insn.set(reg, value);
}

void Decoder::read_insn(u8 op, Event& into) {
  auto* held = std::get_if<Insn>(&into);
  Insn& insn = held != nullptr ? *held : into.emplace<Insn>();
  const Stamp stamp = read_stamp(op, model_.n + 1);
  ThreadState& thread = model_.thread(stamp.t);
  const u32 index = read_ref(op, thread);
  if (thread.previous != kNone) model_.statics[thread.previous].follow(index);
  thread.previous = index;
  Static& at = model_.statics[index];
  insn.begin(stamp.n, stamp.t, at.pc);
  insn.ns = stamp.ns, insn.fn = at.fn, insn.off = at.off, insn.text = at.text;

  read_shape(op, at);
  recoded_ = (op & kHasCodes) != 0;
  Moment now{thread, {}, 0};
  for (std::size_t i = 0; i < effects_.size(); ++i)
    read_effect(at.mem_slot(i), effects_[i], insn, now);
  for (std::size_t i = 0; i < regs_.size(); ++i) read_register(at.reg_slot(i), regs_[i], insn, now);
  Model::learn(at, insn, thread);

  if (op & kHasMore) insn.more += columns_[kStamps].varint();
  if (op & kHasCycle) insn.cycle = model_.cycle += unzigzag(columns_[kCycles].varint());
}

bool Decoder::next(Event& into) {
  if (columns_[kOps].empty()) return false;
  const u8 op = columns_[kOps].byte();
  switch (op & kKindMask) {
    case kInsn:
      read_insn(op, into);
      break;
    case kCall: {
      const Stamp stamp = read_stamp(op, model_.n);
      into = Call{stamp, read_name(columns_[kRefs])};
      break;
    }
    case kRet: {
      const Stamp stamp = read_stamp(op, model_.n);
      into = Ret{stamp, read_name(columns_[kRefs])};
      break;
    }
    default: {
      parse_event(columns_[kLines].text(), into, strings_);
      const Stamp& at = stamp(into);
      model_.n = at.n, model_.t = at.t;
    }
  }
  return true;
}

}  // namespace traces::format::frame
