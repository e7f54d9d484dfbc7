# Source me with the wanted parts: setup.sh [native] [wasm] [web] [tests] [fuzz]. Installs what is missing, each once.
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"

# need COMMAND-OR-/PATH PACKAGE   remembers the package when the thing is absent
missing=()
need() {
  case $1 in
    /*) [ -e "$1" ] || missing+=("$2") ;;
    *) have "$1" || missing+=("$2") ;;
  esac
}

install_missing() {
  [ ${#missing[@]} = 0 ] && return
  can_install || die "missing: ${missing[*]}. Install them (these are Debian's package names) and run this again."
  apt_install "${missing[@]}"
  missing=()
}

has_json_headers() {
  local folder
  for folder in /usr/include /usr/local/include /opt/homebrew/include; do
    [ -e "$folder/nlohmann/json.hpp" ] && return
  done
  return 1
}

setup_native() {
  have clang++ || need g++ g++
  need cmake cmake
  need ninja ninja-build
  has_json_headers || missing+=(nlohmann-json3-dev)
  install_missing
}

setup_node() {
  node_is_good && have npm && return
  can_install || die "node $NODE_MINIMUM or later and npm are needed: install them and run this again"
  bash "$tools_folder/install-node.sh"
  . "$tools_folder/env.sh"
}

setup_packages() {
  setup_node
  local lock=$tools_folder/../package-lock.json copy=$tools_folder/../node_modules/.installed-lock
  cmp -s "$lock" "$copy" && return
  say "installing the npm packages"
  (cd "$tools_folder/.." && npm ci --no-fund --no-audit --loglevel=error >/dev/null) || die "npm ci failed"
  cp "$lock" "$copy"
}

setup_emscripten() {
  have emcc && emcc_is_good emcc && return
  setup_node
  if ! can_install; then
    say "no emcc $EMSCRIPTEN_VERSION or later on PATH. Get it with emsdk, from a folder of your choice:"
    say "  git clone https://github.com/emscripten-core/emsdk && cd emsdk"
    say "  ./emsdk install $EMSCRIPTEN_VERSION && ./emsdk activate $EMSCRIPTEN_VERSION"
    say "  . ./emsdk_env.sh"
    die "then run this again in the same shell"
  fi
  if version_at_least "$(apt_candidate emscripten)" "$EMSCRIPTEN_VERSION"; then
    apt_install emscripten node-acorn
    local modules=/usr/share/emscripten/node_modules
    [ -e "$modules/acorn" ] || { mkdir -p "$modules" && ln -sfn /usr/share/nodejs/acorn "$modules/acorn"; }
  else
    bash "$tools_folder/install-emscripten.sh"
  fi
  . "$tools_folder/env.sh"
}

# The version that the configured package sources offer, without Debian's suffix.
apt_candidate() {
  [ -n "${apt_lists_fresh:-}" ] || { apt-get update -qq && apt_lists_fresh=1; }
  apt-cache policy "$1" | sed -n 's/^ *Candidate: \([0-9][0-9.]*\).*/\1/p'
}

# The fuzzers need clang with its own sanitizers and libFuzzer. FUZZ_CXX names the compiler.
setup_fuzz() {
  setup_native
  if [ -z "${FUZZ_CXX:-}" ]; then
    need "clang++-$FUZZ_CLANG_VERSION" "clang-$FUZZ_CLANG_VERSION"
    need "/usr/lib/llvm-$FUZZ_CLANG_VERSION/lib/clang/$FUZZ_CLANG_VERSION/lib/linux" "libclang-rt-$FUZZ_CLANG_VERSION-dev"
    install_missing
    export FUZZ_CXX="clang++-$FUZZ_CLANG_VERSION"
  fi
}

setup_tests() {
  if [ -z "${CATCH2_SOURCE:-}" ]; then
    can_install || die "set CATCH2_SOURCE to the folder extras/ of the sources of Catch2 $CATCH2_VERSION"
    bash "$tools_folder/install-catch2.sh"
    . "$tools_folder/env.sh"
  fi
  if [ -z "${CHROMIUM:-}" ]; then
    need chromium chromium
    need /usr/share/fonts/truetype/dejavu fonts-dejavu-core
    install_missing
  fi
}

for part in "$@"; do
  case $part in
    native) setup_native ;;
    wasm) setup_native; need python3 python3; install_missing; setup_emscripten ;;
    web) setup_packages ;;
    tests) setup_tests ;;
    fuzz) setup_fuzz ;;
    *) die "setup.sh knows no part '$part'" ;;
  esac
done
