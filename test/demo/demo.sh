#!/bin/sh
# `make demo`: compiles a template-heavy C++ file with g++ under the shim and shows who holds the memory of the
# compiler proper, cc1plus, which makes almost three million requests. The page and the long report in text lie
# in build/demo afterwards. TOOL names the command; the shim lies beside it.
set -eu
cd "$(dirname "$0")/../.."
: "${TOOL:=build/arenashim}"
TOOL=$(realpath --relative-base=. "$TOOL")
command -v g++ >/dev/null || test/install.sh demo

out=${TOOL%/*}/demo
rm -rf "$out" && mkdir -p "$out"
set -- g++ -std=c++17 -O1 -c -o "$out/templates.o" test/demo/templates.cc
echo "\$ $TOOL run -o $out/ $*"
ARENASHIM_STATS="$PWD/$out/%e.txt" "$TOOL" run -o "$out/" "$@" 2>&1

# g++ is a family of processes (g++, cc1plus, as): each has a dump and a report of its own.
set -- "$out"/cc1plus.*.dump
[ -s "$1" ] || { echo "demo.sh: no dump of cc1plus: the shim was not loaded" >&2; exit 1; }
"$TOOL" html -o "$out/cc1plus.html" "$1"
echo
echo "the page, for a browser:      $out/cc1plus.html"
echo "the long report in text:      less $out/cc1plus.txt"
