#include "asm/embedded_program.hpp"

#include <algorithm>
#include <array>

#if RT0_HAVE_GO
// asm/embedded_program.S
#define RT0_CARRIED(name)                               \
  extern const std::uint8_t rt0_program_##name[];       \
  extern const std::uint8_t rt0_program_##name##_end[]; \
  extern const char rt0_source_##name[];                \
  extern const char rt0_source_##name##_end[];
extern "C" {
RT0_CARRIED(hello)
RT0_CARRIED(workers)
RT0_CARRIED(steal)
RT0_CARRIED(deadlock)
RT0_CARRIED(preempt)
RT0_CARRIED(growstack)
RT0_CARRIED(panic)
}
#undef RT0_CARRIED
#define RT0_PROGRAM(name, compressed, about)                                     \
  Program {                                                                      \
#name, about, {rt0_program_##name, rt0_program_##name##_end }, compressed, { \
      rt0_source_##name, rt0_source_##name##_end                                 \
    }                                                                            \
  }
#endif

namespace programs {

std::span<const Program> all() {
#if RT0_HAVE_GO
  static const std::array kAll = {
      RT0_PROGRAM(hello, false, "boots, prints one line, ends; taken when no program is named"),
      RT0_PROGRAM(workers, true, "three goroutines share the work that comes through a channel"),
      RT0_PROGRAM(steal, true, "one P makes all the goroutines, another one takes half of them"),
      RT0_PROGRAM(deadlock, true, "main waits for what nobody will send"),
      RT0_PROGRAM(preempt, true, "a loop without a call is stopped by a signal"),
      RT0_PROGRAM(growstack, true, "a recursion outgrows its stack, which is moved"),
      RT0_PROGRAM(panic, true, "one panic is recovered, one is not")};
  return kAll;
#else
  return {};
#endif
}

const Program* find(std::string_view name) {
  const auto programs = all();
  const auto it = std::ranges::find(programs, name, &Program::name);
  return it == programs.end() ? nullptr : &*it;
}

std::span<const std::uint8_t> hello() {
  const Program* program = find("hello");
  return program == nullptr ? std::span<const std::uint8_t>() : program->image;
}

}  // namespace programs
