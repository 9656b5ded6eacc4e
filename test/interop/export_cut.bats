# Exports of cut paths as the tools that they are for read them: each accepts the frame that stands for missing callers.
load ../common

BROWSER=${NODE_PATH:-$(dirname "$TOOL")/browser/node_modules}
export NODE_PATH=$BROWSER

# A dump of at most three frames a path, with all formats of it: most paths of the program are longer.
setup() {
  cd "$BATS_TEST_TMPDIR" || return
  export HOME=$PWD XDG_CONFIG_HOME=$PWD XDG_CACHE_HOME=$PWD # what the readers keep goes with the test
  gcc -std=gnu17 -O0 -g -fno-builtin -pthread -o program "$HERE/export_program.c"
  run_shim ARENASHIM_TAG=stack:3 ARENASHIM_DUMP=d ./program
  expect_ok && expect '-z $stderr'
  local format
  for format in collapsed dhat heap json pprof speedscope; do
    "$TOOL" export d --format $format -o d.$format --no-fold --value allocs
  done
}

# cut: how many allocations are, by the json export, below the frame that stands for callers.
cut() {
  /usr/bin/python3 -c 'import sys; sys.path.insert(0, sys.argv[1]); from export_numbers import Ours
print(Ours("d.json").cumulated("alloc_objects")["(cut at 3 frames)"])' "$HERE"
}

@test "go tool pprof: as much below it as we say, and nothing else differs" {
  /usr/bin/python3 "$HERE/export_pprof.py" d.pprof d.json >said
  grep -qE '^functions=[0-9]+ differences=0$' said || { cat said; return 1; }
  (($(cut) > 500))
  go tool pprof -top -cum -nodefraction=0 d.pprof 2>/dev/null >top
  grep -qE " $(cut) +[0-9.]+%  \(cut at 3 frames\)\$" top || { cat top; return 1; }
  go tool pprof -dot -nodefraction=0 -edgefraction=0 d.pprof 2>/dev/null >dot
  grep -q '(cut at 3 frames)' dot
}

@test "the pages of DHAT and speedscope" {
  node "$HERE/export_dhat.js" "$PWD/d.dhat" >page
  grep -q '(cut at 3 frames)' page
  /usr/bin/python3 "$HERE/export_pages.py" dhat page d.json >said
  grep -q ' differences=0$' said || { cat said; return 1; }
  node "$HERE/export_speedscope.js" "$BROWSER/speedscope/dist/release/index.html" "$PWD/d.speedscope" >page
  grep -q '(cut at 3 frames)' page
  /usr/bin/python3 "$HERE/export_pages.py" speedscope page d.json >said
  grep -q ' differences=0$' said || { cat said; return 1; }
}

@test "collapsed lines, and addresses alone for google-pprof" {
  local sum
  sum=$(awk '/^\(cut at 3 frames\);/ { sum += $NF } END { print sum }' d.collapsed)
  [[ $sum == "$(cut)" ]]
  google-pprof --collapsed --alloc_objects program d.heap 2>/dev/null >google
  [[ $(awk '{ sum += $NF } END { print sum }' google) == $(awk '{ sum += $NF } END { print sum }' d.collapsed) ]]
}
