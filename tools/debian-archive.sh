# Takes packages out of another Debian release without the system's apt ever learning of that release: a private apt
# configuration with its own lists, no preferences and an empty package status. Signatures are checked as always.

# The mirror that this system is already configured to use.
configured_mirror() {
  apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' "Codename: $(debian_codename)" 'Component: main' | sed -n 1p
}

# open_archive FOLDER   afterwards archive_get runs apt-get against that release only
open_archive() {
  archive=$1
  local mirror keyring=/usr/share/keyrings/debian-archive-keyring.gpg kind
  mirror=$(configured_mirror)
  [ -n "$mirror" ] || die "apt names no Debian mirror for this release: check /etc/apt/sources.list"
  [ -r "$keyring" ] || apt_install debian-archive-keyring
  mkdir -p "$archive/lists/partial" "$archive/cache/archives/partial"
  : > "$archive/status"
  for kind in deb deb-src; do
    printf '%s [signed-by=%s] %s %s main\n' "$kind" "$keyring" "$mirror" "$ARCHIVE_RELEASE"
  done > "$archive/sources.list"
  {
    printf 'Dir::Etc::sourcelist "%s/sources.list";\n' "$archive"
    printf 'Dir::Etc::%s "/dev/null";\n' sourceparts preferences preferencesparts
    printf 'Dir::State::lists "%s/lists";\n' "$archive"
    printf 'Dir::State::status "%s/status";\n' "$archive"
    printf 'Dir::Cache "%s/cache";\n' "$archive"
    printf 'APT::Sandbox::User "root";\n'
  } > "$archive/apt.conf"
  archive_get update
}

archive_get() { APT_CONFIG="$archive/apt.conf" apt-get -qq "$@"; }
