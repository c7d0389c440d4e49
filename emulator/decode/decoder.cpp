// From bytes to Insn, and to text.
#include <algorithm>
#include <array>

#include "emulator/decode/zydis.hpp"

namespace emulator::decode {

Decoder::Decoder() : impl_(std::make_unique<Impl>()) {
  ZydisDecoderInit(&impl_->decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
  ZydisFormatterInit(&impl_->intel, ZYDIS_FORMATTER_STYLE_INTEL);
  ZydisFormatterInit(&impl_->att, ZYDIS_FORMATTER_STYLE_ATT);
  for (auto* formatter : {&impl_->intel, &impl_->att}) {
    ZydisFormatterSetProperty(formatter, ZYDIS_FORMATTER_PROP_HEX_UPPERCASE, ZYAN_FALSE);
    for (const auto padding :
         {ZYDIS_FORMATTER_PROP_ADDR_PADDING_ABSOLUTE, ZYDIS_FORMATTER_PROP_ADDR_PADDING_RELATIVE,
          ZYDIS_FORMATTER_PROP_DISP_PADDING, ZYDIS_FORMATTER_PROP_IMM_PADDING})
      ZydisFormatterSetProperty(formatter, padding, 0);
  }
}
Decoder::~Decoder() = default;
Decoder::Decoder(Decoder&&) noexcept = default;

namespace {

using cpu::kSlotFsBase;
using cpu::kSlotGsBase;
using cpu::kSlotZero;

void set_register(Operand& o, ZydisRegister reg) {
  o.kind = OperandKind::reg;
  const auto id = static_cast<u8>(std::max<ZyanI8>(0, ZydisRegisterGetId(reg)));
  switch (ZydisRegisterGetClass(reg)) {
    case ZYDIS_REGCLASS_GPR8:
      o.reg_class = RegClass::gpr;
      // Zydis numbers al cl dl bl ah ch dh bh spl bpl sil dil r8b …
      if (reg >= ZYDIS_REGISTER_AH && reg <= ZYDIS_REGISTER_BH)
        o.reg = static_cast<u8>(8 * (reg - ZYDIS_REGISTER_AH) + 1);
      else if (reg >= ZYDIS_REGISTER_SPL)
        o.reg = static_cast<u8>(8 * (reg - ZYDIS_REGISTER_SPL + 4));
      else
        o.reg = static_cast<u8>(8 * (reg - ZYDIS_REGISTER_AL));
      break;
    case ZYDIS_REGCLASS_GPR16:
    case ZYDIS_REGCLASS_GPR32:
    case ZYDIS_REGCLASS_GPR64:
      o.reg_class = RegClass::gpr, o.reg = static_cast<u8>(8 * id);
      break;
    case ZYDIS_REGCLASS_XMM:
      o.reg_class = RegClass::xmm, o.reg = id;
      break;
    case ZYDIS_REGCLASS_YMM:
      o.reg_class = RegClass::ymm, o.reg = id;
      break;
    case ZYDIS_REGCLASS_SEGMENT:
      o.reg_class = RegClass::segment, o.reg = id;
      break;
    default:
      o.reg_class = RegClass::other, o.reg = id;
      break;
  }
}

u8 slot_of(ZydisRegister reg) {
  return reg == ZYDIS_REGISTER_NONE ? u8{kSlotZero} : static_cast<u8>(ZydisRegisterGetId(reg));
}

void set_memory(Operand& o, const ZydisDecodedOperand& z, const ZydisDecodedInstruction& insn,
                Addr next) {
  o.kind = OperandKind::mem;
  o.value = insn.raw.disp.size != 0 ? insn.raw.disp.value : 0;
  const bool rip_relative = z.mem.base == ZYDIS_REGISTER_RIP || z.mem.base == ZYDIS_REGISTER_EIP;
  const bool segment_fs = z.mem.segment == ZYDIS_REGISTER_FS,
             segment_gs = z.mem.segment == ZYDIS_REGISTER_GS;
  if (rip_relative)
    o.value = static_cast<i64>(next.value + static_cast<u64>(o.value));
  else
    o.base = slot_of(z.mem.base);
  if (z.mem.index != ZYDIS_REGISTER_NONE) {
    o.index = slot_of(z.mem.index);
    o.scale = z.mem.scale == 8 ? 3 : z.mem.scale == 4 ? 2 : z.mem.scale == 2 ? 1 : 0;
  }
  if (segment_fs || segment_gs) {
    // A segment base is one more addend: it takes a free slot of the sum, but is added after a
    // 32-bit sum has wrapped.
    const u8 segment = segment_fs ? kSlotFsBase : kSlotGsBase;
    if (insn.address_width == 32)
      o.segment = segment;
    else if (o.base == kSlotZero)
      o.base = segment;
    else if (o.index == kSlotZero)
      o.index = segment, o.scale = 0;
    else
      o.segment = segment;
  }
  o.absolute = o.base == kSlotZero && o.index == kSlotZero && o.segment == kSlotZero;
  if (o.absolute && insn.address_width == 32) o.value = static_cast<u32>(o.value);
}

void set_operand(Operand& o, const ZydisDecodedOperand& z, const ZydisDecodedInstruction& insn,
                 Addr pc) {
  o.bits = z.size;
  switch (z.type) {
    case ZYDIS_OPERAND_TYPE_REGISTER:
      set_register(o, z.reg.value);
      break;
    case ZYDIS_OPERAND_TYPE_MEMORY:
      set_memory(o, z, insn, pc + insn.length);
      break;
    case ZYDIS_OPERAND_TYPE_IMMEDIATE:
      o.kind = OperandKind::imm;
      o.value = z.imm.is_relative ? static_cast<i64>(pc.value + insn.length + z.imm.value.u)
                : z.imm.is_signed ? z.imm.value.s
                                  : static_cast<i64>(z.imm.value.u);
      break;
    default:
      o.kind = OperandKind::none;
      break;
  }
}

/// Says what of the instruction depends on where it lies.
void set_place(Insn& out, const ZydisDecodedInstruction& z) {
  if (!(z.attributes & ZYDIS_ATTRIB_IS_RELATIVE)) return;
  const unsigned at = out.near_branch ? z.raw.imm[0].offset : z.raw.disp.offset;
  const unsigned bytes = (out.near_branch ? z.raw.imm[0].size : z.raw.disp.size) / 8u;
  out.relative = static_cast<u8>(bytes);
  out.movable = !out.address32 && at + bytes == out.length &&
                (out.near_branch || std::any_of(out.operand.begin(), out.operand.end(),
                                                [](const Operand& o) { return o.absolute; }));
}

}  // namespace

Flow flow_of(const ZydisDecodedInstruction& z) {
  switch (z.meta.category) {
    case ZYDIS_CATEGORY_UNCOND_BR:
      return Flow::jump;
    case ZYDIS_CATEGORY_COND_BR:
      return Flow::branch;
    case ZYDIS_CATEGORY_CALL:
      return Flow::call;
    case ZYDIS_CATEGORY_RET:
      return Flow::ret;
    case ZYDIS_CATEGORY_SYSCALL:
      return Flow::system_call;
    case ZYDIS_CATEGORY_INTERRUPT:
      return Flow::trap;
    default:
      return z.mnemonic == ZYDIS_MNEMONIC_UD0 || z.mnemonic == ZYDIS_MNEMONIC_UD1 ||
                     z.mnemonic == ZYDIS_MNEMONIC_UD2
                 ? Flow::trap
                 : Flow::none;
  }
}

Decoder::Status Decoder::decode(std::span<const u8> code, Addr pc, Insn& out) const {
  ZydisDecodedInstruction z;
  std::array<ZydisDecodedOperand, ZYDIS_MAX_OPERAND_COUNT_VISIBLE> operands;
  ZydisDecoderContext context;
  const ZyanStatus status =
      ZydisDecoderDecodeInstruction(&impl_->decoder, &context, code.data(), code.size(), &z);
  if (status == ZYDIS_STATUS_NO_MORE_DATA) return Status::truncated;
  if (!ZYAN_SUCCESS(status)) return Status::invalid;
  const u8 visible = std::min<u8>(z.operand_count_visible, static_cast<u8>(out.operand.size()));
  if (visible != 0 && !ZYAN_SUCCESS(ZydisDecoderDecodeOperands(&impl_->decoder, &context, &z,
                                                               operands.data(), visible)))
    return Status::invalid;

  out = Insn{};
  out.pc = pc;
  out.length = z.length;
  out.mnemonic = static_cast<u16>(z.mnemonic);
  out.lock = z.attributes & ZYDIS_ATTRIB_HAS_LOCK;
  out.rep = z.attributes & (ZYDIS_ATTRIB_HAS_REP | ZYDIS_ATTRIB_HAS_REPE);
  out.repne = z.attributes & ZYDIS_ATTRIB_HAS_REPNE;
  out.vex = z.encoding == ZYDIS_INSTRUCTION_ENCODING_VEX;
  out.evex = z.encoding == ZYDIS_INSTRUCTION_ENCODING_EVEX ||
             z.encoding == ZYDIS_INSTRUCTION_ENCODING_MVEX ||
             z.encoding == ZYDIS_INSTRUCTION_ENCODING_XOP;
  out.flow = flow_of(z);
  out.address32 = z.address_width == 32;
  out.wide = out.vex ? z.raw.vex.W : z.raw.rex.W;
  out.vector_bits = z.encoding == ZYDIS_INSTRUCTION_ENCODING_VEX
                        ? static_cast<u16>(z.raw.vex.L ? 256 : 128)
                        : u16{0};
  out.operands = visible;
  for (u8 i = 0; i < visible; ++i) set_operand(out.operand[i], operands[i], z, pc);
  out.near_branch = visible > 0 && operands[0].type == ZYDIS_OPERAND_TYPE_IMMEDIATE &&
                    operands[0].imm.is_relative;
  set_place(out, z);
  return Status::ok;
}

std::string_view Decoder::name(u16 mnemonic) {
  const char* text = ZydisMnemonicGetString(static_cast<ZydisMnemonic>(mnemonic));
  return text == nullptr ? std::string_view() : std::string_view(text);
}

std::string_view Decoder::isa_set(std::span<const u8> code) const {
  ZydisDecodedInstruction z;
  ZydisDecoderContext context;
  if (!ZYAN_SUCCESS(
          ZydisDecoderDecodeInstruction(&impl_->decoder, &context, code.data(), code.size(), &z)))
    return {};
  const char* text = ZydisISASetGetString(z.meta.isa_set);
  return text == nullptr ? std::string_view() : std::string_view(text);
}

std::string Decoder::format(std::span<const u8> code, Addr pc, Syntax syntax) const {
  const ZydisFormatter& formatter = syntax == Syntax::att ? impl_->att : impl_->intel;
  ZydisDecodedInstruction z;
  std::array<ZydisDecodedOperand, ZYDIS_MAX_OPERAND_COUNT> operands;
  std::array<char, 256> text{};
  if (!ZYAN_SUCCESS(
          ZydisDecoderDecodeFull(&impl_->decoder, code.data(), code.size(), &z, operands.data())) ||
      !ZYAN_SUCCESS(ZydisFormatterFormatInstruction(&formatter, &z, operands.data(),
                                                    z.operand_count_visible, text.data(),
                                                    text.size(), pc.value, nullptr)))
    return "(bad)";
  return text.data();
}

}  // namespace emulator::decode
