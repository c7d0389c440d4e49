/// Movements that several commands are made of.
#pragma once

#include "tools/rt0/debug/debugger.hpp"

namespace rt0::debug {

using emulator::machine::StopEvent;

/// One instruction of the thread that is looked at; a call until it has returned.
StopEvent next_instruction(Debugger& d);
/// The other way: a return until before the call.
StopEvent previous_instruction(Debugger& d);
/// To another line; `into`: also to one of a function that is called.
StopEvent next_line(Debugger& d, bool into);
/// Back to the start of the line before.
StopEvent previous_line(Debugger& d, bool into);
/// Until the inlined code of frame `frame` is left, in the same frame or to its callers.
StopEvent out_of_inlined(Debugger& d, std::size_t frame);
/// Back to before it was entered.
StopEvent back_out_of_inlined(Debugger& d, std::size_t frame);
/// To behind the instruction that did the next, or last, step of a model; `over`: none of a model
/// that lies deeper.
StopEvent next_model_step(Debugger& d, bool over, bool backwards);
/// A movement as often as the command's count says, or until something else stops it; then the stop
/// is shown.
void repeat(Debugger& d, const Arguments& a, StopEvent (*one)(Debugger&),
            Debugger::Show show = Debugger::Show::line);
/// Says the steps that the instruction before a position did.
void tell_steps(Debugger& d, u64 position);

}  // namespace rt0::debug
