# `make deb`: packages that lintian accepts, and a command and a shim that work from them.
load command

setup_file() {
  export DEB=$BATS_FILE_TMPDIR/deb
  make -s -C "$TOP" deb DEB="$DEB" >&2
  dpkg-deb -x "$DEB"/arenashim_*.deb "$BATS_FILE_TMPDIR/root"
  dpkg-deb -x "$DEB"/libarenashim-dev_*.deb "$BATS_FILE_TMPDIR/root"
}

setup() {
  cd "$BATS_TEST_TMPDIR" || return
  USR=$BATS_FILE_TMPDIR/root/usr
  LIBRARY=$USR/lib/x86_64-linux-gnu
}

field() { dpkg-deb -f "$DEB/$1"_*.deb "$2"; }

@test "lintian finds no error and no warning" {
  (($(find "$DEB" -name '*.deb' | wc -l) == 2))
  run lintian --allow-root --fail-on error,warning "$DEB"/*.deb
  echo "$output"
  [[ $status == 0 && -z $output ]]
}

@test "versions are those of the command; what it links is needed, libunwind recommended" {
  [[ arenashim\ $(field arenashim Version) == "$("$TOOL" --version)" ]]
  [[ $(field arenashim Version) == "$(field libarenashim-dev Version)" ]]
  local depends library package
  depends=$(field arenashim Depends)
  for library in $(readelf -d "$USR/bin/arenashim" "$LIBRARY/libarenashim.so" |
    sed -nE 's/.*NEEDED.*\[(.*)\]/\1/p'); do
    package=$(dpkg-query -S "*/$library" | sed -nE 's/^([^:]+):amd64: \/(usr\/)?lib\/x86_64-linux-gnu\/[^/]*$/\1/p' | head -n 1)
    [[ ", $depends" == *", $package ("* ]] || { echo "no $package in: $depends"; return 1; }
  done
  [[ $(field arenashim Recommends) == libunwind8 ]]
}

@test "what it loads when it is there is suggested" {
  local library package suggests found=0
  suggests=", $(field arenashim Suggests), $(field arenashim Recommends), $(field arenashim Depends) "
  suggests=${suggests// |/,} # either will do
  for library in $(strings -n 8 "$USR/bin/arenashim" | grep -xE 'lib[a-z0-9_+-]+\.so\.[0-9]+'); do
    ! readelf -d "$USR/bin/arenashim" | grep -qF "[$library]" || continue
    package=$(dpkg-query -S "/*/$library" | sed -nE 's/^([^:]+):amd64: \/(usr\/)?lib\/x86_64-linux-gnu\/[^/]*$/\1/p' | head -n 1)
    package=${package%t64} # which provides the other name, too
    [[ $suggests == *", $package"[\ ,]* ]] || { echo "$library of $package is not in: $suggests"; return 1; }
    ((++found))
  done
  ((found >= 2)) # libcurl, libdebuginfod
}

@test "no file is in both; copyright and changelog are in each" {
  local package
  [[ -z $(for package in "$DEB"/*.deb; do dpkg-deb -c "$package" | awk '!/\/$/ { print $6 }'; done | sort | uniq -d) ]]
  for package in arenashim libarenashim-dev; do
    grep -q jemalloc "$USR/share/doc/$package/copyright"
    zcat "$USR/share/doc/$package/changelog.gz" | grep -qF "($(field "$package" Version))"
  done
}

@test "command and shim work from there" {
  arenashim --version
  [[ $("$USR/bin/arenashim" --version) == "$output" ]]
  LD_PRELOAD=$LIBRARY/libarenashim.so ARENASHIM_DUMP=$PWD/ls.dump ls /
  "$USR/bin/arenashim" report ls.dump | grep -qw ls
  run --separate-stderr "$USR/bin/arenashim" run -o run.dump ls /
  expect '$status == 0 && $stderr == *allocations*'
  MANWIDTH=80 man -l "$USR/share/man/man1/arenashim.1.gz" | grep -q '^EXIT STATUS'
}

@test "a program builds with the libraries of the other" {
  printf '%s\n' '#include <arenashim/arena.h>' 'int main(void) { arena_destroy(arena_create("a", 0)); }' >a.c
  # shellcheck disable=SC2046
  gcc -o a a.c -I"$USR/include" $(PKG_CONFIG_SYSROOT_DIR=$BATS_FILE_TMPDIR/root \
    PKG_CONFIG_PATH=$LIBRARY/pkgconfig pkg-config --libs arenashim) -L"$LIBRARY"
  ./a
}

@test "the same tree gives the same packages" {
  make -s -C "$TOP" deb DEB="$PWD/again" >&2
  local package
  for package in "$DEB"/*.deb; do cmp "$package" "again/${package##*/}"; done
}

@test "dpkg installs both and leaves nothing when it removes them" {
  ((EUID == 0)) || skip "dpkg wants root"
  mkdir -p root/var/lib/dpkg
  touch root/var/lib/dpkg/status
  dpkg --root="$PWD/root" --force-depends -i "$DEB"/*.deb
  [[ $(dpkg --root="$PWD/root" -l arenashim libarenashim-dev | grep -c ^ii) == 2 ]]
  root/usr/bin/arenashim run -o run.dump ls /
  dpkg --root="$PWD/root" --purge arenashim libarenashim-dev
  [[ ! -e root/usr ]]
}
