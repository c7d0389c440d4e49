/// What a machine reports of what happens in it: instructions, and what happens between them.
#pragma once

#include <span>
#include <utility>
#include <vector>

#include "emulator/cpu/effects.hpp"
#include "emulator/decode/facts.hpp"

namespace emulator::machine {

/// Bytes that the kernel wrote to guest memory, in that order.
using KernelWrites = std::vector<std::pair<Addr, std::vector<u8>>>;

/// Of an instruction's effects those that are accesses to memory: each an Effect with address and
/// size, in the order in which they were made; of a string instruction one or two ranges.
class Accesses {
 public:
  explicit Accesses(const cpu::Effects& effects) : effects_(effects) {}

  class Iterator {
   public:
    Iterator(const cpu::Effect* at, const cpu::Effect* end) : at_(at), end_(end) { skip(); }
    const cpu::Effect& operator*() const { return *at_; }
    const cpu::Effect* operator->() const { return at_; }
    Iterator& operator++() {
      ++at_;
      skip();
      return *this;
    }
    friend bool operator==(const Iterator& a, const Iterator& b) { return a.at_ == b.at_; }

   private:
    void skip() {
      while (at_ != end_ && at_->kind < cpu::PlaceKind::memory_read) ++at_;
    }
    const cpu::Effect *at_, *end_;
  };
  Iterator begin() const { return {effects_.begin(), effects_.end()}; }
  Iterator end() const { return {effects_.end(), effects_.end()}; }

 private:
  const cpu::Effects& effects_;
};

/// One retired instruction, as the observed loop reports it. A SYSCALL is reported when the kernel
/// has dealt with it: its effects include the registers that the kernel set, and `kernel_writes`
/// the memory; `next` is where the thread goes on. All that it refers to is there until whoever is
/// told returns.
struct Retired {
  u64 number;  // instructions retired before it
  Addr pc;
  const decode::InsnFacts* facts;  // what it was: never null
  Addr next;                       // of the instruction that follows in this thread
  const bool& taken;               // it transferred control, were it to the very next instruction
  const cpu::Effects& effects;
  // What stays the same while a block is executed: where it lies, and the bytes it was decoded
  // from.
  Addr block;
  const u8* block_code;
  const KernelWrites* kernel_writes = nullptr;

  unsigned length() const { return facts->length; }
  Addr end() const { return pc + length(); }
  /// Its bytes, as they were when it was decoded.
  std::span<const u8> bytes() const { return {block_code + (pc - block), length()}; }
  Accesses accesses() const { return Accesses(effects); }
};

/// What changed a thread's registers, or memory, and is no retired instruction (decision 0009).
struct Between {
  enum class Why : u8 {
    part,    // a string instruction faulted in the middle: what it had done by then
    signal,  // one was delivered: the handler's frame and its registers
    resume,  // a system call that had blocked went on
  };
  Why why;
  const cpu::Effects& effects;
  const KernelWrites& kernel_writes;
};

}  // namespace emulator::machine
