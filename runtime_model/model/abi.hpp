/// Go values in registers: how arguments and results of models travel by Go's register convention
/// (cmd/compile/abi-internal.md), a word each.
#pragma once

#include <array>
#include <tuple>
#include <type_traits>
#include <vector>

#include "emulator/cpu/registers.hpp"
#include "emulator/memory/address_space.hpp"
#include "runtime_model/model/runtime.hpp"

namespace runtime_model::model {

/// Integer argument and result registers, in order.
inline constexpr std::array kIntegerRegisters = {
    emulator::cpu::rax, emulator::cpu::rbx, emulator::cpu::rcx,
    emulator::cpu::rdi, emulator::cpu::rsi, emulator::cpu::r8,
    emulator::cpu::r9,  emulator::cpu::r10, emulator::cpu::r11};

/// Where ABI0 has arguments, from the first one on, and where the results follow them.
struct Abi0Frame {
  explicit Abi0Frame(const std::vector<Argument>& arguments) {
    for (const Argument& a : arguments) {
      end = (end + a.bytes - 1) / a.bytes * a.bytes;
      offsets.push_back(end);
      end += a.bytes;
    }
    end = (end + 7) & ~u64{7};
  }
  std::vector<u64> offsets;
  u64 end = 0;  ///< of the arguments, where results begin
};

/// The words of a function's arguments, at its entry.
std::vector<u64> argument_words(unsigned count, Abi abi, const emulator::cpu::Registers& regs,
                                const emulator::memory::AddressSpace& memory);
/// The words that a function with these arguments has returned, just behind its call.
std::vector<u64> result_words(const std::vector<Argument>& arguments, Abi abi,
                              const emulator::cpu::Registers& regs,
                              const emulator::memory::AddressSpace& memory);

/// A result as it lies in its register: only the low `bytes` count.
struct ResultWord {
  u64 value;
  unsigned bytes;
};

/// A Go slice or string as an argument.
struct SliceWords {
  Addr data;
  u64 len = 0, cap = 0;
};
struct StringWords {
  Addr data;
  u64 len = 0;
};
/// A Go stack, as stackalloc returns it.
struct Stack {
  Addr lo, hi;
};

template <class T>
constexpr unsigned words_of() {
  if constexpr (std::is_same_v<T, SliceWords>)
    return 3;
  else if constexpr (std::is_same_v<T, StringWords> || std::is_same_v<T, Stack>)
    return 2;
  else
    return 1;
}

/// Reads one argument and moves on to the next.
template <class T>
T take_argument(Runtime& rt, const u64*& word) {
  if constexpr (std::is_same_v<T, SliceWords>) {
    word += 3;
    return {Addr(word[-3]), word[-2], word[-1]};
  } else if constexpr (std::is_same_v<T, StringWords>) {
    word += 2;
    return {Addr(word[-2]), word[-1]};
  } else if constexpr (std::is_same_v<T, Stack>) {
    word += 2;
    return {Addr(word[-2]), Addr(word[-1])};
  } else {
    const u64 v = *word++;
    if constexpr (std::is_same_v<T, Addr>)
      return Addr(v);
    else if constexpr (std::is_same_v<T, bool>)
      return (v & 0xff) != 0;
    else if constexpr (std::is_integral_v<T>)
      return static_cast<T>(v);
    else
      return rt.at<T>(Addr(v));
  }
}

template <class T>
void add_results(std::vector<ResultWord>& out, const T& v) {
  if constexpr (std::is_same_v<T, Addr>)
    out.push_back({v.value, 8});
  else if constexpr (std::is_same_v<T, bool>)
    out.push_back({v ? u64{1} : u64{0}, 1});
  else if constexpr (std::is_integral_v<T>)
    out.push_back({static_cast<u64>(v), sizeof(T)});
  else if constexpr (std::is_same_v<T, Stack>)
    out.push_back({v.lo.value, 8}), out.push_back({v.hi.value, 8});
  else if constexpr (requires { std::tuple_size<T>::value; })
    std::apply([&out](const auto&... part) { (add_results(out, part), ...); }, v);
  else
    out.push_back({v.address().value, 8});
}

}  // namespace runtime_model::model
