# Sourced by the other scripts of this folder.
tools_folder=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$tools_folder/versions.sh"

say() { printf 'plimsoll: %s\n' "$*" >&2; }
die() { say "$@"; exit 1; }

# version_at_least HAVE WANT
version_at_least() { [ -n "$1" ] && [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$2" ]; }

have() { command -v "$1" >/dev/null 2>&1; }
can_install() { [ "$(id -u)" = 0 ] && have apt-get; }
debian_codename() { (. /etc/os-release 2>/dev/null && printf '%s' "${VERSION_CODENAME:-}"); }

# apt_install PACKAGE...   refreshes apt's lists once per run
apt_install() {
  export DEBIAN_FRONTEND=noninteractive
  if [ -z "${apt_lists_fresh:-}" ]; then
    apt-get update -qq || die "apt-get update failed: check the package sources and the network"
    apt_lists_fresh=1
  fi
  say "installing $*"
  local output
  output=$(apt-get install -y -qq --no-install-recommends "$@" 2>&1) ||
    { printf '%s\n' "$output" >&2; die "apt-get could not install: $*"; }
}

# The version of an emcc; empty for builds between releases, which are not accepted.
emcc_version() { "$1" --version 2>/dev/null | sed -n '1s/.* \([0-9][0-9.]*\)\( .*\)\{0,1\}$/\1/p'; }
emcc_is_good() { version_at_least "$(emcc_version "$1")" "$EMSCRIPTEN_VERSION"; }
node_is_good() { have node && version_at_least "$(node --version | tr -d v)" "$NODE_MINIMUM"; }
