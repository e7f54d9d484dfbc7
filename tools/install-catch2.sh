#!/usr/bin/env bash
# Installs the sources of Catch2: two files that are compiled natively and to WebAssembly alike.
# usage: install-catch2.sh    (as root, on Debian)
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
. "$tools_folder/debian-archive.sh"

[ -f "$CATCH2_PREFIX/catch_amalgamated.cpp" ] && exit 0
say "installing Catch2 $CATCH2_VERSION into $CATCH2_PREFIX"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
open_archive "$work/archive"
mkdir "$work/source"
(cd "$work/source" && archive_get source --download-only catch2)
tarball=$work/source/catch2_$CATCH2_VERSION.orig.tar.gz
[ -f "$tarball" ] || die "Debian $ARCHIVE_RELEASE has no Catch2 $CATCH2_VERSION: $(ls "$work/source")"
tar -xzf "$tarball" -C "$work/source" --strip-components=1

rm -rf "$CATCH2_PREFIX.new" && mkdir -p "$CATCH2_PREFIX.new"
cp "$work"/source/extras/catch_amalgamated.[hc]pp "$work/source/LICENSE.txt" "$CATCH2_PREFIX.new/"
rm -rf "$CATCH2_PREFIX" && mv "$CATCH2_PREFIX.new" "$CATCH2_PREFIX"
