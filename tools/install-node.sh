#!/usr/bin/env bash
# Installs a current node and npm beside the system's older ones.
# usage: install-node.sh    (as root, on Debian)
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

node_is_good && have npm && exit 0
missing=()
have node || missing+=(nodejs)
have npm || missing+=(npm)
[ ${#missing[@]} = 0 ] || apt_install "${missing[@]}"
node_is_good && exit 0

say "installing node $NODE_MAJOR into $NODE_PREFIX, because the system has $(node --version)"
npm install --silent --no-fund --no-audit --prefix "$NODE_PREFIX" "node@$NODE_MAJOR" "npm@$NPM_MAJOR" >/dev/null
"$NODE_PREFIX/node_modules/.bin/node" --version >/dev/null || die "the node in $NODE_PREFIX does not start"
