#include "traces/format/frame_encoder.hpp"

#include <algorithm>
#include <bit>

#include "emulator/base/error.hpp"
#include "traces/format/json.hpp"

namespace traces::format::frame {
namespace {

/// Bytes of a number that follows a prediction.
unsigned cost(u64 residual) {
  return (static_cast<unsigned>(std::bit_width(residual | 1)) + 6) / 7;
}

u64 word(std::span<const u8> value) {
  u64 low = 0;
  if (!value.empty()) std::memcpy(&low, value.data(), std::min<std::size_t>(value.size(), 8));
  return low;
}

/// The general register whose value is nearest to `value`: most addresses, and many sums, are a
/// small step from one.
unsigned nearest(u64 value, const ThreadState& thread) {
  unsigned best = 0;
  u64 least = ~u64{0};
  for (unsigned k = 0; k < 16; ++k) {
    const u64 away = zigzag(value - thread.scalar[k]);
    if (away < least) best = k, least = away;
  }
  return best;
}

/// Of the codes that need a number, the one whose number is shortest; `kept`, the slot's own, wins
/// a draw.
template <class Residual>
u8 cheapest(u8 kept, std::initializer_list<u8> codes, Residual residual) {
  u8 best = how(kept) == kAdd ? kept : *codes.begin();
  for (const u8 other : codes)
    if (cost(residual(other)) < cost(residual(best))) best = other;
  return best;
}

/// A code stays while it fits, or needs no more than a byte, since a change of code has to be
/// written.
template <class Residual>
bool keeps(u8 code, Residual residual) {
  return how(code) == kExact ? residual(code) == 0 : how(code) == kAdd && cost(residual(code)) == 1;
}

u8 choose(const RegSlot& slot, u64 value, const Moment& now) {
  if (slot.reg == Reg::rflags) return kFlagsCode;
  const auto residual = [&](u8 code) { return zigzag(value - Model::source(code, slot, now)); };
  if (keeps(slot.code, residual)) return slot.code;
  for (const u8 from : {kLast, kStepped, kRead, kReadSigned})
    if (residual(from) == 0) return code_of(kExact, from);
  const unsigned near = nearest(value, now.before);
  if (value == now.before.scalar[near]) return code_of(kExact, kGpr, near);
  for (unsigned k = 0; k < 16; ++k)
    if (value == static_cast<u32>(now.before.scalar[k])) return code_of(kExact, kGpr32, k);
  return cheapest(
      slot.code,
      {code_of(kAdd, kOld), code_of(kAdd, kLast), code_of(kAdd, kGpr, near), code_of(kAdd, kZero)},
      residual);
}

u8 choose_where(const MemSlot& slot, u64 addr, const Moment& now) {
  const auto fits = [&](u8 code) { return Model::where(code, slot, now) == addr; };
  if (how(slot.where) == kExact && fits(slot.where)) return slot.where;
  for (const u8 from : {kBase, kLast, kStepped})
    if (fits(from)) return code_of(kExact, from);
  return code_of(kAdd, kGpr, nearest(addr, now.before));
}

u8 choose_what(const Model& model, const MemSlot& slot, u64 addr, u64 value, const Moment& now) {
  const auto residual = [&](u8 code) {
    const u64 delta = value - (model.what(code, slot, addr, now) & mask(slot.size));
    return zigzag(sign_extend(delta, slot.size));
  };
  if (keeps(slot.what, residual)) return slot.what;
  for (const u8 from : {kCached, kLast, kRead})
    if (residual(from) == 0) return code_of(kExact, from);
  for (const u8 file : {kGpr, kVector})
    for (unsigned k = 0; k < 16; ++k)
      if (residual(code_of(kExact, file, k)) == 0) return code_of(kExact, file, k);
  return cheapest(slot.what, {code_of(kAdd, kCached), code_of(kAdd, kLast), code_of(kAdd, kZero)},
                  residual);
}

/// The code for a value of several words, from the sources that it could have been copied from.
template <class Fits>
u8 choose_wide(u8 kept, bool in_memory, Fits fits) {
  if (how(kept) == kExact && fits(kept)) return kept;
  for (const u8 from : {kRead, kCached, kZero})
    if ((from != kCached || in_memory) && fits(from)) return code_of(kExact, from);
  for (const u8 file : {kVector, kGpr})
    for (unsigned k = 0; k < 16; ++k)
      if (fits(code_of(kExact, file, k))) return code_of(kExact, file, k);
  return kRaw;
}

}  // namespace

void Encoder::put_varint(Column column, u64 value) {
  auto& out = columns_[column];
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<u8>(value | 0x80));
  out.push_back(static_cast<u8>(value));
}

void Encoder::put_bytes(Column column, std::span<const u8> bytes) {
  columns_[column].insert(columns_[column].end(), bytes.begin(), bytes.end());
}

void Encoder::put_text(Column column, std::string_view text) {
  put_varint(column, text.size());
  columns_[column].insert(columns_[column].end(), text.begin(), text.end());
}

void Encoder::count(const Stamp& stamp) {
  first_n_ = events_ == 0 ? stamp.n : std::min(first_n_, stamp.n);
  last_n_ = events_ == 0 ? stamp.n : std::max(last_n_, stamp.n);
  ++events_;
}

u8 Encoder::put_stamp(const Stamp& stamp, u64 expected) {
  const bool as_expected = stamp.n == expected && stamp.t == model_.t && !stamp.ns;
  if (!as_expected) {
    put_varint(kStamps, zigzag(stamp.n - expected));
    put_varint(kStamps, u64{stamp.t} << 1 | (stamp.ns ? 1 : 0));
    if (stamp.ns) {
      put_varint(kStamps, zigzag(static_cast<u64>(*stamp.ns) - static_cast<u64>(model_.ns)));
      model_.ns = *stamp.ns;
    }
  }
  model_.n = stamp.n, model_.t = stamp.t;
  return as_expected ? 0 : kHasStamp;
}

namespace {
bool is(const Static& at, const Insn& insn) {
  return at.pc == insn.pc && at.off == insn.off && at.text == insn.text && at.fn == insn.fn;
}
}  // namespace

u32 Encoder::find(const Insn& insn) const {
  const auto found = static_at_.find(insn.pc.value);
  if (found == static_at_.end()) return kNone;
  u32 index = found->second;
  while (index != kNone && !is(model_.statics[index], insn)) index = model_.statics[index].same_pc;
  return index;
}

u32 Encoder::name_ref(std::string_view name) {
  if (const auto found = name_at_.find(name); found != name_at_.end()) return found->second;
  const auto index = static_cast<u32>(model_.names.size());
  model_.names.push_back(strings_.keep(name));
  name_at_.emplace(model_.names.back(), index);
  return index;
}

void Encoder::put_new_static(const Insn& insn) {
  put_varint(kStatics, zigzag(insn.pc.value - model_.static_pc));
  const std::size_t known = model_.names.size();
  const u32 fn = name_ref(insn.fn);
  put_varint(kStatics, fn);
  if (fn == known) put_text(kStatics, insn.fn);
  put_varint(kStatics, insn.off);
  put_text(kStatics, insn.text);

  Static& at = model_.statics.emplace_back();
  at.pc = insn.pc, at.off = insn.off;
  at.fn = model_.names[fn], at.text = strings_.keep(insn.text);
  const auto index = static_cast<u32>(model_.statics.size() - 1);
  const auto [first, inserted] = static_at_.try_emplace(insn.pc.value, index);
  if (!inserted) at.same_pc = std::exchange(first->second, index);
  model_.static_pc = insn.pc.value;
}

/// Which static instruction this is: the one that followed last time, the one that followed before
/// that (0), or 1 + its number; the number after the last one announces a new one.
u8 Encoder::put_ref(const Insn& insn, ThreadState& thread) {
  auto& statics = model_.statics;
  const u32 previous = thread.previous;
  const std::array<u32, 2> next =
      previous == kNone ? std::array{kNone, kNone} : statics[previous].next;
  u8 op = 0;
  if (next[0] != kNone && is(statics[next[0]], insn)) {
    thread.previous = next[0];
  } else {
    op = kHasRef;
    if (next[1] != kNone && is(statics[next[1]], insn)) {
      thread.previous = next[1];
      put_varint(kRefs, 0);
    } else {
      const u32 index = find(insn);
      thread.previous = index == kNone ? static_cast<u32>(statics.size()) : index;
      put_varint(kRefs, u64{thread.previous} + 1);
      if (index == kNone) put_new_static(insn);
    }
  }
  if (previous != kNone) statics[previous].follow(thread.previous);
  return op;
}

bool Encoder::has_shape(const Static& at, const Insn& insn) const {
  const auto regs = insn.regs();
  const auto effects = insn.memory();
  if (!at.shaped || at.regs != regs.size() || at.effects != effects.size()) return false;
  for (std::size_t i = 0; i < regs.size(); ++i)
    if (at.reg[i].reg != regs[i].reg) return false;
  for (std::size_t i = 0; i < effects.size(); ++i) {
    const MemSlot& slot = at.mem[i];
    if (slot.size != effects[i].size || slot.kind != effects[i].kind ||
        slot.valued != effects[i].valued)
      return false;
  }
  return true;
}

u8 Encoder::put_shape(Static& at, const Insn& insn) {
  if (has_shape(at, insn)) return 0;
  const auto regs = insn.regs();
  const auto effects = insn.memory();
  put(kShapes, static_cast<u8>(regs.size()));
  for (const RegWrite& write : regs) {
    RT0_CHECK(!name(write.reg).empty(), "a trace event names a register that does not exist");
    put(kShapes, static_cast<u8>(write.reg));
  }
  put_varint(kShapes, effects.size());
  for (const MemEffect& effect : effects)
    put_varint(kShapes,
               u64{effect.size} << 2 | (effect.valued ? 2 : 0) | static_cast<u64>(effect.kind));
  at.shaped = regs.size() <= kRegSlots && effects.size() <= kMemSlots;
  at.regs = static_cast<u8>(regs.size());
  at.effects = static_cast<u8>(at.shaped ? effects.size() : 0);
  if (at.shaped) {
    for (std::size_t i = 0; i < regs.size(); ++i) reshape(at.reg[i], regs[i].reg);
    for (std::size_t i = 0; i < effects.size(); ++i)
      reshape(at.mem[i], effects[i].size, effects[i].kind, effects[i].valued);
  }
  return kHasShape;
}

void Encoder::code(u8& slot_code, u8 chosen) {
  recoded_ |= slot_code != chosen;
  slot_code = chosen;
  codes_.push_back(chosen);
}

/// Writes a memory value; returns its low word.
u64 Encoder::put_value(MemSlot& slot, const MemEffect& effect, std::span<const u8> value,
                       const Moment& now) {
  const u64 addr = effect.addr.value;
  if (effect.repeated) {
    code(slot.what, kPatternCode);
    put_bytes(kWide, value);
    return 0;
  }
  if (is_scalar(value.size())) {
    const u64 low = word(value);
    code(slot.what, choose_what(model_, slot, addr, low, now));
    if (how(slot.what) == kAdd) {
      const u64 delta = low - (model_.what(slot.what, slot, addr, now) & mask(effect.size));
      put_varint(kValues, zigzag(sign_extend(delta, effect.size)));
    }
    return low;
  }
  const auto fits = [&](u8 candidate) {
    for (unsigned i = 0; 8 * i < value.size(); ++i)
      if (model_.wide(candidate, i, addr, now) != word(value.subspan(8 * i))) return false;
    return true;
  };
  code(slot.what, is_wide(value.size()) ? choose_wide(slot.what, true, fits) : u8{kRaw});
  if (slot.what == kRaw) put_bytes(kWide, value);
  return word(value);
}

void Encoder::put_effect(MemSlot& slot, const MemEffect& effect, std::span<const u8> value,
                         Moment& now) {
  slot.size = effect.size;
  code(slot.where, choose_where(slot, effect.addr.value, now));
  if (how(slot.where) == kAdd)
    put_varint(kAddresses, zigzag(effect.addr.value - Model::where(slot.where, slot, now)));
  const u64 low = effect.valued ? put_value(slot, effect, value, now) : 0;
  model_.learn(slot, effect, effect.repeated ? std::span<const u8>() : value, low, now);
}

void Encoder::put_vector(RegSlot& slot, const RegWrite& write, const Moment& now) {
  const unsigned count = words(write.reg);
  const auto fits = [&](u8 candidate) {
    for (unsigned i = 0; i < count; ++i)
      if (model_.wide(candidate, i, 0, now) != write.value[i]) return false;
    return true;
  };
  code(slot.code, choose_wide(slot.code, false, fits));
  if (slot.code == kRaw)
    put_bytes(kWide, std::span(reinterpret_cast<const u8*>(write.value.data()), 8 * count));
}

void Encoder::put_register(RegSlot& slot, const RegWrite& write, const Moment& now) {
  slot.reg = write.reg;
  if (write.reg >= Reg::xmm0) return put_vector(slot, write, now);
  code(slot.code, choose(slot, write.value[0], now));
  const u64 source = Model::source(slot.code, slot, now);
  if (how(slot.code) == kAdd) put_varint(kRegisters, zigzag(write.value[0] - source));
  if (how(slot.code) == kXor) put_varint(kFlags, write.value[0] ^ source);
}

void Encoder::add(const Insn& insn) {
  count(insn);
  u8 op = kInsn | put_stamp(insn, model_.n + 1);
  ThreadState& thread = model_.thread(insn.t);
  op |= put_ref(insn, thread);
  Static& at = model_.statics[thread.previous];
  op |= put_shape(at, insn);

  codes_.clear(), recoded_ = false;
  Moment now{thread, {}, 0};
  const auto effects = insn.memory();
  for (std::size_t i = 0; i < effects.size(); ++i)
    put_effect(at.mem_slot(i), effects[i], insn.value(effects[i]), now);
  const auto regs = insn.regs();
  for (std::size_t i = 0; i < regs.size(); ++i) put_register(at.reg_slot(i), regs[i], now);
  Model::learn(at, insn, thread);
  if (recoded_) op |= kHasCodes, put_bytes(kCodes, codes_);

  if (insn.more != 0) op |= kHasMore, put_varint(kStamps, insn.more);
  if (insn.cycle) {
    op |= kHasCycle;
    put_varint(kCycles, zigzag(*insn.cycle - model_.cycle));
    model_.cycle = *insn.cycle;
  }
  put(kOps, op);
}

void Encoder::put_named(u8 kind, const Stamp& stamp, std::string_view fn) {
  count(stamp);
  put(kOps, kind | put_stamp(stamp, model_.n));
  const std::size_t known = model_.names.size();
  const u32 ref = name_ref(fn);
  put_varint(kRefs, ref);
  if (ref == known) put_text(kStatics, fn);
}

void Encoder::add(const Event& event) {
  if (const auto* insn = std::get_if<Insn>(&event)) return add(*insn);
  if (const auto* call = std::get_if<Call>(&event)) return put_named(kCall, *call, call->fn);
  if (const auto* ret = std::get_if<Ret>(&event)) return put_named(kRet, *ret, ret->fn);
  const Stamp& at = stamp(event);
  count(at);
  model_.n = at.n, model_.t = at.t;
  line_.clear();
  append_json(line_, event);
  RT0_CHECK(line_.size() <= kMaxLine, "an event of a trace is longer than any reader accepts");
  put(kOps, kLine);
  put_text(kLines, line_);
}

std::size_t Encoder::size() const {
  std::size_t total = 0;
  for (const auto& column : columns_) total += column.size();
  return total;
}

std::span<const u8> Encoder::finish() {
  raw_.clear();
  for (const auto& column : columns_) {
    const auto length = static_cast<u32>(column.size());
    for (unsigned i = 0; i < 4; ++i) raw_.push_back(static_cast<u8>(length >> (8 * i)));
  }
  for (auto& column : columns_) {
    raw_.insert(raw_.end(), column.begin(), column.end());
    column.clear();
  }
  model_.reset();
  static_at_.clear(), name_at_.clear(), strings_ = {};
  events_ = 0;
  return raw_;
}

}  // namespace traces::format::frame
