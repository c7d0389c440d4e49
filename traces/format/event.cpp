#include "traces/format/event.hpp"

#include <algorithm>

namespace traces::format {
namespace {

constexpr std::array<std::string_view, 3> kLevels = {"step", "call", "instruction"};

// Indexed by Reg; the empty ones are not registers.
constexpr std::array<std::string_view, kRegIds> kRegs = {
    "rax",   "rcx",   "rdx",   "rbx",   "rsp",   "rbp",   "rsi",    "rdi",     "r8",      "r9",
    "r10",   "r11",   "r12",   "r13",   "r14",   "r15",   "rflags", "fs_base", "gs_base", "mxcsr",
    "",      "",      "",      "",      "",      "",      "",       "",        "",        "",
    "",      "",      "xmm0",  "xmm1",  "xmm2",  "xmm3",  "xmm4",   "xmm5",    "xmm6",    "xmm7",
    "xmm8",  "xmm9",  "xmm10", "xmm11", "xmm12", "xmm13", "xmm14",  "xmm15",   "ymm0",    "ymm1",
    "ymm2",  "ymm3",  "ymm4",  "ymm5",  "ymm6",  "ymm7",  "ymm8",   "ymm9",    "ymm10",   "ymm11",
    "ymm12", "ymm13", "ymm14", "ymm15"};

}  // namespace

std::string_view name(Level level) { return kLevels.at(static_cast<unsigned>(level)); }

std::optional<Level> level_named(std::string_view text) {
  const auto at = std::find(kLevels.begin(), kLevels.end(), text);
  if (at == kLevels.end()) return std::nullopt;
  return static_cast<Level>(at - kLevels.begin());
}

std::string_view name(Reg reg) { return kRegs[static_cast<unsigned>(reg) % kRegIds]; }

std::optional<Reg> reg_named(std::string_view text) {
  const auto at = std::find(kRegs.begin(), kRegs.end(), text);
  if (text.empty() || at == kRegs.end()) return std::nullopt;
  return static_cast<Reg>(at - kRegs.begin());
}

bool Changes::same_changes(const Changes& other) const {
  const auto same_effect = [&](const MemEffect& a, const MemEffect& b) {
    return a.addr == b.addr && a.size == b.size && a.kind == b.kind && a.valued == b.valued &&
           a.repeated == b.repeated && std::ranges::equal(value(a), other.value(b));
  };
  return more == other.more && std::ranges::equal(regs(), other.regs()) &&
         std::ranges::equal(effects_, other.effects_, same_effect);
}

bool Insn::operator==(const Insn& other) const {
  return static_cast<const Stamp&>(*this) == other && pc == other.pc && fn == other.fn &&
         off == other.off && text == other.text && cycle == other.cycle && same_changes(other);
}

bool State::operator==(const State& other) const {
  return static_cast<const Stamp&>(*this) == other && why == other.why && maps == other.maps &&
         same_changes(other);
}

void Changes::add_memory(Access kind, Addr addr, std::span<const u8> value) {
  auto& bytes = bytes_[static_cast<unsigned>(kind)];
  const auto size = static_cast<u32>(value.size());
  if (bytes.size() + value.size() > kMaxValueBytes) return add_memory_unvalued(kind, addr, size);
  if (effects_.size() == kMaxEffects) {
    ++more;
    return;
  }
  effects_.push_back({addr, size, static_cast<u32>(bytes.size()), kind, true});
  bytes.insert(bytes.end(), value.begin(), value.end());
}

/// What a register can hold is never written as a pattern: there is one way to say it.
void Changes::add_memory_repeated(Access kind, Addr addr, u32 size, u64 pattern) {
  std::array<u8, 32> bytes;
  for (std::size_t i = 0; i < bytes.size(); i += kPattern)
    std::memcpy(bytes.data() + i, &pattern, kPattern);
  if (size <= bytes.size()) return add_memory(kind, addr, std::span(bytes).first(size));
  add_memory(kind, addr, std::span(bytes).first(kPattern));
  if (effects_.empty() || effects_.back().addr != addr || effects_.back().size != kPattern) return;
  effects_.back().size = size;
  effects_.back().repeated = effects_.back().valued;
}

void Changes::extend_memory(Access kind, Addr addr, std::span<const u8> value) {
  auto& bytes = bytes_[static_cast<unsigned>(kind)];
  // Reads and writes may alternate, so the run to continue is one of the last two effects.
  for (auto e = effects_.rbegin(); e != effects_.rend() && e - effects_.rbegin() < 2; ++e) {
    if (e->kind != kind) continue;
    const bool follows = e->valued && !e->repeated && e->addr + e->size == addr;
    if (!follows || bytes.size() + value.size() > kMaxValueBytes) break;
    bytes.insert(bytes.end(), value.begin(), value.end());
    e->size += static_cast<u32>(value.size());
    return;
  }
  add_memory(kind, addr, value);
}

void Changes::add_memory_unvalued(Access kind, Addr addr, u32 size) {
  if (effects_.size() == kMaxEffects) {
    ++more;
    return;
  }
  effects_.push_back({addr, size, 0, kind, false});
}

std::string goroutine_text(const Step& step) {
  const auto named = [](i64 g) { return g < 0 ? std::string("-") : "g" + std::to_string(g); };
  std::string out = step.stack.empty() ? named(step.g) : step.stack;
  if (step.curg) out += "\u2190" + named(*step.curg);
  return out;
}

}  // namespace traces::format
