# The tools that are not npm packages: which versions, and where they go. npm packages are pinned in package.json.
EMSCRIPTEN_VERSION=3.1.69     # also the oldest emcc on PATH that is accepted
BINARYEN_VERSION=120          # the one that this Emscripten wants
LLVM_VERSION=19               # likewise
FUZZ_CLANG_VERSION=16         # the fuzzers' compiler; FUZZ_CXX names another
CATCH2_VERSION=3.7.1
ARCHIVE_RELEASE=trixie        # the Debian release that has all of these
NODE_MINIMUM=20.19.0
NODE_MAJOR=24                 # installed where the system's node is older than the minimum
NPM_MAJOR=11

# Outside the checkout, so that every clone shares them.
TOOLS_PREFIX=${PLIMSOLL_TOOLS:-/opt}
EMSCRIPTEN_PREFIX=$TOOLS_PREFIX/emscripten-$EMSCRIPTEN_VERSION
CATCH2_PREFIX=$TOOLS_PREFIX/catch2-$CATCH2_VERSION
NODE_PREFIX=$TOOLS_PREFIX/node-$NODE_MAJOR
