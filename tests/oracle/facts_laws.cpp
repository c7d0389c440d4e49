#include "tests/oracle/facts_laws.hpp"

#include <algorithm>

namespace tests::oracle {
namespace {

using emulator::cpu::Effect;
using emulator::cpu::PlaceKind;
using emulator::decode::FactOperand;
using emulator::decode::Flow;
using emulator::decode::gpr;
using emulator::decode::InsnFacts;
using emulator::decode::OperandKind;
using emulator::decode::Reg;
using emulator::decode::ymm;

bool is_memory(const Effect& e) { return e.kind >= PlaceKind::memory_read; }

bool may(const InsnFacts& f, const Effect& e) {
  switch (e.kind) {
    case PlaceKind::gpr:
      return f.written.has(gpr(e.index));
    case PlaceKind::ymm:
      return f.written.has(ymm(e.index));
    case PlaceKind::flags:
      return ((e.value_before() ^ e.value_after()) & ~u64{f.flags_written}) == 0;
    case PlaceKind::fs_base:
      return f.written.has(Reg::fs_base);
    case PlaceKind::gs_base:
      return f.written.has(Reg::gs_base);
    case PlaceKind::mxcsr:
      return f.written.has(Reg::mxcsr);
    case PlaceKind::memory_read:
      return f.is(InsnFacts::kLoads);
    case PlaceKind::memory_write:
      return f.is(InsnFacts::kStores);
  }
  return false;
}

u64 value_of(Reg r, const CpuState& s) {
  if (r < ymm(0)) return s.gpr[static_cast<u64>(r)];
  return r == Reg::fs_base ? s.fs_base : 0;
}

/// The address of a memory operand but for its displacement, whose value is no fact.
u64 address_of(const InsnFacts& f, const FactOperand& o, const CpuState& before,
               const CpuState& after) {
  // POP forms the address of its destination when RSP has moved (SDM vol. 2, POP).
  const bool pops = std::ranges::any_of(f.operand, [](const FactOperand& other) {
    return other.bits & FactOperand::kStack && other.reads();
  });
  const CpuState& s = pops && o.writes() ? after : before;
  u64 sum = value_of(o.reg, s) + (value_of(o.index, s) << o.scale);
  if (o.reg == Reg::rip) sum += before.rip + f.length;
  if (o.bits & FactOperand::kStack && o.writes()) sum -= o.width / 8;
  return sum + value_of(o.segment, s);
}

/// Is the access one of an operand's? With a displacement any address may be; without, it lies in
/// the operand's bytes.
bool by_operand(const InsnFacts& f, const Effect& e, const CpuState& before,
                const CpuState& after) {
  return std::ranges::any_of(f.operand, [&](const FactOperand& o) {
    if (!o.is_access()) return false;
    if (!(e.kind == PlaceKind::memory_read ? o.reads() : o.writes())) return false;
    const bool named = o.bits & FactOperand::kExplicit;
    if (named && (f.disp_bytes != 0 || f.prefixes & InsnFacts::kAddressSize)) return true;
    const u64 at = e.address.value - address_of(f, o, before, after);
    return at + e.size <= o.width / 8;
  });
}

/// Addresses that are more than base, index and displacement, or many.
bool has_plain_addresses(const InsnFacts& f) {
  const bool gathers = std::ranges::any_of(f.operand, [](const FactOperand& o) {
    return o.kind == OperandKind::mem && o.index >= ymm(0) && o.index < Reg::fs_base;
  });
  return !gathers && !f.is(InsnFacts::kRep) && !f.is(InsnFacts::kBitString) &&
         emulator::decode::Decoder::name(f.mnemonic) != "xlat";
}

bool idiom_holds(const InsnFacts& f, const CpuState& before, const CpuState& after) {
  const FactOperand &to = f.operand[0], &from = f.operand[1];
  const auto words = [](Reg r, const CpuState& s) {
    return r < ymm(0) ? Ymm{value_of(r, s), 0, 0, 0} : s.ymm[static_cast<u64>(r) - 16];
  };
  const Ymm now = words(to.reg, after);
  Ymm wanted = f.is(InsnFacts::kPlainMove) ? words(from.reg, before) : Ymm{};
  if (from.width < 64) wanted[0] &= (u64{1} << from.width) - 1;
  return std::equal(now.begin(), now.begin() + std::max(to.width / 64, 1), wanted.begin());
}

}  // namespace

const char* broken_law(const Case& one, const ToldInsn& told, const CpuState& after) {
  const InsnFacts& f = told.facts;
  if (!told.same_bytes) return "other bytes were told than the instruction's";
  if (told.next != after.rip) return "it goes on elsewhere than was told";
  const bool on = told.next == one.before.rip + f.length;
  if (!told.taken && !on) return "control was transferred and that was not told";
  if (told.taken && !f.transfers()) return "it has no flow, and transferred control";
  const bool always = f.flow == Flow::jump || f.flow == Flow::call || f.flow == Flow::ret;
  if (always && !told.taken) return "it always transfers control, and did not";
  for (const Effect& e : told.effects) {
    if (!may(f, e)) return "it changed or accessed what its facts do not say";
    if (is_memory(e) && has_plain_addresses(f) && !by_operand(f, e, one.before, after))
      return "it accessed memory that is none of its operands";
  }
  if ((f.bits & (InsnFacts::kZeroIdiom | InsnFacts::kPlainMove)) != 0 &&
      !idiom_holds(f, one.before, after))
    return "it is no zero idiom, or no plain move";
  return nullptr;
}

CpuState with_unread_changed(const InsnFacts& f, const CpuState& before, u64 turn) {
  CpuState s = before;
  constexpr u64 kBits = 0x5a5a'1234'8765'a5a5;
  for (u64 i = 0; i < 34; ++i) {
    const auto r = static_cast<Reg>((turn + i) % 34);
    if (r != static_cast<Reg>(33) && f.read.has(r)) continue;
    if (r < ymm(0))
      s.gpr[static_cast<u64>(r)] ^= kBits;
    else if (r < Reg::fs_base)
      for (u64& word : s.ymm[static_cast<u64>(r) - 16]) word ^= kBits;
    else if (r == Reg::fs_base)
      s.fs_base ^= 0x5a5'a000;
    else
      s.rflags ^= (kStatusFlags | kDF) & ~f.flags_read;
    return s;
  }
  return s;
}

bool did_the_same(const InsnFacts& f, const CpuState& before, const CpuState& after,
                  const CpuState& other, const CpuState& other_after) {
  if (after.rip != other_after.rip || after.mxcsr != other_after.mxcsr) return false;
  // What is written is the same; what is not still differs as before.
  const auto same = [&](bool written, u64 was, u64 is, u64 other_was, u64 other_is) {
    return written ? is == other_is : (was ^ is) == (other_was ^ other_is);
  };
  for (u64 i = 0; i < 16; ++i) {
    if (!same(f.written.has(gpr(static_cast<unsigned>(i))), before.gpr[i], after.gpr[i],
              other.gpr[i], other_after.gpr[i]))
      return false;
    const bool written = f.written.has(ymm(static_cast<unsigned>(i)));
    for (u64 w = 0; w < 4; ++w) {
      const bool kept = w >= 2 && f.encoding == emulator::decode::Encoding::legacy;
      if (!same(written && !kept, before.ymm[i][w], after.ymm[i][w], other.ymm[i][w],
                other_after.ymm[i][w]))
        return false;
    }
  }
  const u64 decided = f.flags_written & ~f.flags_undefined;
  const u64 kept = kComparedFlags & ~u64{f.flags_written};
  return ((after.rflags ^ other_after.rflags) & decided & kComparedFlags) == 0 &&
         ((after.rflags ^ before.rflags) & kept) == ((other_after.rflags ^ other.rflags) & kept);
}

}  // namespace tests::oracle
