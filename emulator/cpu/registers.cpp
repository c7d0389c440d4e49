#include "emulator/cpu/registers.hpp"

namespace emulator::cpu {

std::string_view gpr_name(unsigned index) {
  static constexpr std::array<std::string_view, 16> kNames = {
      "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
      "r8",  "r9",  "r10", "r11", "r12", "r13", "r14", "r15"};
  return kNames.at(index);
}

}  // namespace emulator::cpu
