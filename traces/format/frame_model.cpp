#include "traces/format/frame_model.hpp"

#include <algorithm>

namespace traces::format::frame {

void Model::reset() {
  statics.clear(), names.clear();
  n = cycle = static_pc = 0, t = 0, ns = 0;
  threads_.fill({});
  cells_.fill({});
}

u64 Model::source(u8 code, const RegSlot& slot, const Moment& now) {
  const u8 from = code & kSourceMask;
  const auto& gpr = now.before.scalar;
  if (from >= kVector) return now.before.vector[from - kVector][0];
  if (from >= kGpr32) return static_cast<u32>(gpr[from - kGpr32]);
  if (from >= kGpr) return gpr[from - kGpr];
  const u64 old = gpr[static_cast<unsigned>(slot.reg) % 32];
  switch (from) {
    case kLast:
      return slot.last;
    case kStepped:
      return old + slot.step;
    case kOld:
      return old;
    case kRead:
      return now.read[0];
    case kReadSigned:
      return sign_extend(now.read[0], now.read_size);
    default:
      return 0;
  }
}

u64 Model::where(u8 code, const MemSlot& slot, const Moment& now) {
  const u8 from = code & kSourceMask;
  if (from >= kGpr && from < kGpr32) return now.before.scalar[from - kGpr];
  switch (from) {
    case kBase:
      return now.before.scalar[slot.base] + slot.disp;
    case kLast:
      return slot.addr;
    case kStepped:
      return slot.addr + slot.step;
    default:
      return 0;
  }
}

u64 Model::what(u8 code, const MemSlot& slot, u64 addr, const Moment& now) const {
  const u8 from = code & kSourceMask;
  if (from >= kVector) return now.before.vector[from - kVector][0];
  if (from >= kGpr && from < kGpr32) return now.before.scalar[from - kGpr];
  switch (from) {
    case kLast:
      return slot.value;
    case kRead:
      return now.read[0];
    case kCached:
      return cached(addr);
    default:
      return 0;
  }
}

u64 Model::wide(u8 code, unsigned i, u64 addr, const Moment& now) const {
  const u8 from = code & kSourceMask;
  if (from >= kVector) return now.before.vector[from - kVector][i];
  if (from >= kGpr && from < kGpr32) return i == 0 ? now.before.scalar[from - kGpr] : 0;
  switch (from) {
    case kRead:
      return now.read[i];
    case kCached:
      return cached(addr + 8 * i);
    default:
      return 0;
  }
}

void Model::learn(MemSlot& slot, const MemEffect& effect, std::span<const u8> value, u64 low,
                  Moment& now) {
  const u64 addr = effect.addr.value;
  const u8 from = slot.where & kSourceMask;
  if (from >= kGpr && from < kGpr32) {
    slot.base = from - kGpr;
    slot.disp = addr - now.before.scalar[slot.base];
  }
  slot.step = addr - slot.addr;
  slot.addr = addr;
  if (!is_scalar(value.size()) && !is_wide(value.size())) return;
  slot.value = low;
  std::array<u64, 4> word{};
  std::memcpy(word.data(), value.data(), value.size());
  for (u64 i = 0; 8 * i < value.size(); ++i) cells_[index(addr + 8 * i)] = {addr + 8 * i, word[i]};
  if (effect.kind == Access::Read && now.read_size == 0)
    now.read = word, now.read_size = effect.size;
}

void Model::learn(Static& at, const Insn& insn, ThreadState& thread) {
  const auto writes = insn.regs();
  for (std::size_t i = 0; i < writes.size(); ++i) {
    RegSlot& slot = at.reg_slot(i);
    const Reg reg = writes[i].reg;
    slot.last = writes[i].value[0];
    if (reg < Reg::xmm0) {
      u64& now = thread.scalar[static_cast<unsigned>(reg)];
      slot.step = slot.last - now;
      now = slot.last;
    } else {
      const auto number = static_cast<unsigned>(reg) % 16;
      std::copy_n(writes[i].value.begin(), words(reg), thread.vector[number].begin());
    }
  }
}

}  // namespace traces::format::frame
