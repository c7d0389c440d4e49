/// All rows, and binding: from a decoded instruction to the Op that the loop executes.
#pragma once

#include <vector>

#include "emulator/cpu/cpuid.hpp"
#include "emulator/decode/insn.hpp"
#include "emulator/semantics/row.hpp"

namespace emulator::semantics {

// One list a family, a file each.
std::span<const Row> arith_rows();
std::span<const Row> logic_rows();
std::span<const Row> shift_rows();
std::span<const Row> bit_rows();
std::span<const Row> multiply_rows();
std::span<const Row> move_rows();
std::span<const Row> flow_rows();
std::span<const Row> string_rows();
std::span<const Row> atomic_rows();
std::span<const Row> system_rows();
std::span<const Row> vector_move_rows();
std::span<const Row> vector_int_rows();
std::span<const Row> vector_shuffle_rows();
std::span<const Row> vector_fp_rows();
std::span<const Row> vector_convert_rows();
std::span<const Row> fma_rows();
std::span<const Row> vector_state_rows();
std::span<const Row> crypto_rows();

/// Every family, in a fixed order.
std::span<const std::span<const Row>> all_rows();

/// The row of a mnemonic ("vpaddd" finds "paddd" when no row has the VEX name), or null.
const Row* find_row(std::string_view mnemonic);

/// Why an instruction could not be bound.
enum class Binding : u8 { ok, unknown, no_such_form, not_lockable, not_in_profile };

/// Turns decoded instructions into Ops. Remembers mnemonic lookups, so there is one per machine.
class Binder {
 public:
  explicit Binder(const cpu::Profile& profile) : profile_(profile) {}

  /// Fills `op` (all but `left`) and `info` for `insn`. `code` is the instruction's bytes.
  Binding bind(const decode::Decoder& decoder, std::span<const u8> code, const decode::Insn& insn,
               decode::Op& op, decode::OpInfo& info);

 private:
  struct Entry {
    const Row* row = nullptr;
    bool looked_up = false;
    bool in_profile = true;
  };
  const Entry& look_up(const decode::Decoder& decoder, std::span<const u8> code,
                       const decode::Insn& insn);

  cpu::Profile profile_;
  std::vector<Entry> entries_;
};

}  // namespace emulator::semantics
