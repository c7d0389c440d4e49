// Instructions known by their bytes must be what decoding them anew gives.
#include "emulator/machine/bound_forms.hpp"

#include <cstring>

#include "asm/embedded_program.hpp"
#include "emulator/cpu/cpuid.hpp"
#include "emulator/kernel/elf.hpp"
#include "emulator/semantics/table.hpp"

#include "tests/support/catch.hpp"

namespace {

using namespace emulator;
using machine::BoundForms;

struct Bound {
  decode::Insn insn;
  decode::Op op{};
  decode::OpInfo info{};
};

/// Decodes, and binds where that is possible.
class Decoding {
 public:
  std::optional<Bound> operator()(std::span<const u8> code, Addr pc) {
    Bound b;
    if (decoder_.decode(code, pc, b.insn) != decode::Decoder::Status::ok) return std::nullopt;
    if (binder_.bind(decoder_, code, b.insn, b.op, b.info) != semantics::Binding::ok)
      return std::nullopt;
    return b;
  }

 private:
  cpu::Profile profile_;
  decode::Decoder decoder_;
  semantics::Binder binder_{profile_};
};

bool same(const Bound& a, const decode::Op& op, const decode::OpInfo& info) {
  return std::memcmp(&a.op, &op, sizeof op) == 0 && a.info.observed == info.observed &&
         a.info.row == info.row;
}

using Code = std::vector<u8>;

/// Learns the first and asks for the second, which lies elsewhere.
bool found_elsewhere(const Code& learnt, const Code& asked) {
  Decoding decoding;
  BoundForms forms;
  const Addr here(0x401000), there(0x7654321);
  const auto known = decoding(learnt, here);
  REQUIRE(known);
  forms.add(learnt, known->insn, known->op, known->info);
  decode::Op op{};
  decode::OpInfo info{};
  if (!forms.find(asked, there, op, info)) return false;
  const auto anew = decoding(asked, there);
  REQUIRE(anew);
  CHECK(same(*anew, op, info));
  return true;
}

constexpr int kFill = 0xcc;

}  // namespace

TEST_CASE("an instruction is known again by its bytes, whatever follows") {
  CHECK(found_elsewhere({0x48, 0x89, 0xd8, 0, 0, 0, 0, 0}, {0x48, 0x89, 0xd8, 1, 2, 3, 4, 5, 6}));
  CHECK_FALSE(
      found_elsewhere({0x48, 0x89, 0xd8, 0, 0, 0, 0, 0}, {0x48, 0x89, 0xd9, 0, 0, 0, 0, 0}));
}

TEST_CASE("jumps, calls and RIP-relative operands are known with another distance") {
  CHECK(found_elsewhere({0x74, 0x10, 0, 0, 0, 0, 0, 0}, {0x74, 0xfe, 0, 0, 0, 0, 0, 0}));  // je
  CHECK(found_elsewhere({0xe8, 1, 2, 3, 4, 0, 0, 0}, {0xe8, 0, 0, 0, 0xff, 0, 0, 0}));     // call
  CHECK(found_elsewhere({0x0f, 0x85, 1, 0, 0, 0, 0, 0}, {0x0f, 0x85, 9, 9, 9, 0x99, 0, 0}));
  CHECK(found_elsewhere({0x48, 0x8d, 0x05, 1, 0, 0, 0, 0}, {0x48, 0x8d, 0x05, 9, 8, 7, 0x86, 0}));
}

TEST_CASE(
    "an instruction that says more behind its distance, or a short address, is decoded anew") {
  const Code compare = {0x80, 0x3d, 1, 0, 0, 0, 5, kFill};       // cmp byte [rip+1], 5
  const Code address32 = {0x67, 0x8b, 0x05, 1, 0, 0, 0, kFill};  // mov eax, [eip+1]
  const Code thread = {0x64, 0x8b, 0x05, 1, 0, 0, 0, kFill};     // mov eax, fs:[rip+1]
  for (const Code& code : {compare, address32, thread}) CHECK_FALSE(found_elsewhere(code, code));
}

TEST_CASE("every instruction of hello that is known is what decoding it gives") {
  if (programs::hello().empty()) {
    WARN("skipped: rt0 was built without hello");
    return;
  }
  const auto bytes = programs::hello();
  const auto image = kernel::parse_elf(bytes);
  const auto* text = image.section(".text");
  REQUIRE(text != nullptr);
  Decoding decoding;
  BoundForms forms;
  std::size_t known = 0, all = 0, wrong = 0;
  for (std::size_t at = 0; at + 16 < text->bytes.size();) {
    const auto code = text->bytes.subspan(at, 15);
    const Addr pc(0x401000 + at);
    const auto anew = decoding(code, pc);
    at += anew ? anew->insn.length : 1;
    if (!anew) continue;
    ++all;
    decode::Op op{};
    decode::OpInfo info{};
    if (forms.find(code, pc, op, info))
      ++known, wrong += !same(*anew, op, info);
    else
      forms.add(code, anew->insn, anew->op, anew->info);
  }
  CHECK(wrong == 0);
  CHECK(known > all / 2);
}
