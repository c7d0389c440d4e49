#include <fmt/format.h>

#include "emulator/base/error.hpp"
#include "traces/format/json.hpp"
#include "traces/format/reader_forms.hpp"

namespace traces::format {
namespace {

using emulator::base::user_error;

class JsonLinesReader final : public Reader {
 public:
  explicit JsonLinesReader(std::unique_ptr<Input> input) : input_(std::move(input)) {
    const auto line = next_line();
    try {
      header_ = parse_header(line.value_or(""));
    } catch (const Malformed& why) {
      if (!ended_)
        user_error("trace {} is cut short inside its first line; nothing in it can be read",
                   input_->name());
      user_error("{} is not an rt0 trace: in its first line, {}", input_->name(), why.what());
    }
    start_ = offset_;
  }

  Form form() const override { return Form::JsonLines; }

  const Event* next() override {
    if (std::exchange(held_, false)) return &event_;
    while (const auto line = next_line()) {
      if (line->empty()) continue;
      if (!read(*line)) return nullptr;
      ++events_;
      greatest_n_ = std::max(greatest_n_, stamp(event_).n);
      return &event_;
    }
    return nullptr;
  }

  void seek(InsnCount n) override {
    if (events_ != 0 && n <= greatest_n_) rewind();
    held_ = false;
    while (next() != nullptr) {
      if (stamp(event_).n < n) continue;
      held_ = true;
      return;
    }
  }

 private:
  static constexpr std::size_t kChunk = std::size_t{1} << 16;

  void rewind() {
    offset_ = start_, line_number_ = 1, events_ = 0, greatest_n_ = 0;
    chunk_.clear(), at_ = 0;
  }

  /// False when the line is the file's cut end.
  bool read(std::string_view line) {
    try {
      parse_event(line, event_, strings_);
      return true;
    } catch (const Malformed& why) {
      if (ended_) user_error("trace {}, line {}: {}", input_->name(), line_number_, why.what());
    }
    truncation_ = fmt::format("trace {} is cut short: {} complete events, then line {} breaks off",
                              input_->name(), events_, line_number_);
    return false;
  }

  /// The next line without its end; sets ended_ to whether it had one. The view holds until the
  /// next call.
  std::optional<std::string_view> next_line() {
    std::size_t length = 0;  // of what was searched
    while (true) {
      const std::string_view rest = std::string_view(chunk_).substr(at_);
      if (const auto end = rest.find('\n', length); end != std::string_view::npos)
        return take(rest.substr(0, end), end + 1, true);
      length = rest.size();
      if (length > kMaxLine)
        user_error("trace {}, line {} is longer than {} MiB", input_->name(), line_number_ + 1,
                   kMaxLine >> 20);
      if (refill()) continue;
      if (length == 0) return std::nullopt;
      return take(std::string_view(chunk_).substr(at_), length, false);
    }
  }

  std::string_view take(std::string_view line, std::size_t size, bool ended) {
    at_ += size, offset_ += size, ++line_number_;
    ended_ = ended;
    return line;
  }

  /// Drops what was taken and reads on; false at the file's end.
  bool refill() {
    chunk_.erase(0, at_);
    at_ = 0;
    const std::size_t had = chunk_.size();
    chunk_.resize(had + kChunk);
    const std::size_t got =
        input_->read(offset_ + had, std::span(reinterpret_cast<u8*>(chunk_.data()) + had, kChunk));
    chunk_.resize(had + got);
    return got != 0;
  }

  std::unique_ptr<Input> input_;
  std::string chunk_;         ///< part of the file
  std::size_t at_ = 0;        ///< where in it the next line begins
  u64 offset_ = 0;            ///< the same, in the file
  u64 start_ = 0;             ///< of the first event
  u64 line_number_ = 0;       ///< of the last line taken, from 1
  bool ended_ = true;         ///< whether that line ended in a newline
  bool held_ = false;         ///< seek() has read the event for next()
  u64 events_ = 0;            ///< read since the start
  InsnCount greatest_n_ = 0;  ///< of those
  Event event_;
};

}  // namespace

std::unique_ptr<Reader> read_json_lines(std::unique_ptr<Input> input) {
  return std::make_unique<JsonLinesReader>(std::move(input));
}

}  // namespace traces::format
