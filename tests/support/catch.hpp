/// Catch2, whichever major version the machine has: Debian 12 ships 2, later releases 3.
#pragma once
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif
