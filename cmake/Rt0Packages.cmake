# The libraries that rt0 stands on. Debian 12's versions are the floor; newer ones work too.
find_package(PkgConfig REQUIRED)
find_package(Zycore REQUIRED)
find_package(Zydis REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(nlohmann_json 3.10 REQUIRED)
find_package(Threads REQUIRED)
pkg_check_modules(zstd REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(xxhash REQUIRED IMPORTED_TARGET libxxhash)
pkg_check_modules(dw REQUIRED libdw)   # its headers: runtime_model/golang/libdw.hpp loads it
pkg_check_modules(edit REQUIRED libedit)   # its header: tools/rt0/debug/libedit.hpp loads it
find_path(RT0_CLI11_INCLUDE CLI/CLI.hpp REQUIRED)
if(RT0_TESTS)
  find_package(Catch2 REQUIRED)   # version 2 (Debian 12) or 3 (later): tests/support/catch.hpp hides the difference
endif()
