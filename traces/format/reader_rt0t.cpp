#include <fmt/format.h>

#include "emulator/base/error.hpp"
#include "traces/format/container.hpp"
#include "traces/format/frame_decoder.hpp"
#include "traces/format/json.hpp"
#include "traces/format/reader_forms.hpp"

namespace traces::format {
namespace {

using emulator::base::user_error;

class Rt0tReader final : public Reader {
 public:
  explicit Rt0tReader(std::unique_ptr<Input> input) : input_(std::move(input)), decoder_(strings_) {
    const u64 start = read_header();
    if (!read_index()) scan(start);
  }

  Form form() const override { return Form::Rt0t; }

  const Event* next() override {
    if (std::exchange(held_, false)) return &event_;
    while (true) {
      if (loaded_ && decode()) return &event_;
      loaded_ = false;
      if (frame_ == frames_.size()) {
        if (!damage_.empty()) user_error("{}", damage_);
        return nullptr;
      }
      load(frame_++);
    }
  }

  void seek(InsnCount n) override {
    held_ = loaded_ = false;
    frame_ = 0;
    while (frame_ != frames_.size() && frames_[frame_].last_n < n) ++frame_;
    while (next() != nullptr) {
      if (stamp(event_).n < n) continue;
      held_ = true;
      return;
    }
  }

 private:
  /// The head at `offset`; nothing when the file ends before it does, or when there is none.
  std::optional<FrameHead> head_at(u64 offset) {
    std::array<u8, kHeadBytes> bytes{};
    if (input_->read(offset, bytes) != bytes.size()) return std::nullopt;
    auto head = parse_head(bytes);
    if (head) head->offset = offset;
    return head;
  }

  u64 end_of(const FrameHead& head) const { return head.offset + kHeadBytes + head.packed; }
  bool is_complete(const FrameHead& head) const { return end_of(head) <= input_->size(); }

  std::vector<u8> contents(const FrameHead& head) {
    std::vector<u8> packed(head.packed);
    if (input_->read(head.offset + kHeadBytes, packed) != packed.size())
      throw Malformed("the file ends inside it");
    return unpacker_.unpack(head, packed);
  }

  /// Returns where the frames begin.
  u64 read_header() {
    try {
      const auto head = head_at(0);
      if (!head || !is_complete(*head)) {
        if (input_->size() < kHeadBytes || head)
          user_error("trace {} is cut short inside its header; nothing in it can be read",
                     input_->name());
        throw Malformed("its head is damaged");
      }
      const auto line = contents(*head);
      header_ = parse_header({reinterpret_cast<const char*>(line.data()), line.size()});
      return end_of(*head);
    } catch (const Malformed& why) {
      user_error("the header of trace {} cannot be read: {}", input_->name(), why.what());
    }
  }

  /// Takes the frames from the index; false when the file has none that makes sense.
  bool read_index() {
    std::array<u8, kTrailerBytes> end{};
    if (input_->size() < kTrailerBytes) return false;
    if (input_->read(input_->size() - kTrailerBytes, end) != end.size()) return false;
    const auto offset = parse_trailer(end);
    if (!offset || *offset > input_->size()) return false;
    try {
      const auto head = head_at(*offset);
      if (!head || head->kind != FrameKind::Index || !is_complete(*head)) return false;
      auto frames = parse_index(contents(*head));
      if (!frames) return false;
      for (const FrameHead& frame : *frames)
        if (frame.offset > *offset || end_of(frame) > *offset) return false;
      frames_ = std::move(*frames);
      return true;
    } catch (const Malformed&) {
      return false;
    }
  }

  /// Takes the frames from the file itself, as far as they are whole.
  void scan(u64 offset) {
    u64 events = 0;
    bool whole = false;
    while (offset < input_->size()) {
      std::optional<FrameHead> head;
      try {
        head = head_at(offset);
      } catch (const Malformed&) {
        // Of another version: as good as damaged here, since the header's was right.
      }
      if (!head && input_->size() - offset >= kHeadBytes)
        damage_ = fmt::format("trace {} is damaged at byte {}, after {} events", input_->name(),
                              offset, events);
      if (!head || !is_complete(*head)) break;
      whole = head->kind == FrameKind::Index;
      if (head->kind != FrameKind::Events) break;
      frames_.push_back(*head);
      events += head->events;
      offset = end_of(*head);
    }
    if (!damage_.empty()) return;
    truncation_ = whole
                      ? fmt::format("trace {} has lost its index, but all its {} events are there",
                                    input_->name(), events)
                      : fmt::format("trace {} is cut short: {} events in {} complete frames",
                                    input_->name(), events, frames_.size());
  }

  void load(std::size_t number) {
    const FrameHead& known = frames_[number];
    try {
      const auto head = head_at(known.offset);
      if (!head || head->kind != FrameKind::Events || head->packed != known.packed)
        throw Malformed("its head is damaged");
      decoder_.load(contents(*head));
    } catch (const Malformed& why) {
      refuse(number, why);
    }
    loaded_ = true;
  }

  bool decode() {
    try {
      return decoder_.next(event_);
    } catch (const Malformed& why) {
      loaded_ = false;
      refuse(frame_ - 1, why);
    }
  }

  [[noreturn]] void refuse(std::size_t number, const Malformed& why) const {
    user_error("trace {}: frame {} at byte {} cannot be read: {}", input_->name(), number,
               frames_[number].offset, why.what());
  }

  std::unique_ptr<Input> input_;
  Unpacker unpacker_;
  frame::Decoder decoder_;
  std::vector<FrameHead> frames_;
  std::size_t frame_ = 0;  ///< the next one to load
  bool loaded_ = false;    ///< whether decoder_ is inside the one before
  bool held_ = false;      ///< seek() has read the event for next()
  std::string damage_;     ///< what to say where the scan had to stop
  Event event_;
};

}  // namespace

std::unique_ptr<Reader> read_rt0t(std::unique_ptr<Input> input) {
  return std::make_unique<Rt0tReader>(std::move(input));
}

}  // namespace traces::format
