# Language level, warnings and sanitizers, the same for every room.
option(RT0_TESTS "Build the tests" ON)
option(RT0_WERROR "Treat warnings as errors" OFF)
option(RT0_FUZZ "Build the fuzz targets for libFuzzer (clang), with sanitizers" OFF)
set(RT0_SANITIZE "" CACHE STRING "Sanitizers, comma separated: address,undefined or fuzzer")

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" FORCE)
endif()
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_CXX_FLAGS_RELEASE "-O2")   # checks stay on: no NDEBUG

add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion)
if(RT0_WERROR)
  add_compile_options(-Werror)
endif()
if(RT0_FUZZ)
  # Handlers that jump to each other need an optimiser that no sanitizer hinders (emulator/semantics/row.hpp).
  add_compile_options(-fsanitize=fuzzer-no-link -g1 -DRT0_NO_TAIL_CALLS)
  set(RT0_SANITIZE address,undefined)
endif()
if(RT0_SANITIZE)
  add_compile_options(-fsanitize=${RT0_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${RT0_SANITIZE})
endif()

# Same bytes on every compiler: no contraction of a*b+c, no host paths in __FILE__.
add_compile_options(-ffp-contract=off -fno-strict-aliasing -ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)

find_program(RT0_CCACHE ccache)
if(RT0_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${RT0_CCACHE})
endif()
