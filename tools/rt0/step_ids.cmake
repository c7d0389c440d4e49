# Writes OUTPUT, the source of step_ids(), from the string literals FUNCTION/WHAT in the models' files below MODELS.
file(GLOB_RECURSE files ${MODELS}/*.cpp ${MODELS}/*.hpp)
set(ids)
foreach(file IN LISTS files)
  file(STRINGS ${file} lines REGEX "\"[A-Za-z0-9_.]+/[A-Za-z0-9.-]+\"")
  foreach(line IN LISTS lines)
    string(REGEX MATCHALL "\"[A-Za-z0-9_.]+/[A-Za-z0-9.-]+\"" found "${line}")
    list(APPEND ids ${found})
  endforeach()
endforeach()
list(FILTER ids EXCLUDE REGEX "^\"internal/|\\.go\"$")  # names and files of Go's
list(REMOVE_DUPLICATES ids)
list(SORT ids)
string(REPLACE ";" ",\n    " all "${ids}")
file(WRITE ${OUTPUT} "// Made by step_ids.cmake.
#include \"tools/rt0/step_ids.hpp\"

#include <algorithm>

namespace rt0 {

namespace {

constexpr std::string_view kIds[] = {
    ${all}};

}  // namespace

std::span<const std::string_view> step_ids() { return kIds; }
bool is_step_id(std::string_view text) { return std::ranges::binary_search(kIds, text); }

}  // namespace rt0
")
