#!/bin/sh
# `make demo`: compiles a template-heavy C++ file with g++ under the shim and prints what the shim reports of
# the compiler proper, cc1plus, which makes over a million small requests. SHIM names the library.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
: "${SHIM:=$here/../../build/libarenashim.so}"
SHIM=$(realpath "$SHIM")
command -v g++ >/dev/null || "$here/../install.sh" demo

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

echo "g++ -std=c++17 -O1 -c test/demo/templates.cc, under $(basename "$SHIM"):"
# g++ is a family of processes (g++, cc1plus, as): each writes a report of its own.
env LD_PRELOAD="$SHIM" ARENASHIM_STATS="$work/%e.%p" \
  g++ -std=c++17 -O1 -c -o "$work/templates.o" "$here/templates.cc"
set -- "$work"/cc1plus.*
[ -s "$1" ] || { echo "demo.sh: no report of cc1plus; the shim was not loaded" >&2; exit 1; }
cat "$1"
