// From bytes to InsnFacts: Zydis' own tables, and what they leave out.
#include <algorithm>
#include <array>

#include "emulator/cpu/flags.hpp"
#include "emulator/decode/facts.hpp"
#include "emulator/decode/zydis.hpp"

namespace emulator::decode {
namespace {

using Operands = std::array<ZydisDecodedOperand, ZYDIS_MAX_OPERAND_COUNT>;

Reg reg_of(ZydisRegister reg) {
  switch (ZydisRegisterGetClass(reg)) {
    case ZYDIS_REGCLASS_GPR8:
    case ZYDIS_REGCLASS_GPR16:
    case ZYDIS_REGCLASS_GPR32:
    case ZYDIS_REGCLASS_GPR64:
      return gpr(static_cast<unsigned>(
          ZydisRegisterGetId(ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, reg))));
    case ZYDIS_REGCLASS_XMM:
    case ZYDIS_REGCLASS_YMM: {
      const auto id = static_cast<unsigned>(ZydisRegisterGetId(reg));
      return id < 16 ? ymm(id) : Reg::none;
    }
    case ZYDIS_REGCLASS_IP:
      return Reg::rip;
    default:
      return reg == ZYDIS_REGISTER_MXCSR ? Reg::mxcsr : Reg::none;
  }
}

/// Names memory, or a register, without looking at it: NOP's operands, a prefetch's.
bool only_names(const ZydisDecodedInstruction& z) {
  switch (z.meta.category) {
    case ZYDIS_CATEGORY_NOP:
    case ZYDIS_CATEGORY_WIDENOP:
    case ZYDIS_CATEGORY_PREFETCH:
      return true;
    default:
      return false;
  }
}

u8 action_bits(ZydisOperandActions actions) {
  unsigned bits = 0;
  if (actions & ZYDIS_OPERAND_ACTION_MASK_READ) bits |= FactOperand::kRead;
  if (actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) bits |= FactOperand::kWritten;
  if (actions & (ZYDIS_OPERAND_ACTION_CONDREAD | ZYDIS_OPERAND_ACTION_CONDWRITE))
    bits |= FactOperand::kMaybe;
  return static_cast<u8>(bits);
}

class Finder {
 public:
  Finder(const ZydisDecodedInstruction& z, const Operands& operands, InsnFacts& out)
      : z_(z), operands_(operands), out_(out) {}

  void run() {
    encoding();
    out_.flow = flow_of(z_);
    for (u8 i = 0; i < z_.operand_count; ++i) operand(operands_[i]);
    flags();
    unsaid();
    find_idioms(out_);
    may_fault();
  }

 private:
  void set(u32 bit, bool wanted = true) {
    if (wanted) out_.bits |= bit;
  }
  void read(Reg r) { out_.read.add(r); }
  void write(Reg r) { out_.written.add(r); }

  void encoding() {
    out_.mnemonic = static_cast<u16>(z_.mnemonic);
    out_.length = z_.length;
    out_.opcode = z_.opcode;
    out_.map = static_cast<u8>(z_.opcode_map);
    out_.encoding = z_.encoding == ZYDIS_INSTRUCTION_ENCODING_LEGACY ? Encoding::legacy
                    : z_.encoding == ZYDIS_INSTRUCTION_ENCODING_VEX  ? Encoding::vex
                                                                     : Encoding::other;
    out_.width = z_.operand_width;
    out_.prefix_bytes = z_.raw.prefix_count;
    out_.disp_bytes = static_cast<u8>(z_.raw.disp.size / 8);
    out_.immediate_bytes = static_cast<u8>((z_.raw.imm[0].size + z_.raw.imm[1].size) / 8);
    const auto prefix = [&](InsnFacts::Prefix p, bool has) {
      if (has) out_.prefixes = static_cast<u8>(out_.prefixes | p);
    };
    const auto effective = [&](u8 value) {
      return std::any_of(
          z_.raw.prefixes, z_.raw.prefixes + z_.raw.prefix_count,
          [&](const auto& p) { return p.value == value && p.type == ZYDIS_PREFIX_TYPE_EFFECTIVE; });
    };
    prefix(InsnFacts::kOperandSize, effective(0x66));
    prefix(InsnFacts::kAddressSize, z_.address_width == 32);
    prefix(InsnFacts::kSegment, z_.attributes & ZYDIS_ATTRIB_HAS_SEGMENT);
    prefix(InsnFacts::kRex, z_.attributes & ZYDIS_ATTRIB_HAS_REX);
    prefix(InsnFacts::kWide, out_.encoding == Encoding::vex ? z_.raw.vex.W : z_.raw.rex.W);
    prefix(InsnFacts::kRepe, z_.attributes & (ZYDIS_ATTRIB_HAS_REP | ZYDIS_ATTRIB_HAS_REPE));
    prefix(InsnFacts::kRepne, z_.attributes & ZYDIS_ATTRIB_HAS_REPNE);
    prefix(InsnFacts::kLocked, z_.attributes & ZYDIS_ATTRIB_HAS_LOCK);
    set(InsnFacts::kRep, out_.prefixes & (InsnFacts::kRepe | InsnFacts::kRepne));
  }

  void operand(const ZydisDecodedOperand& z) {
    FactOperand o;
    o.width = z.size;
    o.bits = only_names(z_) ? u8{0} : action_bits(z.actions);
    if (z.visibility != ZYDIS_OPERAND_VISIBILITY_HIDDEN) o.bits |= FactOperand::kExplicit;
    switch (z.type) {
      case ZYDIS_OPERAND_TYPE_REGISTER:
        o.kind = OperandKind::reg;
        if (!set_register(o, z)) return;
        break;
      case ZYDIS_OPERAND_TYPE_MEMORY:
        o.kind = OperandKind::mem;
        set_memory(o, z);
        break;
      case ZYDIS_OPERAND_TYPE_IMMEDIATE:
        o.kind = OperandKind::imm;
        break;
      default:
        break;
    }
    if (out_.operands < InsnFacts::kMostOperands) out_.operand[out_.operands++] = o;
  }

  /// False: not an operand, but RIP, flags or a segment that the mnemonic implies.
  bool set_register(FactOperand& o, const ZydisDecodedOperand& z) {
    o.reg = reg_of(z.reg.value);
    const bool named = o.bits & FactOperand::kExplicit;
    if (!named && (o.reg == Reg::none || o.reg == Reg::rip)) return false;
    if (z.reg.value >= ZYDIS_REGISTER_AH && z.reg.value <= ZYDIS_REGISTER_BH)
      o.bits |= FactOperand::kHighByte;
    if (ZydisRegisterGetClass(z.reg.value) == ZYDIS_REGCLASS_YMM) o.bits |= FactOperand::kYmm;
    const bool vector = o.reg >= ymm(0) && o.reg < Reg::fs_base;
    if (vector) out_.width = std::max(out_.width, o.width);
    // What is kept of the register is as good as read: below 32 bits of a general one, below 128 of
    // a vector that no VEX form clears above.
    const bool partial = vector ? out_.encoding == Encoding::legacy && o.width < 128 : o.width < 32;
    if (o.reads() || (o.writes() && (partial || o.bits & FactOperand::kMaybe))) read(o.reg);
    if (o.writes()) write(o.reg);
    return true;
  }

  void set_memory(FactOperand& o, const ZydisDecodedOperand& z) {
    o.reg = reg_of(z.mem.base), o.index = reg_of(z.mem.index);
    o.scale = z.mem.scale == 8 ? 3 : z.mem.scale == 4 ? 2 : z.mem.scale == 2 ? 1 : 0;
    if (z.mem.segment == ZYDIS_REGISTER_FS) o.segment = Reg::fs_base;
    if (z.mem.segment == ZYDIS_REGISTER_GS) o.segment = Reg::gs_base;
    if (z.mem.type == ZYDIS_MEMOP_TYPE_AGEN) o.bits &= FactOperand::kExplicit;
    const bool hidden = !(o.bits & FactOperand::kExplicit);
    if (hidden && o.reg == gpr(cpu::rsp)) o.bits |= FactOperand::kStack;
    set(InsnFacts::kLoads, o.reads());
    set(InsnFacts::kStores, o.writes());
    if (z_.meta.category == ZYDIS_CATEGORY_NOP || z_.meta.category == ZYDIS_CATEGORY_WIDENOP)
      return;
    for (const Reg r : {o.reg, o.index, o.segment}) {
      read(r);
      out_.address.add(r);
    }
    // A string instruction moves its pointers, which Zydis does not always say when it repeats.
    if (z_.meta.category == ZYDIS_CATEGORY_STRINGOP) write(o.reg);
  }

  void flags() {
    if (const ZydisAccessedFlags* f = z_.cpu_flags) {
      out_.flags_read = f->tested;
      out_.flags_written = f->modified | f->set_0 | f->set_1 | f->undefined;
      out_.flags_undefined = f->undefined;
    }
    for (u8 i = 0; i < z_.operand_count; ++i) {
      const ZydisDecodedOperand& o = operands_[i];
      if (o.type == ZYDIS_OPERAND_TYPE_REGISTER && o.reg.value == ZYDIS_REGISTER_RFLAGS)
        set(InsnFacts::kMayKeepFlags, o.actions & ZYDIS_OPERAND_ACTION_CONDWRITE);
    }
    if (shifts_by_zero()) out_.flags_written = out_.flags_undefined = 0;
    // Every repetition may be none.
    set(InsnFacts::kMayKeepFlags, out_.flags_written != 0 && out_.is(InsnFacts::kRep));
    if (out_.is(InsnFacts::kMayKeepFlags)) out_.flags_read |= out_.flags_written;
  }

  /// By an immediate count that leaves nothing to be done, flags included.
  bool shifts_by_zero() const {
    if (z_.meta.category != ZYDIS_CATEGORY_SHIFT && z_.meta.category != ZYDIS_CATEGORY_ROTATE)
      return false;
    const u64 mask = z_.operand_width == 64 ? 63 : 31;
    return z_.raw.imm[0].size != 0 && (z_.raw.imm[0].value.u & mask) == 0;
  }

  void all_vectors(bool reads, bool writes) {
    if (reads) out_.read = out_.read | RegSet::vectors(), read(Reg::mxcsr);
    if (writes) out_.written = out_.written | RegSet::vectors(), write(Reg::mxcsr);
  }

  /// SIMD floating point: the classes of SDM vol. 2, 2.4 and 2.7 that raise #XM.
  bool is_simd_fp() const {
    switch (z_.meta.exception_class) {
      case ZYDIS_EXCEPTION_CLASS_SSE2:
      case ZYDIS_EXCEPTION_CLASS_SSE3:
      case ZYDIS_EXCEPTION_CLASS_AVX2:
      case ZYDIS_EXCEPTION_CLASS_AVX3:
      case ZYDIS_EXCEPTION_CLASS_AVX11:
        return true;
      default:
        return false;
    }
  }

  /// What Zydis' operands do not say.
  void unsaid() {
    if (is_simd_fp()) read(Reg::mxcsr), write(Reg::mxcsr);
    const bool memory = std::any_of(out_.operand.begin(), out_.operand.end(),
                                    [](const FactOperand& o) { return o.is_access(); });
    switch (z_.mnemonic) {
      case ZYDIS_MNEMONIC_BSF:
      case ZYDIS_MNEMONIC_BSR:
        read(out_.operand[0].reg);  // kept when the source is zero
        break;
      case ZYDIS_MNEMONIC_BT:
      case ZYDIS_MNEMONIC_BTC:
      case ZYDIS_MNEMONIC_BTR:
      case ZYDIS_MNEMONIC_BTS:
        if (memory && out_.operand[1].kind == OperandKind::reg) {
          set(InsnFacts::kBitString);
          out_.address.add(out_.operand[1].reg);
        }
        break;
      case ZYDIS_MNEMONIC_VPTEST:
      case ZYDIS_MNEMONIC_VTESTPS:
      case ZYDIS_MNEMONIC_VTESTPD:
        out_.flags_written = cpu::kStatusFlags;
        break;
      case ZYDIS_MNEMONIC_XLAT:
        out_.address.add(gpr(cpu::rax));
        break;
      case ZYDIS_MNEMONIC_XCHG:
        set(InsnFacts::kLock, memory);
        break;
      case ZYDIS_MNEMONIC_VZEROUPPER:
        out_.read = out_.read | RegSet::vectors();
        out_.written = out_.written | RegSet::vectors();
        break;
      case ZYDIS_MNEMONIC_VZEROALL:
        out_.written = out_.written | RegSet::vectors();
        break;
      case ZYDIS_MNEMONIC_FXSAVE:
      case ZYDIS_MNEMONIC_FXSAVE64:
      case ZYDIS_MNEMONIC_XSAVE:
      case ZYDIS_MNEMONIC_XSAVE64:
      case ZYDIS_MNEMONIC_XSAVEC:
      case ZYDIS_MNEMONIC_XSAVEC64:
      case ZYDIS_MNEMONIC_XSAVEOPT:
      case ZYDIS_MNEMONIC_XSAVEOPT64:
        all_vectors(true, false);
        break;
      case ZYDIS_MNEMONIC_FXRSTOR:
      case ZYDIS_MNEMONIC_FXRSTOR64:
      case ZYDIS_MNEMONIC_XRSTOR:
      case ZYDIS_MNEMONIC_XRSTOR64:
        all_vectors(true, true);  // a mask, and legacy forms, leave what they leave
        break;
      case ZYDIS_MNEMONIC_RDFSBASE:
        read(Reg::fs_base);
        break;
      case ZYDIS_MNEMONIC_RDGSBASE:
        read(Reg::gs_base);
        break;
      case ZYDIS_MNEMONIC_WRFSBASE:
        write(Reg::fs_base);
        break;
      case ZYDIS_MNEMONIC_WRGSBASE:
        write(Reg::gs_base);
        break;
      default:
        break;
    }
    set(InsnFacts::kLock, out_.prefixes & InsnFacts::kLocked);
    set(InsnFacts::kIndirect, is_indirect());
    set(InsnFacts::kOutside, is_outside());
  }

  bool is_indirect() const {
    switch (out_.flow) {
      case Flow::ret:
        return true;
      case Flow::jump:
      case Flow::call:
        return out_.operand[0].kind != OperandKind::imm;
      default:
        return false;
    }
  }

  bool is_outside() const {
    switch (z_.mnemonic) {
      case ZYDIS_MNEMONIC_SYSCALL:
      case ZYDIS_MNEMONIC_SYSENTER:
      case ZYDIS_MNEMONIC_INT:
      case ZYDIS_MNEMONIC_CPUID:
      case ZYDIS_MNEMONIC_RDTSC:
      case ZYDIS_MNEMONIC_RDTSCP:
      case ZYDIS_MNEMONIC_XGETBV:
      case ZYDIS_MNEMONIC_RDRAND:
      case ZYDIS_MNEMONIC_RDSEED:
      case ZYDIS_MNEMONIC_RDPID:
        return true;
      default:
        return false;
    }
  }

  void may_fault() {
    const bool divides = z_.mnemonic == ZYDIS_MNEMONIC_DIV || z_.mnemonic == ZYDIS_MNEMONIC_IDIV;
    const bool base =
        z_.mnemonic == ZYDIS_MNEMONIC_WRFSBASE || z_.mnemonic == ZYDIS_MNEMONIC_WRGSBASE;
    set(InsnFacts::kMayFault,
        divides || base || is_simd_fp() || z_.mnemonic == ZYDIS_MNEMONIC_XGETBV ||
            out_.flow == Flow::trap || out_.is(InsnFacts::kIndirect) ||
            (out_.bits & (InsnFacts::kLoads | InsnFacts::kStores)) != 0 ||
            (z_.attributes & ZYDIS_ATTRIB_IS_PRIVILEGED) != 0 || out_.encoding == Encoding::other);
  }

  const ZydisDecodedInstruction& z_;
  const Operands& operands_;
  InsnFacts& out_;
};

/// Does the instruction have another length, beside the prefix itself, without its prefix `value`?
bool changes_length(const ZydisDecoder& decoder, std::span<const u8> code, const InsnFacts& facts,
                    u8 value) {
  std::array<u8, 15> without{};
  const auto prefixes_end = code.begin() + facts.prefix_bytes;
  auto to = std::remove_copy(code.begin(), prefixes_end, without.begin(), value);
  const auto removed = facts.prefix_bytes - (to - without.begin());
  std::copy(prefixes_end, code.begin() + facts.length, to);
  ZydisDecodedInstruction z;
  ZydisDecoderContext context;
  return ZYAN_SUCCESS(ZydisDecoderDecodeInstruction(&decoder, &context, without.data(),
                                                    without.size(), &z)) &&
         z.length + removed != facts.length;
}

}  // namespace

bool Decoder::facts(std::span<const u8> code, InsnFacts& out) const {
  ZydisDecodedInstruction z;
  Operands operands;
  if (!ZYAN_SUCCESS(
          ZydisDecoderDecodeFull(&impl_->decoder, code.data(), code.size(), &z, operands.data())))
    return false;
  out = InsnFacts{};
  Finder(z, operands, out).run();
  const auto look = [&](InsnFacts::Prefix prefix, u8 value) {
    if (out.prefixes & prefix && changes_length(impl_->decoder, code, out, value))
      out.bits |= InsnFacts::kLengthChanging;
  };
  look(InsnFacts::kOperandSize, 0x66);
  look(InsnFacts::kAddressSize, 0x67);
  return true;
}

}  // namespace emulator::decode
