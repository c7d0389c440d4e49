/// Writes a trace, in either form, to a file that stays readable whatever happens while it grows.
#pragma once

#include <memory>
#include <string>

#include "traces/format/event.hpp"
#include "traces/format/sink.hpp"

namespace traces::format {

enum class Form : u8 { JsonLines, Rt0t };

/// "jsonl" or "rt0t".
std::optional<Form> form_named(std::string_view text);
/// The form that a file's name asks for: rt0t when it ends in ".rt0t", else JSON Lines.
Form form_for_path(std::string_view path);

/// Takes events in order. Events are grouped before they reach the file: rt0t loses at most the
/// last frame, and JSON Lines the last MiB, when the process dies; flush() shortens that. Every
/// member but the destructor throws base::UserError when the file cannot be written ("cannot write
/// trace F: No space left on device after N complete events"); what was complete stays readable.
class Writer {
 public:
  Writer() = default;
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  /// Finishes the trace if close() was not called; a failure then goes unreported, so call close().
  virtual ~Writer() = default;

  /// The hot path: nothing is allocated per instruction.
  virtual void write(const Insn& insn) = 0;
  virtual void write(const Event& event) = 0;
  /// Hands everything written so far to the operating system.
  virtual void flush() = 0;
  /// Finishes the trace; nothing may be written afterwards. A second call does nothing.
  virtual void close() = 0;

  /// Events accepted so far.
  u64 events() const { return events_; }

 protected:
  u64 events_ = 0;
};

/// Creates or truncates the file at `path`.
std::unique_ptr<Writer> make_writer(Form form, const std::string& path, const Header& header);
std::unique_ptr<Writer> make_writer(Form form, std::unique_ptr<Sink> sink, const Header& header);

}  // namespace traces::format
