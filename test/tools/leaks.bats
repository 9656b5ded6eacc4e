# What was alive at the end, with whole paths.
load command

setup() {
  TOOL=$TOOLS/arenashim # the build with sanitizers
  dump small.dump <"$HERE/small.txt"
}

@test "call sites by live bytes, a line for each frame, and their sum" {
  arenashim leaks small.dump
  expect '$status == 0 && -z $stderr'
  diff - <(sed -n '/^alive/,/total/p' <<<"$output") <<'END'
alive at the end; whether the program could still reach it is not known
live  objects   share  allocs  bytes  allocated by, innermost first
2100        3   67.7%      45   9500  libgone.so+0x300
                                      [level 3]
 700        1   22.6%      20   1000  (the tables were full)
 300        5    9.7%    1000  40000  demo+0x401010
                                      demo+0x402020
3100        9  100.0%    1065  50500  total
END
}

@test "regions that were not destroyed stand apart" {
  arenashim leaks small.dump
  diff - <(sed -n '/^regions/,/^$/p' <<<"$output") <<'END'
regions that were not destroyed
used  reserved  allocs  bytes  region, and where it was created
1500     16384      21   2100  parser
                               demo+0x401010
                               demo+0x402020

END
  expect '$output != *"old"*'
}

@test "what was freed is not shown; nothing alive is said" {
  dump d <<<$'process tags=2\nnode\nsite kind=4\naccount allocs=5 frees=5 bytes=50\nsite kind=1\naccount site=1 allocs=1 live_objects=1'
  arenashim leaks d
  expect '$output == *"(before the options were known)"* && $output != *"without a tag"*'
  dump d <<<$'process tags=2\nnode\nsite kind=4\naccount allocs=5 frees=5 bytes=50'
  arenashim leaks d
  expect '$status == 0 && $(tail -n 1 <<<"$output") == nothing'
}

@test "a signal's or a call's dump is a snapshot" {
  for reason in 1 2; do
    sed "s/^process/& reason=$reason signal=10/" "$HERE/small.txt" | dump d
    arenashim leaks d
    expect '$output == *"a snapshot of a running program: what was alive then, and may have been freed later"*'
    expect '$output != *"at the end"*'
  done
}

@test "-n limits sites; a sampled dump's numbers are marked" {
  arenashim leaks small.dump -n 1
  expect '$output == *"2 more rows: --all shows them"* && $output != *"tables were full"*'
  sed 's/tags=2/tags=2 sample_bytes=1000/' "$HERE/small.txt" | dump d
  arenashim leaks d
  is_row '~3100 ~9 100.0% ~1065 ~50500' total
}

@test "a program's planted leak is found, with its function and its callers" {
  "$TOOLS/grow" 1000 >plain
  ARENASHIM_DUMP=d LD_PRELOAD=$SHIM "$TOOLS/grow" 1000 >out
  arenashim leaks d -n 1
  expect '$status == 0 && -z $stderr'
  local line
  line=$(grep -n 'malloc(64)' "$HERE/grow.c" | cut -d : -f 1)
  expect '$output =~ 64000\ +1000\ +[0-9.]+%\ +1000\ +64000\ \ keep\ .grow.c:'"$line"'.$'"'\n'"'\ +fill$'"'\n'"'\ +main'
}

@test "lines fit a terminal" {
  for width in 50 100; do
    terminal $width leaks small.dump
    fits $width
  done
}

@test "wrong options and dumps" {
  arenashim leaks
  says 'arenashim leaks: name the FILE that `arenashim run` or ARENASHIM_DUMP made'
  arenashim leaks -n
  says 'arenashim leaks: -n: its argument is missing: write -n ROWS'
  echo text >foreign
  arenashim leaks foreign
  says 'arenashim: foreign: not a dump: `arenashim run PROGRAM` or ARENASHIM_DUMP=FILE makes one'
  dump off.dump <<<$'process pid=5'
  arenashim leaks off.dump
  says 'arenashim: off.dump: call sites were not recorded: run the program with ARENASHIM_TAG=stack:8'
  run --separate-stderr sh -c '"$1" leaks small.dump >/dev/full' sh "$TOOL"
  says 'arenashim: the report could not be written: check where its output goes'
  head -c -100 small.dump >cut
  arenashim leaks cut
  expect '$status == 0 && $stderr == *"\"call paths\" is cut off"* && $output == *"(no path)"*'
}
