# Source me: puts the project's tools on PATH and says where they are. Installs nothing.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

if ! node_is_good && [ -x "$NODE_PREFIX/node_modules/.bin/node" ]; then
  PATH="$NODE_PREFIX/node_modules/.bin:$PATH"
fi
# An emcc on PATH wins when it is new enough, so that an active emsdk is the one that is used.
if ! { have emcc && emcc_is_good emcc; } && [ -x "$EMSCRIPTEN_PREFIX/bin/emcc" ]; then
  PATH="$EMSCRIPTEN_PREFIX/bin:$PATH"
fi
export PATH

if have em-config; then EMSCRIPTEN_ROOT=$(em-config EMSCRIPTEN_ROOT); fi
if have emcc && [ ! -d "${EMSCRIPTEN_ROOT:-}/cmake" ]; then
  EMSCRIPTEN_ROOT=$(dirname "$(readlink -f "$(command -v emcc)")")
fi
export EMSCRIPTEN_ROOT=${EMSCRIPTEN_ROOT:-}
if [ -f "$CATCH2_PREFIX/catch_amalgamated.cpp" ]; then export CATCH2_SOURCE=${CATCH2_SOURCE:-$CATCH2_PREFIX}; fi
