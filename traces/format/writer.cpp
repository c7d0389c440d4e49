#include "traces/format/writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "emulator/base/error.hpp"
#include "traces/format/container.hpp"
#include "traces/format/frame_encoder.hpp"
#include "traces/format/json.hpp"

namespace traces::format {
namespace {

using emulator::base::UserError;

/// What both forms share: the sink, and what is known once it has failed.
class SinkWriter : public Writer {
 public:
  explicit SinkWriter(std::unique_ptr<Sink> sink) : sink_(std::move(sink)) {}

  void close() final {
    if (closed_) return;
    check();
    closed_ = true;
    finish();
    if (!sink_->close()) fail(errno, events_);
  }

 protected:
  /// Writes what is still held back, and the end.
  virtual void finish() = 0;

  /// For destructors, which cannot report: a trace that was not closed is finished as well as it
  /// can be.
  void abandon() noexcept {
    try {
      if (!closed_ && failure_.empty()) close();
    } catch (const UserError&) {
      // The caller chose not to call close(), and so not to know.
    }
  }

  void check() const {
    if (!failure_.empty()) throw UserError(failure_);
    RT0_CHECK(!closed_, "an event was written to a trace that is closed");
  }

  [[noreturn]] void fail(int error, u64 complete) {
    failure_ = fmt::format("cannot write trace {}: {} after {} complete events", sink_->name(),
                           std::strerror(error), complete);
    throw UserError(failure_);
  }

  std::unique_ptr<Sink> sink_;

 private:
  bool closed_ = false;
  std::string failure_;
};

class JsonLinesWriter final : public SinkWriter {
 public:
  JsonLinesWriter(std::unique_ptr<Sink> sink, const Header& header) : SinkWriter(std::move(sink)) {
    buffer_.reserve(2 * kBuffer);
    append_json(buffer_, header);
    buffer_ += '\n';
    flush();  // so that whoever follows the file can open it
  }
  ~JsonLinesWriter() override { abandon(); }

  void write(const Insn& insn) override { line(insn); }
  void write(const Event& event) override { line(event); }

  void flush() override {
    check();
    send();
  }

 private:
  static constexpr std::size_t kBuffer = std::size_t{1} << 20;

  template <class E>
  void line(const E& event) {
    check();
    const std::size_t start = buffer_.size();
    append_json(buffer_, event);
    RT0_CHECK(buffer_.size() - start <= kMaxLine,
              "an event of a trace is longer than any reader accepts");
    buffer_ += '\n';
    ++events_;
    if (buffer_.size() >= kBuffer) send();
  }

  void send() {
    const std::span bytes(reinterpret_cast<const u8*>(buffer_.data()), buffer_.size());
    const std::size_t sent = sink_->write(bytes);
    const int error = errno;
    const auto ends =
        std::count(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(sent), u8{'\n'});
    lines_ += static_cast<u64>(ends);
    if (sent != bytes.size()) fail(error, lines_ == 0 ? 0 : lines_ - 1);
    buffer_.clear();
  }

  void finish() override { send(); }

  std::string buffer_;
  u64 lines_ = 0;  ///< complete ones that reached the file, the header's included
};

class Rt0tWriter final : public SinkWriter {
 public:
  Rt0tWriter(std::unique_ptr<Sink> sink, const Header& header) : SinkWriter(std::move(sink)) {
    std::string line;
    append_json(line, header);
    FrameHead head{FrameKind::Header};
    send(packer_.pack(head, std::span(reinterpret_cast<const u8*>(line.data()), line.size())));
  }
  ~Rt0tWriter() override { abandon(); }

  void write(const Insn& insn) override { add(insn); }
  void write(const Event& event) override { add(event); }

  void flush() override {
    check();
    end_frame();
  }

 private:
  template <class E>
  void add(const E& event) {
    check();
    encoder_.add(event);
    ++events_;
    if (encoder_.size() >= kFrameBytes || encoder_.full()) end_frame();
  }

  void end_frame() {
    if (encoder_.events() == 0) return;
    FrameHead head{FrameKind::Events};
    head.events = encoder_.events();
    head.first_n = encoder_.first_n(), head.last_n = encoder_.last_n();
    head.offset = offset_;
    send(packer_.pack(head, encoder_.finish()));
    sent_events_ += head.events;
    frames_.push_back(head);
  }

  void finish() override {
    end_frame();
    const u64 at = offset_;
    FrameHead head{FrameKind::Index};
    send(packer_.pack(head, index_contents(frames_)));
    send(trailer(at));
  }

  void send(std::span<const u8> bytes) {
    if (sink_->write(bytes) != bytes.size()) fail(errno, sent_events_);
    offset_ += bytes.size();
  }

  frame::Encoder encoder_;
  Packer packer_;
  std::vector<FrameHead> frames_;
  u64 offset_ = 0;  ///< bytes in the file
  u64 sent_events_ = 0;
};

}  // namespace

std::optional<Form> form_named(std::string_view text) {
  if (text == "jsonl") return Form::JsonLines;
  if (text == "rt0t") return Form::Rt0t;
  return std::nullopt;
}

Form form_for_path(std::string_view path) {
  return path.ends_with(".rt0t") ? Form::Rt0t : Form::JsonLines;
}

std::unique_ptr<Writer> make_writer(Form form, std::unique_ptr<Sink> sink, const Header& header) {
  if (form == Form::Rt0t) return std::make_unique<Rt0tWriter>(std::move(sink), header);
  return std::make_unique<JsonLinesWriter>(std::move(sink), header);
}

std::unique_ptr<Writer> make_writer(Form form, const std::string& path, const Header& header) {
  return make_writer(form, file_sink(path), header);
}

}  // namespace traces::format
