#!/bin/sh
# Makes Debian packages of what `make install` installed: deb.sh STAGE OUT
#   STAGE  the directory that was installed to, for /usr and Debian's directory of libraries
#   OUT    the directory that the packages are written to
# The same tree gives the same packages, byte for byte.
set -eu

here=$(cd "$(dirname "$0")" && pwd)/debian
stage=$(realpath "$1") out=$(realpath "$2")
library=usr/lib/x86_64-linux-gnu
SOURCE_DATE_EPOCH=$(dpkg-parsechangelog -l "$here/changelog" -S Timestamp)
export SOURCE_DATE_EPOCH

# dpkg-dev's tools expect a source tree around them, and each package's files in debian/PACKAGE.
work=$out/work
rm -rf "$work" && mkdir -p "$work/debian" && cd "$work"
cp "$here/control" "$here/changelog" debian

fill_main() { # DIRECTORY: gets everything that the other package does not take
  cp -r "$stage" "$1"
  while read -r path; do rm -r "${1:?}/$path"; done <"$here/libarenashim-dev.files"
  mv "$1/usr/share/zsh/site-functions" "$1/usr/share/zsh/vendor-completions"
  rm "$1"/usr/share/doc/arenashim/LICENSE* # their text is in the file `copyright`
  install -D -m 644 "$here/lintian-overrides" "$1/usr/share/lintian/overrides/arenashim"
  install -D -m 644 -t "$1/DEBIAN" "$here/triggers"
  strip --strip-unneeded --remove-section=.comment "$1/usr/bin/arenashim" "$1/$library/libarenashim.so"
  dpkg-shlibdeps -Tdebian/arenashim.substvars "$1/usr/bin/arenashim" "$1/$library/libarenashim.so"
}

fill_dev() { # DIRECTORY
  while read -r path; do
    mkdir -p "$1/${path%/*}"
    cp -r "$stage/$path" "$1/$path"
  done <"$here/libarenashim-dev.files"
  strip --strip-unneeded --remove-section=.comment --enable-deterministic-archives "$1/$library/libarena.a"
}

build() { # PACKAGE: its files are in debian/PACKAGE
  root=debian/$1 documents=debian/$1/usr/share/doc/$1
  mkdir -p "$documents" "$root/DEBIAN"
  cp "$here/copyright" "$documents"
  gzip -9nc "$here/changelog" >"$documents/changelog.gz"
  find "$root/usr/share/man" -type f -exec gzip -9n {} +
  chmod -R u=rwX,go=rX "$root"
  dpkg-gencontrol -p"$1" -P"$root" -Tdebian/"$1".substvars
  (cd "$root" && find usr -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum >DEBIAN/md5sums)
  dpkg-deb --root-owner-group --build "$root" "$out"
}

fill_main debian/arenashim
fill_dev debian/libarenashim-dev
build arenashim
build libarenashim-dev
cd / && rm -rf "$work"
