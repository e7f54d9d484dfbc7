#pragma once
/// The test framework: Catch2 version 3. Tests use TEST_CASE, SECTION, CHECK, CHECK_FALSE, REQUIRE, REQUIRE_FALSE, INFO and CAPTURE.

#include <catch_amalgamated.hpp>
