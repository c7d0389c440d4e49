#include "asm/embedded_program.hpp"

#if RT0_HAVE_GO
extern "C" {   // asm/embedded_program.S
extern const std::uint8_t rt0_program_hello[];
extern const std::uint8_t rt0_program_hello_end[];
}
#endif

namespace programs {

std::span<const std::uint8_t> hello() {
#if RT0_HAVE_GO
  return {rt0_program_hello, rt0_program_hello_end};
#else
  return {};
#endif
}

}  // namespace programs
