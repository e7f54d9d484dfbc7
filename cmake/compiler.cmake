# Language level, warnings and optimisation, in one place. Every target links plimsoll_compiler.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

option(PLIMSOLL_BUILD_TESTS "The test program" ON)
option(PLIMSOLL_BUILD_BENCH "The speed measurement" OFF)
option(PLIMSOLL_BUILD_FUZZ "The fuzzers; clang only" OFF)
option(PLIMSOLL_SANITIZE "Address and undefined behaviour sanitizers" OFF)
option(PLIMSOLL_STRICT "Warnings are errors" OFF)
option(PLIMSOLL_WASM_EXCEPTIONS "The core throws nothing, so its WebAssembly is built without exceptions" OFF)
set(PLIMSOLL_WASM_OPTIMISE "-Oz" CACHE STRING "Optimisation of a WebAssembly release; what runs often has -O2 of its own")

add_library(plimsoll_compiler INTERFACE)
target_compile_options(plimsoll_compiler INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wno-missing-field-initializers)
if(PLIMSOLL_STRICT)
  target_compile_options(plimsoll_compiler INTERFACE -Werror)
endif()

if(PLIMSOLL_SANITIZE)
  set(sanitizers -fsanitize=address,undefined,float-cast-overflow,float-divide-by-zero -fno-sanitize-recover=all)
  target_compile_options(plimsoll_compiler INTERFACE ${sanitizers} -fno-omit-frame-pointer)
  target_link_options(plimsoll_compiler INTERFACE ${sanitizers})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU") # g++ sees ghosts in instrumented code, and dangling in every reference returned
    target_compile_options(plimsoll_compiler INTERFACE -Wno-maybe-uninitialized -Wno-stringop-overflow -Wno-dangling-reference)
  endif()
endif()

if(PLIMSOLL_BUILD_FUZZ)
  target_compile_options(plimsoll_compiler INTERFACE -fsanitize=fuzzer-no-link)
endif()

# What only the core is compiled with. Tests keep exceptions, because their framework throws.
add_library(plimsoll_core_compiler INTERFACE)
if(EMSCRIPTEN)
  if(PLIMSOLL_WASM_EXCEPTIONS)
    target_compile_options(plimsoll_core_compiler INTERFACE -fwasm-exceptions)
  else()
    target_compile_options(plimsoll_core_compiler INTERFACE -fno-exceptions)
    target_compile_definitions(plimsoll_core_compiler INTERFACE JSON_NOEXCEPTION)
  endif()
  set(release "$<CONFIG:Release>") # given after CMake's own -O, so it wins
  # memory.copy and memory.fill: in every browser since 2021, and a quarter of a report's time is copying
  target_compile_options(plimsoll_core_compiler INTERFACE "$<IF:${release},${PLIMSOLL_WASM_OPTIMISE};-flto,-O1>" -mbulk-memory)
endif()
