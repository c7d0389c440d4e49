/// Go's goroutines, Ms and Ps as lines and pictures.
#pragma once

#include <string>
#include <vector>

#include "tools/rt0/debug/debugger.hpp"

namespace rt0::debug {

/// Two or three lines for the display after a stop.
std::vector<std::string> gmp_strip(Debugger& d);
/// Ms with their Ps and goroutines, queues, and who is idle: a picture.
std::vector<std::string> gmp_picture(Debugger& d);

/// Who runs what: every M with its thread, P and goroutine, every P, the global queue.
class GmpPicture : public Answer {
 public:
  explicit GmpPicture(Debugger& d);
  std::string_view kind() const override { return "gmp"; }
  Data::Fields data() const override { return fields_; }
  void draw(Page& page) const override {
    for (const std::string& line : lines_) page.cut_line(line);
  }

 private:
  Data::Fields fields_;
  std::vector<std::string> lines_;
};

/// A step of a model: with its mark, and what it changed.
class StepAnswer : public Answer {
 public:
  StepAnswer(Debugger& d, const ToldStep& step);
  std::string_view kind() const override { return "step"; }
  Data::Fields data() const override { return fields_; }
  void draw(Page& page) const override { page.hanging(text_, 8); }

 private:
  Data::Fields fields_;
  std::string text_;
};
/// "✓ newproc1/gobuf: …", whole, and when and by whom.
std::string step_sentence(Debugger& d, const ToldStep& step);

/// All there are; empty before the runtime has made its lists.
std::vector<golang::M> all_ms(Debugger& d);
std::vector<golang::P> all_ps(Debugger& d);
std::vector<golang::G> all_gs(Debugger& d);

/// "_Grunning", "_Gscan|_Gwaiting".
std::string g_status(Debugger& d, const golang::G& g);
std::string p_status(Debugger& d, const golang::P& p);
/// "g1", "m0.g0", "-" for none.
std::string object_text(Debugger& d, Addr a);
/// The same of a g, wherever it is: "g(0xc0000061a0)" when no list has it.
std::string g_text(Debugger& d, Addr a);
/// The thread of an M: by its procid; null when it has none yet.
const emulator::kernel::Thread* thread_of(Debugger& d, const golang::M& m);
/// Goroutines in a P's own queue, oldest first, without runnext.
std::vector<std::string> run_queue(Debugger& d, const golang::P& p);
/// The goroutine's code: where it is now, by the thread that runs it or by its saved registers.
std::string g_place(Debugger& d, const golang::G& g);

}  // namespace rt0::debug
