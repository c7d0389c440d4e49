#include "runtime_model/golang/code_shape.hpp"

#include <xxhash.h>

#include <array>
#include <cstring>
#include <span>

namespace runtime_model::golang {

using namespace emulator;
using decode::Insn;
using decode::OperandKind;

namespace {

constexpr std::size_t kLongest = 15;  // SDM vol. 2, 2.3.11

/// An instruction's bytes, to be blanked where they depend on the link.
struct Bytes {
  std::array<u8, kLongest> data{};
  std::size_t size = 0;

  explicit Bytes(std::span<const u8> bytes) : size(bytes.size()) {
    std::memcpy(data.data(), bytes.data(), size);
  }
  /// The last four bytes that hold `value`.
  void blank(u32 value) {
    for (std::size_t at = size >= 4 ? size - 3 : 0; at-- > 0;)
      if (std::memcmp(&data[at], &value, 4) == 0) {
        std::memset(&data[at], 0, 4);
        return;
      }
  }
  /// A branch's displacement: the last byte or the last four.
  void blank_branch() {
    const std::size_t many = size < 5 ? 1 : 4;
    std::memset(&data[size - many], 0, many);
  }
};

}  // namespace

CodeShape CodeReader::read(const Function& function) const {
  CodeShape out;
  std::vector<u8> fixed;
  const u64 low = image_.segments.front().address.value, high = image_.segments.back().end().value;
  each_instruction(function, [&](const Insn& insn, std::span<const u8> code) {
    Bytes bytes(code);
    if (insn.near_branch) bytes.blank_branch();
    for (std::size_t i = 0; i < insn.operands; ++i) {
      const auto& operand = insn.operand[i];
      const auto value = static_cast<u64>(operand.value);
      if (operand.kind == OperandKind::mem && operand.absolute) {
        out.references.push_back(Addr(value + symbols_.bias()));
        bytes.blank(static_cast<u32>(value - insn.next().value));
      } else if (operand.kind == OperandKind::imm && !insn.near_branch &&
                 !image_.position_independent && value >= low && value < high) {
        bytes.blank(static_cast<u32>(value));
      }
    }
    fixed.insert(fixed.end(), bytes.data.begin(), bytes.data.begin() + bytes.size);
    return true;
  });
  // Only a stripped program's functions reach up to the next one: what is between is int3.
  while (!fixed.empty() && fixed.back() == 0xCC) fixed.pop_back();
  out.fingerprint = XXH3_64bits(fixed.data(), fixed.size());
  return out;
}

}  // namespace runtime_model::golang
