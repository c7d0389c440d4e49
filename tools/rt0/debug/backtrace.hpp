/// Who called whom, across the stacks that Go's runtime switches between.
#pragma once

#include <string>
#include <vector>

#include "tools/rt0/debug/answer.hpp"
#include "tools/rt0/debug/target.hpp"

namespace rt0::debug {

struct Frame {
  Addr pc;   ///< of the next instruction; in a caller, behind its call
  Addr sp;   ///< stack pointer at pc
  Addr cfa;  ///< one word above the return address: what the stack pointer is when the function has
             ///< returned; zero when it is not known
  const golang::Function* function = nullptr;
  Addr g;                    ///< on whose stack; zero before there is one
  bool exact = true;         ///< pc is the next instruction: innermost, or interrupted by a signal
  std::string_view inlined;  ///< the function that was inlined here, whose frame it would be
  Addr line_pc;              ///< whose line is told, where that is not pc's
  emulator::kernel::Tid thread = 0;  ///< that has its registers; 0: they are not kept
  std::string note;                  ///< how the frame below came here, when it was not a call
};

/// From a thread's registers outwards. Ends at the outermost function, or where memory does not
/// look like a stack.
std::vector<Frame> backtrace(Target& target, const emulator::kernel::Thread& thread,
                             std::size_t most = 64);
/// Of a goroutine that does not run: from where it left off.
std::vector<Frame> backtrace_of(Target& target, Addr g, std::size_t most = 64);

/// Which of the frames called the one at `i`: the next that is not its own inlined code's. As many
/// as there are when nobody did.
std::size_t caller_of(const std::vector<Frame>& frames, std::size_t i);
/// Whether its function is the runtime's, or of a package that only the runtime is made of.
bool is_of_runtime(const Frame& frame);
/// "runtime.schedinit", "??"
std::string_view function_name(const Frame& frame);
/// "runtime.schedinit () at …/runtime/proc.go:654"; with the address in front for a caller.
std::string frame_text(Target& target, const Frame& frame);
/// The same for tools: number, pc, fn, file, line, g, and how it came there.
Data::Fields frame_fields(Target& target, std::size_t number, const Frame& frame);
/// "proc.go:654" or "".
std::string short_line(Target& target, Addr pc);
/// The code whose line a frame has got to.
Addr line_place(const Frame& frame);
/// The file and line of an instruction that is executing (exact), or has called.
std::optional<golang::SourceLine> source_of(Target& target, const Frame& frame);

}  // namespace rt0::debug
