/// Events into one frame of the rt0t form.
#pragma once

#include <unordered_map>
#include <vector>

#include "traces/format/frame_model.hpp"
#include "traces/format/strings.hpp"

namespace traces::format::frame {

class Encoder {
 public:
  Encoder() { model_.reset(); }

  void add(const Insn& insn);
  void add(const Event& event);

  /// Bytes that finish() would give, about.
  std::size_t size() const;
  /// Whether a table is full: finish() before adding more.
  bool full() const {
    return model_.statics.size() >= kMaxStatics || model_.names.size() >= kMaxStatics;
  }
  u32 events() const { return events_; }
  u64 first_n() const { return first_n_; }  ///< least n of the events
  u64 last_n() const { return last_n_; }    ///< greatest

  /// The frame's contents so far; the encoder starts the next frame. The view holds until the next
  /// call.
  std::span<const u8> finish();

 private:
  void count(const Stamp& stamp);
  u8 put_stamp(const Stamp& stamp, u64 expected);
  u32 find(const Insn& insn) const;
  void put_new_static(const Insn& insn);
  u8 put_ref(const Insn& insn, ThreadState& thread);
  u32 name_ref(std::string_view name);
  u8 put_shape(Static& at, const Insn& insn);
  bool has_shape(const Static& at, const Insn& insn) const;
  void put_effect(MemSlot& slot, const MemEffect& effect, std::span<const u8> value, Moment& now);
  u64 put_value(MemSlot& slot, const MemEffect& effect, std::span<const u8> value,
                const Moment& now);
  void put_register(RegSlot& slot, const RegWrite& write, const Moment& now);
  void put_vector(RegSlot& slot, const RegWrite& write, const Moment& now);
  void put_named(u8 kind, const Stamp& stamp, std::string_view fn);
  void code(u8& slot_code, u8 chosen);

  void put(Column column, u8 byte) { columns_[column].push_back(byte); }
  void put_varint(Column column, u64 value);
  void put_text(Column column, std::string_view text);
  void put_bytes(Column column, std::span<const u8> bytes);

  Model model_;
  Strings strings_;                                    // what model_'s views point into
  std::unordered_map<u64, u32> static_at_;             // never iterated
  std::unordered_map<std::string_view, u32> name_at_;  // never iterated
  std::array<std::vector<u8>, kColumns> columns_;
  std::vector<u8> codes_;  // of the instruction at hand
  bool recoded_ = false;   // and whether one of them changed
  std::vector<u8> raw_;
  std::string line_;
  u32 events_ = 0;
  u64 first_n_ = 0, last_n_ = 0;
};

}  // namespace traces::format::frame
