#!/bin/sh
# `make picture`: makes the README's picture of a terminal. A command is typed into a shell on a terminal of 80 x 24,
# and what stands there then is drawn.
# Usage: picture.sh BUILD PROGRAM OUT.png     BUILD: the directory of the command and the shim
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=$(realpath "$1") program=$(realpath "$2") out=$(realpath "$3")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

ln -s "$program" "$work"
cd "$work"
command="arenashim run ./$(basename "$program")"
echo "PS1='\$ '" >rc
env -i PATH="$build:$PATH" HOME="$work" TERM=xterm-256color LC_ALL=C.UTF-8 \
  python3 "$here/../tools/run_tty.py" 24 80 '$ ' "$command" 'arenashim html' '' '$ ' exit \
  -- bash --rcfile rc --noediting -i >typed
sed 's/^\$ exit$/$ /; /^exit$/d' typed >screen # `exit` ends the shell and is not part of the picture
[ "$(wc -l <screen)" -le 24 ] || { echo "picture.sh: the screen has more than 24 rows; no picture was made" >&2; exit 1; }
aha --no-header --black <screen >screen.html
node "$here/picture.js" screen.html screen.png
pngquant --force --speed 1 --output "$out" 16 screen.png
