// One instruction on random state: both handlers must agree, and its effects must tell all that
// it did.
#include "tests/fuzz/registers.hpp"
#include "tests/fuzz/target.hpp"
#include "tests/support/one_insn.hpp"

namespace fuzz {
namespace {

using namespace emulator;

/// A REP count beyond the areas says nothing more than one within.
constexpr u64 kMostRepeats = 40000;

bool can_run(Bytes code, const cpu::Profile& profile) {
  const decode::Decoder decoder;
  decode::Insn insn;
  if (decoder.decode(code, Addr(tests::OneInsn::kCode), insn) != decode::Decoder::Status::ok)
    return false;
  decode::Op op;
  decode::OpInfo info;
  return semantics::Binder(profile).bind(decoder, code, insn, op, info) == semantics::Binding::ok;
}

}  // namespace

void run_instruction(Bytes input) {
  Choices choices(input);
  tests::OneInsn guest;
  guest.profile.level = static_cast<cpu::Level>(choices.take<u8>() % 3);
  choose_registers(choices, guest.regs, tests::OneInsn::kData, tests::OneInsn::kDataSize,
                   tests::OneInsn::kCode);
  for (std::size_t i = 0; i < guest.data.size(); ++i) guest.data[i] = static_cast<u8>(i * 37 >> 3);
  const Bytes code = choices.rest().first(std::min<std::size_t>(choices.rest().size(), 15));
  if (code.empty() || !can_run(code, guest.profile)) return;
  guest.regs[cpu::rcx] %= kMostRepeats;
  try {
    (void)guest.step(code);
  } catch (const tests::Disagreement& e) {
    fail(e.what());
  }
}

std::vector<Input> instruction_seeds() {
  const std::vector<Input> codes = {
      {0x48, 0x89, 0x5f, 0x10},              // mov [rdi+16], rbx
      {0x48, 0x01, 0xd8},                    // add rax, rbx
      {0xf0, 0x48, 0x0f, 0xb1, 0x0e},        // lock cmpxchg [rsi], rcx
      {0xf3, 0x48, 0xa5},                    // rep movsq
      {0xf2, 0xae},                          // repne scasb
      {0x66, 0x0f, 0x38, 0x00, 0xc1},        // pshufb xmm0, xmm1
      {0xf2, 0x0f, 0x59, 0xc1},              // mulsd xmm0, xmm1
      {0xc5, 0xfd, 0xd4, 0xc1},              // vpaddq ymm0, ymm0, ymm1
      {0xc4, 0xe2, 0xf5, 0xb8, 0xc2},        // vfmadd231pd ymm0, ymm1, ymm2
      {0x48, 0xf7, 0xf1},                    // div rcx
      {0xc9},                                // leave
      {0xc3},                                // ret
      {0x0f, 0xa2},                          // cpuid
      {0x48, 0x0f, 0xc7, 0x0e},              // cmpxchg16b [rsi]
      {0xc4, 0xe2, 0x79, 0x90, 0x04, 0x16},  // vpgatherdd xmm0, [rsi+xmm2], xmm0
      {0x0f, 0xae, 0x06},                    // fxsave [rsi]
  };
  std::vector<Input> seeds;
  for (const Input& code : codes) {
    Input seed = {2};
    for (u8 r = 0; r < 16; ++r) seed.insert(seed.end(), {static_cast<u8>(r % 10), r});
    seed.insert(seed.end(), {9, 1});
    seed[1 + 2 * 6] = seed[1 + 2 * 7] = 2;  // rsi and rdi point at data
    seed.insert(seed.end(), code.begin(), code.end());
    seeds.push_back(seed);
  }
  return seeds;
}

}  // namespace fuzz
