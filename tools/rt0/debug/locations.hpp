/// Where in the code a command's argument is.
#pragma once

#include <string_view>
#include <vector>

#include "tools/rt0/debug/breakpoints.hpp"
#include "tools/rt0/debug/debugger.hpp"

namespace rt0::debug {

/// "runtime.main": all code of that name, body and wrapper; "*0x455e20"; "proc.go:145", "145" in
/// the file that is looked at. Throws base::UserError.
std::vector<Breakpoint::Location> locate(Debugger& d, std::string_view text);
/// The first of them.
Addr locate_one(Debugger& d, std::string_view text);
/// "breakpoint at 0x455e20: file runtime/proc.go, line 145."
std::string location_text(Debugger& d, const Breakpoint::Location& l);

/// What a breakpoint is, as tools read it.
Data::Fields breakpoint_fields(Debugger& d, const Breakpoint& b);
/// Says that it was set, and with `behind` a line more.
void tell_breakpoint(Debugger& d, const Breakpoint& b, std::string_view behind = {});

/// What brings a frame's code back: same goroutine, same depth of its stack, also after the stack
/// has moved or another thread runs it.
class SameFrame {
 public:
  /// The frame of the thread that is looked at whose stack pointer is `sp`.
  SameFrame(Debugger& d, Addr sp);
  bool here(Debugger& d) const;
  /// Not deeper than it: it, or a caller.
  bool here_or_outer(Debugger& d) const;

 private:
  static u64 depth(Debugger& d, Addr g, Addr sp);
  Addr g_;
  emulator::kernel::Tid thread_;
  Addr sp_;
  u64 depth_;
};

}  // namespace rt0::debug
