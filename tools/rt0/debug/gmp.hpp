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

/// "newproc1/gobuf: …" with its mark; with `changes` what it changed, a line each.
std::string step_text(Debugger& d, const ToldStep& step, bool changes);

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
