/// One frame of the rt0t form back into events. Trusts nothing: a frame that lies gives Malformed,
/// and never more memory than a few times its own size.
#pragma once

#include <vector>

#include "traces/format/frame_model.hpp"
#include "traces/format/strings.hpp"

namespace traces::format::frame {

/// The unread rest of a column.
class Cursor {
 public:
  Cursor() = default;
  explicit Cursor(std::span<const u8> bytes) : rest_(bytes) {}
  bool empty() const { return rest_.empty(); }
  u8 byte();
  u64 varint();
  std::span<const u8> bytes(u64 count);
  std::string_view text();

 private:
  std::span<const u8> rest_;
};

class Decoder {
 public:
  /// Names and texts of the events point into `strings`.
  explicit Decoder(Strings& strings) : strings_(strings) {}

  /// Starts on a frame's contents. Malformed when its columns do not add up.
  void load(std::vector<u8> raw);
  /// Reads the next event; false at the frame's end. Malformed when there is no sense in it.
  bool next(Event& into);

 private:
  Stamp read_stamp(u8 op, u64 expected);
  std::string_view read_name(Cursor& refs);
  void read_new_static();
  u32 read_ref(u8 op, const ThreadState& thread);
  void read_shape(u8 op, Static& at);
  void read_effect(MemSlot& slot, const MemEffect& shape, Insn& insn, Moment& now);
  bool read_value(MemSlot& slot, const MemEffect& shape, u64 addr, const Moment& now);
  void read_register(RegSlot& slot, Reg reg, Insn& insn, const Moment& now);
  void read_vector(const RegSlot& slot, Reg reg, Insn& insn, const Moment& now);
  void read_insn(u8 op, Event& into);
  u8 next_code(u8 kept) { return recoded_ ? columns_[kCodes].byte() : kept; }

  Strings& strings_;
  std::vector<u8> raw_;
  std::array<Cursor, kColumns> columns_;
  Model model_;
  std::vector<Reg> regs_;  // the shape at hand
  std::vector<MemEffect> effects_;
  std::vector<u8> value_;  // of the effect at hand
  bool recoded_ = false;
};

}  // namespace traces::format::frame
