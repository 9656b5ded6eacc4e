# Paths whose outer frames stand in a tree of their own are whole in all that reads a dump, a record,
# or a running process.
load ../../common

twelve="f12;f11;f10;f9;f8;f7;f6;f5;f4;f3;f2;f1;f0"

@test "long paths are whole, whichever frames they share" {
  for mode in stack:64 stack:20; do
    rm -f d
    run_shim ARENASHIM_TAG=$mode ARENASHIM_DUMP=d "$BIN/long_paths"
    expect_ok
    arenashim export d --format collapsed --value live
    echo "$output" >paths
    cat paths
    grep -q ";main;left;$twelve 40$" paths
    grep -q ";main;right;$twelve 48$" paths
    grep -q ";main;${twelve#*f8;} 56$" paths
    grep -q ";main;${twelve#*f9;} 64$" paths
  done
}

@test "long paths that are cut, each where it must be" {
  run_shim ARENASHIM_TAG=stack:14 ARENASHIM_DUMP=d "$BIN/long_paths"
  expect_ok
  arenashim export d --format collapsed --value live
  echo "$output" >paths
  cat paths
  grep -q "cut at 14 frames);left;$twelve 40$" paths
  grep -q "cut at 14 frames);right;$twelve 48$" paths
  grep -q ";main;${twelve#*f8;} 56$" paths
}

@test "deep recursions are cut after as many frames as were asked for; after 64 or a few more, if 64 were" {
  for n in 64 63 32; do
    rm -f d
    run_shim ARENASHIM_TAG=stack:$n ARENASHIM_DUMP=d "$BIN/long_paths" deep
    expect_ok
    arenashim export d --format collapsed --value live
    grep "^(cut at $n frames);deep;" <<<"$output" >cut
    awk -F';' -v n=$n -v most=$((n == 64 ? 96 : n)) '{
      frames = NF - 1; longer += frames > n; wrong += frames < n || frames > most
    } END { print NR " paths, " longer + 0 " longer, " wrong + 0 " wrong"
      exit NR == 0 || wrong || (longer > 0) != (most > n) }' cut
    awk '/;deep/ { live += $NF } END { print live; exit live != 300 * 80 }' <<<"$output"
  done
}

@test "deep recursions are cut alike by rules and by libunwind" {
  run_shim ARENASHIM_TAG=verify:64 ARENASHIM_STATS=1 "$BIN/long_paths" deep
  expect_ok
  expect '$stderr == *"paths that libunwind finished"* && $stderr == *"paths compared"*'
  expect '$stderr != *"of these differing"*'
}

@test "long paths in the text report" {
  run_shim ARENASHIM_TAG=stack:64 ARENASHIM_STATS=1 "$BIN/long_paths"
  expect_ok
  expect '$stderr == *"< long_paths+"*" < "*" more"*'
}

# The paths of requests in a file, or of a process that runs.
whole() { # FILE|PID
  arenashim export "$1" --format collapsed --value live
  expect_ok
  echo "$output" >paths
  cat paths
  grep -q ";main;left;$twelve [0-9]" paths && grep -q ";main;right;$twelve [0-9]" paths
}

# goes_on NAME=VALUE...: the program runs on; its pid is in $pid
goes_on() {
  env LD_PRELOAD="$SHIM" "$@" "$BIN/long_paths" on &
  pid=$!
  within 10 "$TOOL" top --once --interval 0.1 "$pid"
}

teardown() { [[ -z ${pid:-} ]] || kill "$pid" 2>/dev/null || true; }

@test "long paths in a record, of a program that ended and of one that was killed" {
  run_shim ARENASHIM_TAG=stack:64 ARENASHIM_RECORD="$PWD/r" "$BIN/long_paths"
  expect_ok
  whole r
  grep -q ";main;${twelve#*f8;} 56$" paths
  rm r
  goes_on ARENASHIM_TAG=stack:64 ARENASHIM_RECORD="$PWD/r"
  sleep 0.3
  kill -9 "$pid"
  wait "$pid" || true
  whole r
  grep -q ";main;left;$twelve 1\?[0-9]*40$" paths
}

@test "long paths of a process that runs: its dump, its timeline and top" {
  goes_on ARENASHIM_TAG=stack:64
  arenashim dump "$pid" -o now
  expect_ok
  whole now
  arenashim timeline "$pid"
  expect '$status == 0 && $output == *f0*'
  arenashim top --once --interval 0.3 --sort growth -n 2 "$pid"
  expect '$status == 0 && $output == *f0*'
}

@test "long paths of a process whose tags began from outside, by samples and exactly" {
  local how
  goes_on
  for how in '--sample 4K' '--tag stack:64'; do
    # shellcheck disable=SC2086 # two words
    arenashim attach "$pid" $how --for 1s -o attached
    expect_ok
    whole attached
    rm attached
  done
}

# The paths of the program's own requests in file `paths` are these, and no others.
own_paths_are() { # LINE...
  grep -o ';main;.*' paths | sort >found
  printf ';main;%s\n' "$@" | sort | diff - found
}

@test "long paths after a fork: known ones, and new ones over known outer frames" {
  run_shim ARENASHIM_TAG=stack:64 ARENASHIM_DUMP=d.%p "$BIN/long_paths" fork
  expect_ok
  local file before=("left;$twelve 40" "right;$twelve 48" "${twelve#*f8;} 56" "${twelve#*f9;} 64")
  local after=("in_child;left;$twelve 1000" "in_child;${twelve#*f9;} 2000" "in_child;${twelve#*f10;} 3000")
  for file in d.*; do
    "$TOOL" export "$file" --format collapsed --value live >paths
    if grep -q in_child paths; then own_paths_are "${before[@]}" "${after[@]}"; else own_paths_are "${before[@]}"; fi
  done
}

@test "long paths in merges: of programs that ended, of one's child, of one that was killed" {
  run_shim ARENASHIM_TAG=stack:64 ARENASHIM_DUMP=d.%p "$BIN/long_paths" fork
  run_shim ARENASHIM_TAG=stack:64 ARENASHIM_DUMP=e.%p "$BIN/long_paths"
  goes_on ARENASHIM_TAG=stack:20 ARENASHIM_RECORD="$PWD/r"
  kill -9 "$pid"
  wait "$pid" || true
  pid=
  "$TOOL" export r --format collapsed --value live >paths
  local how left right
  left=$(sed -n "s/.*;main;left;$twelve //p" paths) right=$(sed -n "s/.*;main;right;$twelve //p" paths)
  ((left >= 440 && right >= 48))
  for how in '' --by-function; do
    # shellcheck disable=SC2086 # no word, or one
    arenashim merge $how -o m d.* e.* r
    expect_ok
    "$TOOL" export m --format collapsed --value live >paths
    own_paths_are "left;$twelve $((3 * 40 + left))" "right;$twelve $((3 * 48 + right))" \
      "${twelve#*f8;} $((4 * 56))" "${twelve#*f9;} $((4 * 64))" \
      "in_child;left;$twelve 1000" "in_child;${twelve#*f9;} 2000" "in_child;${twelve#*f10;} 3000"
  done
}

@test "long paths in every export, in the tree and in the page" {
  run_shim ARENASHIM_TAG=stack:64 ARENASHIM_DUMP=d "$BIN/long_paths"
  local format
  for format in pprof json speedscope heap dhat; do
    arenashim export d --format $format -o d.$format
    expect_ok
  done
  /usr/bin/python3 "$HERE/long_paths.py" d.json d.speedscope d.dhat
  # calls stand innermost first, a line each
  HOME=$PWD go tool pprof -traces -sample_index=inuse_space d.pprof >traces
  [[ $(tr -s ' \n' ' ' <traces) == *" 40B f0 f1 f2 f3 f4 f5 f6 f7 f8 f9 f10 f11 f12 left main "* ]]
  # addresses alone: those of the program, and the same three of its start
  awk '/ @ / && NF > 10 { print $2, NF - 6 - 3 }' d.heap | diff - <(printf '%s\n' '40 15' '48 15' '56 9' '64 10')
  "$TOOL" tree d --min 0 --all >tree
  [[ $(sed 's/ (.*//; s/.*[ |`-]//' tree | tr '\n' ' ') == *" left f12 f11 f10 f9 f8 f7 f6 f5 f4 f3 f2 f1 f0 "* ]]
  arenashim html d -o page.html
  expect_ok
  grep -o '"f1[0-2]"' page.html | sort -u | diff - <(printf '"f%s"\n' 10 11 12)
}
