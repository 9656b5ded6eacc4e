#!/bin/sh
# `make picture`: makes the README's pictures. What stands on a terminal after a command, or while it runs, is drawn;
# and the chart of a page, by a browser.
#   run.png   `arenashim run ./planted` in a shell, 80 x 24
#   top.png   `arenashim top` of a service that grows, 100 x 10
#   page.png  the page's chart over time of that service, which loads a report twice
# Usage: picture.sh BUILD TOOLS OUT     BUILD: the directory of the command and the shim, TOOLS: of the programs
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=$(realpath "$1") tools=$(realpath "$2") out=$(realpath "$3")
work=$(mktemp -d)
pid=
leave() {
  [ -z "$pid" ] || kill -9 "$pid" 2>/dev/null || true
  tmux -S "$work/tmux" kill-server 2>/dev/null || true
  rm -rf "$work"
}
trap leave EXIT
trap 'exit 1' HUP INT TERM

# draw NAME COLUMNS ROWS: the terminal's bytes on stdin as a picture
draw() {
  aha --no-header --black >"$1.html"
  node "$here/picture.js" terminal "$1.html" "$1.big.png" "$2" "$3"
  pngquant --force --speed 1 --output "$out/$1.png" 16 "$1.big.png"
}

picture_run() {
  echo "PS1='\$ '" >rc
  env -i PATH="$build:$PATH" HOME="$work" TERM=xterm-256color LC_ALL=C.UTF-8 \
    python3 "$here/../tools/run_tty.py" 24 80 '$ ' 'arenashim run ./planted' 'arenashim html' '' '$ ' exit \
    -- bash --rcfile rc --noediting -i >typed
  sed 's/^\$ exit$/$ /; /^exit$/d' typed >screen # `exit` ends the shell and is not part of the picture
  [ "$(wc -l <screen)" -le 24 ] || { echo "picture.sh: the screen has more than 24 rows; no picture was made" >&2; exit 1; }
  draw run 80 24 <screen
}

# The service loads a report after 2 s, drops it after 4, and loads it again after 6; then top looks at it.
picture_service() {
  env LD_PRELOAD="$build/libarenashim.so" ARENASHIM_TAG=stack:8 ARENASHIM_RECORD="$work/service.record" ./service >/dev/null &
  pid=$!
  for _ in 1 2 3; do
    sleep 2
    kill -USR1 "$pid"
  done
  sleep 1
  LC_ALL=C.UTF-8 tmux -S "$work/tmux" -f /dev/null new-session -d -x 100 -y 10 \
    "env TERM=xterm-256color '$build/arenashim' top --interval 0.5 $pid"
  sleep 3
  tmux -S "$work/tmux" capture-pane -e -p >screen
  kill -9 "$pid"
  pid=
  draw top 100 10 <screen
  "$build/arenashim" html -o service.html service.record
  node "$here/picture.js" chart service.html page.big.png
  pngquant --force --speed 1 --output "$out/page.png" 24 page.big.png
}

ln -s "$tools/planted" "$tools/service" "$work"
cd "$work"
picture_run
picture_service
