#include "tools/rt0/debug/line_input.hpp"

#include <unistd.h>

#include <algorithm>
#include <clocale>
#include <csignal>
#include <cstdio>
#include <iostream>

#include "emulator/base/error.hpp"
#include "tools/rt0/debug/libedit.hpp"
#include "tools/rt0/stream.hpp"

namespace rt0::debug {

namespace {

constexpr int kHistory = 1000;  // lines that are remembered

}  // namespace

/// libedit's state; see editline(3). Its callbacks find it by EL_CLIENTDATA.
struct LineInput::Editor {
  explicit Editor(Complete how) : complete(std::move(how)) {
    std::setlocale(LC_CTYPE, "");  // libedit reads characters, not bytes
    line = lib.el_init("rt0", stdin, stdout, stderr);
    if (line == nullptr)
      emulator::base::user_error("this terminal cannot be used for editing lines");
    past = lib.history_init();
    HistEvent event;
    lib.history(past, &event, H_SETSIZE, kHistory);
    lib.history(past, &event, H_SETUNIQUE, 1);
    lib.el_set(line, EL_CLIENTDATA, this);
    lib.el_set(line, EL_PROMPT, &Editor::prompt_of);
    lib.el_set(line, EL_EDITOR, "emacs");
    lib.el_set(line, EL_HIST, lib.history, past);
    lib.el_set(line, EL_ADDFN, "rt0-complete", "complete the word", &Editor::completes);
    lib.el_set(line, EL_ADDFN, "rt0-cancel", "give the line up", &Editor::cancels);
    lib.el_set(line, EL_BIND, "\t", "rt0-complete", nullptr);
    // Ctrl-C is a character while a line is typed; while the guest runs it is a signal.
    lib.el_set(line, EL_SETTY, "-d", "-isig", nullptr);
    lib.el_set(line, EL_ADDFN, "rt0-suspend", "stop rt0, as job control does", &Editor::suspends);
    lib.el_set(line, EL_BIND, "^Z", "rt0-suspend", nullptr);
    lib.el_set(line, EL_BIND, "^C", "rt0-cancel", nullptr);
    lib.el_set(line, EL_BIND, "^R", "em-inc-search-prev", nullptr);
    lib.el_set(line, EL_BIND, "\\e[1;5D", "ed-prev-word", nullptr);
    lib.el_set(line, EL_BIND, "\\e[1;5C", "em-next-word", nullptr);
  }
  ~Editor() {
    lib.history_end(past);
    lib.el_end(line);
  }
  Editor(const Editor&) = delete;
  Editor& operator=(const Editor&) = delete;

  /// A callback is given no more than libedit's own state. Loading what is loaded costs little.
  static Editor& of(EditLine* el) {
    const LibEdit loaded;
    void* data = nullptr;
    loaded.el_get(el, EL_CLIENTDATA, &data);
    return *static_cast<Editor*>(data);
  }
  static const char* prompt_of(EditLine* el) { return of(el).prompt.c_str(); }

  static unsigned char cancels(EditLine* el, int) {
    Editor& self = of(el);
    self.cancelled = true;
    return CC_NEWLINE;
  }

  static unsigned char suspends(EditLine* el, int) {
    const Editor& self = of(el);
    self.lib.el_set(el, EL_PREP_TERM, 0);
    (void)std::raise(SIGTSTP);
    self.lib.el_set(el, EL_PREP_TERM, 1);
    return CC_REDISPLAY;
  }

  static unsigned char completes(EditLine* el, int) {
    Editor& self = of(el);
    const LineInfo* info = self.lib.el_line(el);
    const std::string typed(info->buffer, info->cursor);
    const Completions found = self.complete(typed);
    if (found.words.empty()) return CC_REFRESH_BEEP;
    const std::string common = found.common();
    const std::size_t have = typed.size() - found.start;
    std::string more = common.size() > have ? common.substr(have) : std::string();
    if (found.words.size() == 1 && !common.ends_with('/')) more += ' ';
    if (!more.empty()) return self.lib.el_insertstr(el, more.c_str()) == 0 ? CC_REFRESH : CC_ERROR;
    self.list(found);
    return CC_REDISPLAY;
  }

  /// All completions in columns below the line.
  void list(const Completions& found) {
    constexpr std::size_t kShown = 100;
    std::size_t width = 1;
    const std::size_t shown = std::min(kShown, found.words.size());
    for (std::size_t i = 0; i < shown; ++i) width = std::max(width, found.words[i].size() + 2);
    const std::size_t across = std::max<std::size_t>(1, terminal_width(STDOUT_FILENO) / width);
    std::string text = "\n";
    for (std::size_t i = 0; i < shown; ++i)
      text +=
          padded(found.words[i], width) + (i % across + 1 == across || i + 1 == shown ? "\n" : "");
    if (shown < found.words.size()) text += fmt::format("… {} in all\n", found.words.size());
    std::fputs(text.c_str(), stdout);
    std::fflush(stdout);
  }

  LibEdit lib;
  Complete complete;
  EditLine* line = nullptr;
  History* past = nullptr;
  std::string prompt;
  bool cancelled = false;
};

LineInput::LineInput(bool terminal, Complete complete) : terminal_(terminal) {
  // Without libedit lines are read as the terminal's own driver edits them.
  if (terminal && LibEdit()) editor_ = std::make_unique<Editor>(std::move(complete));
}
LineInput::~LineInput() = default;

std::optional<std::string> LineInput::next(const std::string& prompt) {
  if (!editor_) {
    if (terminal_) kStdout.write(prompt);
    std::string line;
    // Byte by byte: what follows the line may be the guest's to read.
    for (char c = 0;;) {
      const ssize_t n = ::read(STDIN_FILENO, &c, 1);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return line.empty() ? std::nullopt : std::optional(line);
      if (c == '\n') return line;
      line += c;
    }
  }
  Editor& e = *editor_;
  e.prompt = prompt;
  e.cancelled = false;
  int length = 0;
  // By itself it shows the prompt first: a key that is hit in between would be the driver's.
  e.lib.el_set(e.line, EL_PREP_TERM, 1);
  const char* text = e.lib.el_gets(e.line, &length);
  if (e.cancelled) {
    std::puts("^C");
    return std::string("#");  // no line: nothing is repeated
  }
  if (text == nullptr || length <= 0) return std::nullopt;
  std::string line(text, static_cast<std::size_t>(length));
  while (line.ends_with('\n')) line.pop_back();
  if (!trimmed(line).empty()) {
    HistEvent event;
    e.lib.history(e.past, &event, H_ENTER, line.c_str());
  }
  return line;
}

}  // namespace rt0::debug
