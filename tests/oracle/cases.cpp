#include "tests/oracle/cases.hpp"

#include <algorithm>
#include <cstring>

#include "tests/oracle/addressing.hpp"
#include "tests/oracle/encoding.hpp"
#include "tests/oracle/values.hpp"

namespace tests::oracle {
namespace {

/// One attempt at one case.
class Attempt {
 public:
  Attempt(const Form& form, Random& random) : form_(form), random_(random) {}

  std::optional<Case> make() {
    one_.form = &form_;
    one_.before = random_state(random_, form_);
    prepare_implied();
    std::array<ZydisEncoderOperand, 4> operands{};
    for (u8 i = 0; i < form_.operand_count; ++i) operands[i] = make_operand(form_.operands[i]);
    operands[3].reg.is4 = form_.operand_count == 4;  // VBLENDVPS: a register in the immediate
    if (form_.is(kDivide)) make_divisible();
    if (!encode(form_, {operands.data(), form_.operand_count}, memory_.fs, one_)) return {};
    place();
    if (memory_.rip_relative) {
      operands[memory_at_].mem.displacement =
          static_cast<i64>(memory_.target - (one_.before.rip + one_.length));
      if (!encode(form_, {operands.data(), form_.operand_count}, memory_.fs, one_)) return {};
    } else if (random_.chance(25)) {
      flip_direction(one_);
    }
    return one_;
  }

 private:
  u64& gpr(Gpr r) { return one_.before.gpr[r]; }

  /// Somewhere canonical: before or after the jump, AMD and Intel differ in where #GP is raised.
  u64 flow_target() {
    if (random_.chance(50)) return kCodeBase + random_.below(kPage);
    return random_.next() >> 17;
  }

  /// Operands that the encoding does not name.
  void prepare_implied() {
    if (form_.is(kFlow) && !form_.is(kString))
      for (u64& value : one_.before.gpr) value = flow_target();
    if (form_.is(kStack)) prepare_stack();
    if (form_.is(kString)) prepare_string();
    if (form_.is(kXlat)) {
      gpr(kRbx) = pick_address(random_, 1) - (gpr(kRax) & 0xff);
    }
    if (form_.is(kMaskMove)) {
      gpr(kRdi) = pick_address(random_, 16);  // AMD checks the end of the bytes that are written
      if ((gpr(kRdi) ^ (gpr(kRdi) + 15)) >> 47 != 0) gpr(kRdi) -= 16;
    }
    if (form_.text.starts_with("j") && form_.text.find("cxz") != std::string::npos)
      gpr(kRcx) = random_.pick(std::array<u64, 4>{0, 1, u64{1} << 32, gpr(kRcx)});
    if (form_.text.starts_with("loop"))
      gpr(kRcx) = random_.pick(std::array<u64, 4>{0, 1, u64{1} << 32, gpr(kRcx)});
    if (form_.text.starts_with("pcmpestr") || form_.text.starts_with("vpcmpestr"))
      for (const Gpr r : {kRax, kRdx})
        if (random_.chance(70)) gpr(r) = random_.below(36) - 18;
    if (form_.text.find("cmpxchg") != std::string::npos) compares_equal_ = random_.chance(50);
  }

  void prepare_stack() {
    u64 address = pick_address(random_, 8);
    if (static_cast<i64>(address) >> 47 != 0) address = pick_good_address(random_, 8);
    const bool writes = form_.text.starts_with("pu") || form_.text.starts_with("call");
    (form_.text == "leave" ? gpr(kRbp) : gpr(kRsp)) = writes ? address + 8 : address;
    u64 word = form_.is(kFlow) ? flow_target() : random_.next();
    if (form_.text.starts_with("popf")) word &= ~u64{0x4100};  // TF would trap; NT is not emulated
    patch(address, &word, 8);
  }

  /// From where no repetition reaches a border.
  u64 inner_address() { return kDataBase + kPage / 2 + random_.below(kPage); }

  void prepare_string() {
    const u64 width = form_.text.back() == 'b'   ? 1
                      : form_.text.back() == 'w' ? 2
                      : form_.text.back() == 'd' ? 4
                                                 : 8;
    // Which of two faults CMPS takes is not defined (and is not the same with REPE on one CPU).
    const bool compares = form_.text.find("cmps") != std::string::npos;
    const bool first = random_.chance(50);
    gpr(kRsi) = compares && first ? inner_address() : pick_address(random_, width);
    gpr(kRdi) = compares && !first ? inner_address() : pick_address(random_, width);
    if (form_.prefixes != 0) gpr(kRcx) = random_.below(random_.chance(80) ? 20 : 64);
    if (!compares && random_.chance(15))
      gpr(kRdi) = gpr(kRsi) + random_.below(9) - 4;  // they overlap
    // Runs of equal elements, for SCAS and CMPS to go on or to stop.
    std::array<u8, 64> same;
    same.fill(static_cast<u8>(gpr(kRax)));
    if (random_.chance(50)) gpr(kRax) = 0x0101010101010101 * (gpr(kRax) & 0xff);
    if (random_.chance(40)) patch(gpr(kRdi), same.data(), width * random_.below(64 / width));
    if (random_.chance(40)) patch(gpr(kRsi), same.data(), width * random_.below(64 / width));
  }

  ZydisEncoderOperand make_operand(Kind kind) {
    if (is_memory(kind) || kind == Kind::kAgen) return make_memory(kind);
    ZydisEncoderOperand operand{};
    if ((kind >= Kind::kI8 && kind <= Kind::kOne) || kind >= Kind::kRel8) {
      operand.type = ZYDIS_OPERAND_TYPE_IMMEDIATE;
      operand.imm.s = kind == Kind::kOne ? 1 : random_immediate(random_, kind, form_);
      return operand;
    }
    operand.type = ZYDIS_OPERAND_TYPE_REGISTER;
    operand.reg.value = random_register(random_, kind);
    return operand;
  }

  ZydisEncoderOperand make_memory(Kind kind) {
    const u64 size = bits_of(kind) / 8;
    memory_at_ = static_cast<u8>(std::find(form_.operands.begin(), form_.operands.end(), kind) -
                                 form_.operands.begin());
    if (form_.is(kBitString) && form_.operands[1] != Kind::kI8) limit_bit_offsets();
    u64 target = pick_address(random_, size);
    if (form_.is(kAligned)) target &= ~u64{15};
    memory_ = make_memory_operand(random_, form_, target, static_cast<u16>(size), one_.before);
    fill_memory(target, size);
    return memory_.operand;
  }

  /// BT m, r reaches as far as the register says: mostly kept within a page.
  void limit_bit_offsets() {
    for (u64& value : one_.before.gpr) value = random_.below(1 << 14) - (1 << 13);
  }

  void fill_memory(u64 target, u64 size) {
    if (form_.is(kFlow) ? false : form_.is(kStack) || random_.chance(15)) return;
    std::array<u64, 8> words{};
    const Lanes lanes = lanes_for(random_, form_);
    for (u64& word : words)
      word = size > 8 || form_.is(kFloat32) || form_.is(kFloat64) ? vector_word(random_, lanes)
                                                                  : random_gpr(random_);
    if (form_.text.find("ldmxcsr") != std::string::npos)  // bit 17 is AMD's own, above it is #GP
      words[0] = random_mxcsr(random_) ^ (random_.chance(30) ? u64{1} << random_.below(17) : 0) ^
                 (random_.chance(10) ? u64{1} << (18 + random_.below(14)) : 0);
    if (form_.is(kFlow)) words[0] = flow_target();
    if (compares_equal_) words = {gpr(kRax), gpr(kRdx)};
    if (compares_equal_ && size == 8 && form_.text.find("8b") != std::string::npos)
      words[0] = (gpr(kRax) & 0xffffffff) | gpr(kRdx) << 32;
    patch(target, words.data(), size);
  }

  /// Quotients that fit, most of the time: the upper half of the dividend is made small.
  void make_divisible() {
    if (random_.chance(15)) return;
    const bool negative = form_.text[0] == 'i' && random_.chance(50);
    const u64 high = negative ? ~u64{0} : random_.chance(60) ? 0 : random_.below(64);
    if (bits_of(form_.operands[0]) == 8)
      gpr(kRax) = (gpr(kRax) & ~u64{0xff00}) | (high & (random_.chance(50) ? 0xff : 3)) << 8;
    else if (!uses(kRdx))
      gpr(kRdx) = high;
  }

  bool uses(Gpr r) const {
    return memory_.operand.mem.base == gpr64(r) || memory_.operand.mem.index == gpr64(r);
  }

  /// Where the instruction lies: mostly in the middle; at the page's end; a little beyond it.
  void place() {
    const u64 room = one_.length + 1u;  // with the breakpoint
    one_.before.rip = kCodeBase + random_.below(kPage - room);
    const bool flow = form_.is(kFlow);
    if (flow || form_.text == "popfq" || form_.text == "popf") one_.stop = Stop::kSingleStep;
    if (form_.prefixes != 0 && form_.is(kString)) return;
    if (form_.text.starts_with("pushf")) return;
    if (!random_.chance(2)) return;
    one_.stop = Stop::kSingleStep;
    one_.before.rip = kCodeEnd - one_.length;
    if (one_.length > 1 && random_.chance(30))
      one_.before.rip += 1 + random_.below(one_.length - 1u);
  }

  /// Lays bytes over the data, as far as there is data.
  void patch(u64 address, const void* bytes, u64 size) {
    if (one_.patch_count == one_.patches.size()) return;
    const auto* from = static_cast<const u8*>(bytes);
    while (size != 0 && address - kDataBase >= kDataSize) ++address, ++from, --size;
    if (size == 0) return;
    Patch& made = one_.patches[one_.patch_count++];
    made.offset = static_cast<u16>(address - kDataBase);
    made.size = static_cast<u16>(std::min(size, kDataEnd - address));
    std::memcpy(made.bytes.data(), from, made.size);
  }

  const Form& form_;
  Random& random_;
  Case one_;
  MemoryOperand memory_;
  u8 memory_at_ = 0;
  bool compares_equal_ = false;
};

u64 hash_of(const std::string& text) {  // FNV-1a
  u64 hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<u8>(c)) * 0x100000001b3;
  return hash;
}

}  // namespace

CaseMaker::CaseMaker(const Form& form, u64 seed)
    : form_(form), random_(hash_of(form.text) ^ seed) {}

std::optional<Case> CaseMaker::next() {
  constexpr int kAttempts = 200;  // AH next to R8, an index that cannot be, …
  for (int i = 0; i < kAttempts; ++i)
    if (const auto one = Attempt(form_, random_).make()) return one;
  return {};
}

}  // namespace tests::oracle
