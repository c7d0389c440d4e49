/// The ids of the models' steps, as "newproc1/gobuf". The build collects them from the models'
/// source (step_ids.cmake): a model names a step where it takes it, and nowhere else.
#pragma once

#include <span>
#include <string_view>

namespace rt0 {

/// All there are, sorted. Which of them a run tells, its Go release decides.
std::span<const std::string_view> step_ids();
bool is_step_id(std::string_view text);

}  // namespace rt0
