/// Where the debugger's words go: a terminal or pipe, a transcript, or JSON Lines for tools.
#pragma once

#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "tools/rt0/debug/answer.hpp"
#include "tools/rt0/terminal.hpp"

namespace rt0::debug {

class Output {
 public:
  struct Style {
    Paint paint;
    unsigned width = 110;
    bool json = false;  ///< every line of output is an event, {"e":…}
    bool wrap = false;  ///< break lines that are wider between words
    unsigned rows = 0;  ///< of a terminal; 0: it is none, and has room for all
  };
  /// `error`: the text says why a command did nothing.
  using Sink = std::function<void(std::string_view text, bool error)>;
  Output(Style style, Sink sink) : style_(std::move(style)), sink_(std::move(sink)) {}

  /// What a command found out: drawn, or as an event. There is no other way to answer: whatever
  /// people are shown, tools get as data.
  void tell(const Answer& answer);
  /// Why a command did nothing, one sentence.
  void error(std::string_view text);
  /// Something that happened, for tools; nothing unless JSON is wanted.
  void event(const nlohmann::ordered_json& event);
  /// What the user typed goes into the transcript too.
  void echo(std::string_view prompt, std::string_view line);

  /// Appends all that follows to a file, without colours. Throws base::UserError when it cannot be
  /// opened. An empty path ends it.
  void transcript(const std::string& path);
  const std::string& transcript_path() const { return transcript_path_; }
  /// A transcript ended because it could not be written; that has been said.
  bool lost_transcript() const { return lost_transcript_; }

  const Paint& paint() const { return style_.paint; }
  unsigned width() const { return style_.width; }
  unsigned rows() const { return style_.rows; }
  /// Lines of the terminal that have been filled since a command began.
  std::size_t filled() const { return filled_; }
  void begin_filling() { filled_ = 0; }
  bool json() const { return style_.json; }
  void set_width(unsigned width) { style_.width = width; }
  void set_rows(unsigned rows) { style_.rows = rows; }
  void set_paint(Paint paint) { style_.paint = std::move(paint); }

 private:
  void write(std::string_view text, bool error = false);
  void copy(const std::string& plain);

  Style style_;
  Sink sink_;
  std::size_t filled_ = 0;
  std::string transcript_path_;
  bool lost_transcript_ = false;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> transcript_{nullptr, std::fclose};
};

/// Without the escape sequences of colours.
std::string without_colour(std::string_view text);
/// Columns that a text takes on a terminal: colours none, each character of UTF-8 one.
std::size_t columns(std::string_view text);
/// Cut to so many columns, "…" at the end of what was cut.
std::string cut(std::string_view text, std::size_t most);
/// Lines that take more columns broken at blanks, where they have some.
std::string wrapped(std::string_view text, std::size_t width);
/// Filled up with blanks to so many columns.
std::string padded(std::string_view text, std::size_t width);

}  // namespace rt0::debug
