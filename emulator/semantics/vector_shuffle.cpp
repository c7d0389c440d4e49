#include "emulator/semantics/table.hpp"

namespace emulator::semantics {

std::span<const Row> vector_shuffle_rows() { return {}; }

}  // namespace emulator::semantics
