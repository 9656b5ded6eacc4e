# The lines that a profile names for callers: those of the calls, not those that the calls return to.
load ../common

# A dump of the program, built with the flags.
recorded() { # FLAG...
  cd "$BATS_TEST_TMPDIR" || return
  export HOME=$PWD XDG_CONFIG_HOME=$PWD XDG_CACHE_HOME=$PWD # what the readers keep goes with the test
  gcc -std=gnu17 -g -fno-builtin "$@" -o program "$HERE/export_lines.c"
  rm -f d
  run_shim ARENASHIM_TAG=stack:16 ARENASHIM_DUMP=d ./program
  expect_ok && expect '-z $stderr'
}

line() { # WORDS: the number of the line with this comment
  grep -n "/\* $1 \*/" "$HERE/export_lines.c" | cut -d: -f1
}

# called CALLER WORDS: the profile has the call that the comment says, in the function, at its line; its location has an
# address in that function.
called() {
  grep -qE "(^| )$1 .*/export_lines\.c:$(line "$2")(:0)? " raw || { echo "$1: $2: $(line "$2")"; cat raw; return 1; }
}

@test "pprof: each location has the function and the line of the call" {
  local flags
  for flags in -O0 -O2; do
    recorded $flags
    "$TOOL" export d --format pprof -o d.pprof
    go tool pprof -raw d.pprof >raw
    called leaf 'malloc in leaf'
    called middle 'leaf in middle'
    called within 'middle in within'
    called twice 'within in twice, the first'
    called twice 'within in twice, the second'
    called never 'leaf in never'
    called last 'never in last'
    called main 'twice in main'
    called main 'last in main'
    # No other line of the program is there, so none that a call returns to.
    [[ $(grep -oE 'export_lines\.c:[0-9]+' raw | sort -u | wc -l) == 9 ]] || { cat raw; return 1; }
    go tool pprof -lines -top -nodefraction=0 -sample_index=alloc_objects d.pprof 2>/dev/null >top
    grep -qE " 3 .* leaf .*/export_lines\.c:$(line 'malloc in leaf')\$" top || { cat top; return 1; }
  done
}

@test "json and dhat: the same lines" {
  recorded -O2
  "$TOOL" export d --format json -o d.json
  "$TOOL" export d --format dhat -o d.dhat
  /usr/bin/python3 - >lines <<'END'
import json
frames = {(f["name"], f["line"]) for f in json.load(open("d.json"))["frames"] if (f["file"] or "").endswith("export_lines.c")}
for name, number in sorted(frames):
    print(name, number)
END
  diff lines - < <(for call in 'last:never in last' 'leaf:malloc in leaf' 'main:twice in main' 'main:last in main' \
    'middle:leaf in middle' 'never:leaf in never' 'twice:within in twice, the first' 'twice:within in twice, the second' \
    'within:middle in within'; do echo "${call%%:*} $(line "${call#*:}")"; done)
  local name number
  while read -r name number; do
    grep -qE "0x[0-9A-F]+: $name \([^()]*export_lines\.c:$number\)" d.dhat || { echo "$name $number"; return 1; }
  done <lines
}
