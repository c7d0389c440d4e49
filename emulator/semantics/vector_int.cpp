#include "emulator/semantics/table.hpp"

namespace emulator::semantics {

std::span<const Row> vector_int_rows() { return {}; }

}  // namespace emulator::semantics
