#include "runtime_model/model/abi.hpp"

#include "runtime_model/model/peek.hpp"

namespace runtime_model::model {

using emulator::cpu::Registers;
using emulator::cpu::rsp;
using emulator::memory::AddressSpace;

std::vector<u64> argument_words(unsigned count, Abi abi, const Registers& regs,
                                const AddressSpace& memory) {
  std::vector<u64> words;
  for (unsigned i = 0; i < count; ++i)
    words.push_back(abi == Abi::zero ? peek<u64>(memory, Addr(regs[rsp] + 8 + 8 * u64{i}))
                    : i < kIntegerRegisters.size() ? regs[kIntegerRegisters[i]]
                                                   : 0);
  return words;
}

std::vector<u64> result_words(const std::vector<Argument>& arguments, Abi abi,
                              const Registers& regs, const AddressSpace& memory) {
  const Addr results_at = Addr(regs[rsp]) + Abi0Frame(arguments).end;
  std::vector<u64> words;
  for (std::size_t i = 0; i < kIntegerRegisters.size(); ++i)
    words.push_back(abi == Abi::zero ? peek<u64>(memory, results_at + 8 * i)
                                     : regs[kIntegerRegisters[i]]);
  return words;
}

}  // namespace runtime_model::model
