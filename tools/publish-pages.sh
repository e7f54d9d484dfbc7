#!/usr/bin/env bash
# Commits dist/ to the gh-pages branch and pushes it: the root from main, one more folder for each version tag.
# usage: REF_TYPE=branch|tag REF_NAME=main|vX.Y.Z tools/publish-pages.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
git config --global --add safe.directory "$PWD"

pages=$(mktemp -d)
trap 'git worktree remove --force "$pages" 2>/dev/null || true' EXIT
if git fetch --depth 1 origin gh-pages; then
  git worktree add --force -B gh-pages "$pages" FETCH_HEAD
else
  git worktree add --force --detach "$pages" && git -C "$pages" checkout --orphan gh-pages
fi

if [ "$REF_TYPE" = tag ]; then
  target=$pages/$REF_NAME
  rm -rf "$target" && mkdir -p "$target"
else
  target=$pages
  find "$pages" -mindepth 1 -maxdepth 1 ! -name .git ! -name 'v[0-9]*' -exec rm -rf {} +
fi
cp -r dist/. "$target/"
touch "$pages/.nojekyll"

git -C "$pages" add --all
if git -C "$pages" diff --cached --quiet; then
  echo "the published site is already this one"
  exit 0
fi
git -C "$pages" -c user.name=plimsoll -c user.email=plimsoll@users.noreply.github.com commit --quiet -m "Site of $REF_NAME"
git -C "$pages" push origin gh-pages
