#include "tests/oracle/addressing.hpp"

namespace tests::oracle {
namespace {

constexpr u64 kReadOnly = kDataBase + kReadOnlyPage * kPage;

bool is_canonical(u64 address) {
  const i64 top = static_cast<i64>(address) >> 47;
  return top == 0 || top == -1;
}

u64 not_mapped(Random& random) {
  switch (random.below(4)) {
    case 0:
      return random.below(0x1000);  // the page at zero
    case 1:
      return kDataEnd + random.below(kPage);
    case 2:
      return 0xffff800000000000 + random.below(1u << 20);  // the kernel's half
    default:
      return 0x00007ffffffff000 + random.below(0x1000);  // the last page below the hole
  }
}

u64 not_canonical(Random& random) {
  switch (random.below(3)) {
    case 0:
      return 0x0000800000000000 + random.below(64);
    case 1:
      return 0xffff7fffffffffc0 + random.below(64);
    default:
      return (random.next() >> 1 | u64{1} << 62) & ~(u64{1} << 47) & ~(u64{1} << 63);
  }
}

/// Inside one page, aligned mostly.
u64 inside(Random& random, u64 page, u64 size) {
  u64 at = random.below(kPage - size + 1);
  if (random.chance(85)) at -= at % size;
  return kDataBase + page * kPage + at;
}

/// The last bytes before `border` and the first behind it.
u64 across(Random& random, u64 border, u64 size) {
  return size == 1 ? border : border - 1 - random.below(size - 1);
}

/// One way of writing an address, and what it takes.
struct Parts {
  bool base = false;
  bool index = false;
  i64 displacement = 0;
};

Parts choose_parts(Random& random, const Form& form, u64 target) {
  constexpr std::array<u64, 3> kRanges = {0, 1u << 7, 1u << 31};
  const u64 range = random.pick(kRanges);
  Parts parts;
  parts.base = true;
  if (range != 0) parts.displacement = static_cast<i64>(random.below(2 * range) - range);
  const u64 choice = random.below(10);
  parts.index = choice >= 4;
  if (choice == 8) parts.base = false;
  if (choice == 9 && target < (u64{1} << 31)) {
    parts = {false, false, static_cast<i64>(target)};
  }
  if (form.is(kStack) && parts.index) parts = {true, false, 0};
  return parts;
}

/// Gives base and index their values; `remainder` is what they have to add up to.
void set_registers(Random& random, ZydisEncoderOperand& operand, u64 base, u64 index, u64 remainder,
                   CpuState& state) {
  auto& mem = operand.mem;
  const bool has_base = mem.base != ZYDIS_REGISTER_NONE;
  const bool has_index = mem.index != ZYDIS_REGISTER_NONE;
  if (has_base && has_index && base == index) {
    const u64 times = mem.scale + 1u;
    mem.displacement += static_cast<i64>(remainder % times);
    state.gpr[base] = remainder / times;
  } else if (has_index && !has_base) {
    mem.displacement += static_cast<i64>(remainder % mem.scale);
    state.gpr[index] = remainder / mem.scale;
  } else {
    if (has_index) {
      state.gpr[index] = random.chance(50) ? random.next() : random.below(1 << 20);
      remainder -= state.gpr[index] * mem.scale;
    }
    state.gpr[base] = remainder;
  }
}

}  // namespace

ZydisRegister gpr64(u64 number) {
  return static_cast<ZydisRegister>(ZYDIS_REGISTER_RAX + static_cast<int>(number));
}

u64 pick_good_address(Random& random, u64 size) {
  constexpr std::array<u64, 3> kWritable = {0, 1, 3};
  if (size > 1 && random.chance(size < 16 ? 12 : 5)) return across(random, kDataBase + kPage, size);
  if (random.chance(8)) return kDataEnd - size;
  if (random.chance(4)) return kDataBase;
  return inside(random, random.pick(kWritable), size);
}

u64 pick_address(Random& random, u64 size) {
  switch (random.below(44)) {
    case 0:
      return inside(random, kReadOnlyPage, size);
    case 1:
      return across(random, kDataEnd, size);
    case 2:
      return across(random, kDataBase, size);
    case 3:
      return across(random, kReadOnly, size);
    case 4:
      return across(random, kReadOnly + kPage, size);
    case 5:
      return not_mapped(random);
    case 6:
      return not_canonical(random);
    default:
      return pick_good_address(random, size);
  }
}

MemoryOperand make_memory_operand(Random& random, const Form& form, u64 target, u16 bytes,
                                  CpuState& state) {
  MemoryOperand made;
  made.target = target;
  made.operand.type = ZYDIS_OPERAND_TYPE_MEMORY;
  auto& mem = made.operand.mem;
  mem.size = bytes;
  const u64 from_code = target - kCodeBase + (u64{1} << 30);
  if (random.chance(8) && from_code < (u64{1} << 31)) {
    mem.base = ZYDIS_REGISTER_RIP;
    made.rip_relative = true;
    return made;
  }
  u64 wanted = target;
  // As below, for the bit offset's reach and for lanes on the other side of the hole.
  const bool at_hole = is_canonical(target) != is_canonical(target + bytes);
  const bool far = at_hole || (form.is(kBitString) && target >> 47 != 0);
  if (random.chance(6) && form.operands[0] != Kind::kAgen && !far) {
    made.fs = true;
    state.fs_base = is_canonical(target) && random.chance(50) ? target : kDataBase;
    // AMD also wants the offset to be canonical, when the sum is; Intel's manual says the sum
    // alone.
    if (is_canonical(target) && !is_canonical(target - state.fs_base)) state.fs_base = target;
    wanted -= state.fs_base;
  }
  const bool narrow = !made.fs && target < (u64{1} << 32) && random.chance(4);
  const Parts parts = choose_parts(random, form, wanted);
  const u64 base = random.below(16);
  u64 index = random.below(16);
  if (index == kRsp) index = kRbp;
  mem.displacement = parts.displacement;
  if (parts.index) mem.scale = static_cast<ZyanU8>(1u << random.below(4));
  const int wide = ZYDIS_REGISTER_RAX - (narrow ? ZYDIS_REGISTER_EAX : ZYDIS_REGISTER_RAX);
  if (parts.base) mem.base = static_cast<ZydisRegister>(gpr64(base) - wide);
  if (parts.index) mem.index = static_cast<ZydisRegister>(gpr64(index) - wide);
  if (!parts.base && !parts.index) return made;
  u64 remainder = wanted - static_cast<u64>(parts.displacement);
  if (narrow) remainder &= 0xffffffff;
  set_registers(random, made.operand, base, index, remainder, state);
  return made;
}

}  // namespace tests::oracle
