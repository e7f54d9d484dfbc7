#!/usr/bin/env bash
# Installs the pinned Emscripten on a Debian 12 that has an older one or none, beside the system and without touching
# its C library: the compiler's scripts and binaryen come from a newer Debian release, clang from this one.
# usage: install-emscripten.sh    (as root, amd64)
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
. "$tools_folder/debian-archive.sh"

prefix=$EMSCRIPTEN_PREFIX
loader=ld-linux-x86-64.so.2
libraries="libc.so.6 libm.so.6 libpthread.so.0 libdl.so.2 libstdc++.so.6 libgcc_s.so.1 $loader"

download() {
  open_archive "$work/archive"
  mkdir "$work/packages"
  # download, not install: no dependency of the newer release may reach this system
  (cd "$work/packages" && archive_get download "emscripten=$EMSCRIPTEN_VERSION*" "binaryen=$BINARYEN_VERSION-*" \
    libc6 libstdc++6 libgcc-s1)
  for package in "$work"/packages/*.deb; do dpkg-deb -x "$package" "$work/unpacked"; done
}

place_emscripten() {
  mkdir -p "$prefix/bin" "$prefix/binaryen/bin" "$prefix/binaryen/lib"
  mv "$work/unpacked/usr/share/emscripten" "$prefix/emscripten"
  # the optimiser's JavaScript parser; module imports do not look where Debian keeps it
  mkdir -p "$prefix/emscripten/node_modules"
  ln -sfn /usr/share/nodejs/acorn "$prefix/emscripten/node_modules/acorn"
  # this check looks for a file named like the command, in no folder: npm's tools are never found
  sed -i 's/if not os\.path\.exists(cmd\[-1\]):/if not shutil.which(cmd):/' "$prefix/emscripten/tools/shared.py"
}

# binaryen is built for a newer C library. It gets that library and its loader for itself alone.
place_binaryen() {
  local home=$prefix/binaryen name program
  for name in $libraries; do
    find "$work/unpacked" -name "$name" \( -type f -o -type l \) -exec cp -L --remove-destination {} "$home/lib/" \;
  done
  find "$work/unpacked" -name 'libbinaryen*.so*' -exec cp -L --remove-destination {} "$home/lib/" \;
  for program in "$work"/unpacked/usr/bin/wasm*; do
    name=$(basename "$program")
    cp "$program" "$home/lib/$name.bin"
    printf '#!/bin/sh\nexec "%s" --library-path "%s" "%s" "$@"\n' \
      "$home/lib/$loader" "$home/lib" "$home/lib/$name.bin" > "$home/bin/$name"
    chmod +x "$home/bin/$name"
  done
}

# Beside the compiler's scripts, because CMake calls those directly and passes every wrapper by.
write_configuration() {
  cat > "$prefix/emscripten/.emscripten" <<END
EMSCRIPTEN_ROOT = '$prefix/emscripten'
LLVM_ROOT = '/usr/bin'
LLVM_ADD_VERSION = '$LLVM_VERSION'
CLANG_ADD_VERSION = '$LLVM_VERSION'
BINARYEN_ROOT = '$prefix/binaryen'
NODE_JS = '$(command -v node)'
CACHE = '$prefix/emscripten/cache'
FROZEN_CACHE = False
END
}

write_commands() {
  local name
  for name in emcc em++ emar emranlib emcmake emmake em-config emsize emstrip; do
    [ -f "$prefix/emscripten/$name.py" ] || continue
    printf '#!/bin/sh\nexec "${EMSDK_PYTHON:-python3}" "%s" "$@"\n' "$prefix/emscripten/$name.py" > "$prefix/bin/$name"
    chmod +x "$prefix/bin/$name"
  done
}

# Library variants that nothing here links (threads, 64-bit memory, sanitizers) are three quarters of the package.
prune() {
  local variants=$prefix/emscripten/cache/sysroot/lib
  rm -rf "$variants/wasm64-emscripten" "$prefix/emscripten/test" "$prefix/emscripten/tests" "$prefix/emscripten/docs"
  find "$variants" -type f \( -name '*-mt*' -o -name '*-ww*' -o -name '*asan*' -o -name '*ubsan*' -o -name '*-tracing.a' \) -delete
}

emcc_is_good "$prefix/bin/emcc" && exit 0
[ "$(dpkg --print-architecture)" = amd64 ] || die "this installer is for amd64: install emsdk and put its emcc on PATH"
say "installing Emscripten $EMSCRIPTEN_VERSION into $prefix"
apt_install "clang-$LLVM_VERSION" "lld-$LLVM_VERSION" "llvm-$LLVM_VERSION" node-acorn python3 xz-utils ca-certificates
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
download
rm -rf "$prefix"
place_emscripten
place_binaryen
write_configuration
write_commands
prune
emcc_is_good "$prefix/bin/emcc" || die "the installed emcc does not start: $("$prefix/bin/emcc" --version 2>&1 | sed -n 1p)"
