#include "tools/rt0/debug/output.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "emulator/base/error.hpp"

namespace rt0::debug {

namespace {

std::string dumped(const nlohmann::ordered_json& event) {
  return event.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

/// Bytes of the colour sequence or character that a text begins with, and its columns.
std::pair<std::size_t, std::size_t> first_glyph(std::string_view s) {
  if (s.starts_with("\x1b[")) {
    const std::size_t end = s.find('m');
    return {end == s.npos ? s.size() : end + 1, 0};
  }
  std::size_t n = 1;
  while (n < s.size() && (static_cast<unsigned char>(s[n]) & 0xc0) == 0x80) ++n;
  return {n, 1};
}

}  // namespace

void Output::write(std::string_view text, bool error) {
  const std::string shown = style_.wrap ? wrapped(text, style_.width) : std::string(text);
  filled_ += static_cast<std::size_t>(std::ranges::count(shown, '\n'));
  sink_(shown, error);
  copy(without_colour(text));
}

/// A transcript that can no longer be written ends; the session goes on.
void Output::copy(const std::string& plain) {
  if (!transcript_) return;
  if (std::fwrite(plain.data(), 1, plain.size(), transcript_.get()) == plain.size() &&
      std::fflush(transcript_.get()) == 0)
    return;
  const int why = errno;
  transcript_.reset();
  lost_transcript_ = true;
  error(fmt::format("rt0: cannot write the transcript {}: {}", std::exchange(transcript_path_, {}),
                    std::strerror(why)));
}

void Output::tell(const Answer& answer) {
  if (json()) {
    nlohmann::ordered_json event = {{"e", answer.kind()}};
    for (const auto& [name, value] : answer.data()) event[name] = value.json();
    return write(dumped(event));
  }
  Page page(style_.width, style_.rows, style_.paint);
  answer.draw(page);
  write(page.text());
}

void Output::error(std::string_view text) {
  if (json())
    write(dumped({{"e", "error"}, {"text", text}}));
  else
    write(style_.paint.red(text) + "\n", true);
}

void Output::event(const nlohmann::ordered_json& event) {
  if (json()) write(dumped(event));
}

void Output::echo(std::string_view prompt, std::string_view line) {
  copy(std::string(prompt) + std::string(line) + "\n");
}

void Output::transcript(const std::string& path) {
  transcript_.reset();
  transcript_path_ = path;
  if (path.empty()) return;
  transcript_.reset(std::fopen(path.c_str(), "a"));
  if (transcript_) return;
  transcript_path_.clear();
  emulator::base::user_error("cannot write a transcript to {}: {}", path, std::strerror(errno));
}

std::string without_colour(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto [bytes, width] = first_glyph(text);
    if (width != 0) out += text.substr(0, bytes);
    text.remove_prefix(bytes);
  }
  return out;
}

std::size_t columns(std::string_view text) {
  std::size_t n = 0;
  while (!text.empty()) {
    const auto [bytes, width] = first_glyph(text);
    n += width;
    text.remove_prefix(bytes);
  }
  return n;
}

std::string cut(std::string_view text, std::size_t most) {
  if (columns(text) <= most || most == 0) return std::string(text);
  std::string out;
  bool coloured = false;
  for (std::size_t n = 0; !text.empty();) {
    const auto [bytes, width] = first_glyph(text);
    if (n + width > most - 1) break;
    coloured |= width == 0;
    n += width;
    out += text.substr(0, bytes);
    text.remove_prefix(bytes);
  }
  return out + "…" + (coloured ? "\x1b[0m" : "");
}

std::string wrapped(std::string_view text, std::size_t width) {
  constexpr std::size_t kTab = 8;
  std::string out;
  std::size_t column = 0, blank = 0, behind_blank = 0;  // the last place to break at; 0: none
  while (!text.empty()) {
    const auto [bytes, glyph] = first_glyph(text);
    const char c = text[0];
    const std::size_t next = c == '\t' ? (column / kTab + 1) * kTab : column + glyph;
    column = next;
    if (c == '\n') {
      column = blank = 0;
    } else if (c == ' ') {
      blank = out.size(), behind_blank = next;
    } else if (next > width && blank != 0) {
      out[blank] = '\n';
      column = next - behind_blank;
      blank = 0;
    }
    out += text.substr(0, bytes);
    text.remove_prefix(bytes);
  }
  return out;
}

std::string padded(std::string_view text, std::size_t width) {
  std::string out(text);
  const std::size_t have = columns(text);
  if (have < width) out.append(width - have, ' ');
  return out;
}

}  // namespace rt0::debug
