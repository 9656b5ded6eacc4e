# What rounding and half-empty slabs cost: to the digit, and the same as report and ledger say.
load command

setup() {
  TOOL=$TOOLS/arenashim # the build with sanitizers
  dump small.dump <"$HERE/small.txt"
}

@test "by call site, and in all" {
  arenashim waste small.dump
  expect '$status == 0 && -z $stderr'
  is_row '508 7.5% 60 448 2100 3' 'libgone.so+0x300 < [level 3]'
  diff - <(sed -n '/^bytes/,/^$/p' <<<"$output") <<'END'
bytes  of what
   68  rounding to cells
  152  rounding by jemalloc
 6528  free cells that live objects pin
 6748  sum of these: all call sites
  224  free cells that nobody pins
   16  tails of slabs, too short for a cell
 6836  all size classes: rounding to cells, free cells and tails
64096  not waste: parts of slabs that were never touched

END
  arenashim report small.dump --by class
  [[ $(awk '$NF ~ /^(64|112)$/ { sum += $9 } END { print sum }' <<<"$output") == 6836 ]]
}

@test "largest first, what wastes nothing left out; -n limits" {
  { cat "$HERE/small.txt"; printf '%s\n' 'site kind=1' 'account site=3 allocs=7 live_bytes=8 live_rounded=8'; } | dump d
  arenashim waste d
  [[ $(sed -n '/^waste/,/total$/p' <<<"$output" | awk '{ print $1 }' | tr '\n' ' ') == 'waste 6100 508 140 6748 ' ]]
  arenashim waste d -n 1
  expect '$output == *"2 more rows: --all shows them"*'
  is_row '6748 100.0% 220 6528 3108 9' total
}

@test "of a real program the sums are the report's, and the ledger's lines" {
  ARENASHIM_DUMP=d ARENASHIM_STATS=stats LD_PRELOAD=$SHIM perl -e '$h{$_} = "x" x $_ for 1 .. 700' >out 2>err
  arenashim waste d
  local all rounding unpinned total
  all=$(row 'sum of these: all call sites') rounding=$(row 'rounding to cells') unpinned=$(row 'free cells that nobody pins')
  arenashim report d --sort waste -n 1
  total=$(row total)
  [[ ${total% total} == *" ${all%% *}" ]]
  grep -qE "^  allocated cells: rounding +${rounding%% *}\$" stats
  grep -qE "^  free cells that nobody pins +${unpinned%% *}\$" stats
}

@test "sampled: what is known is told, and how to know the rest; nothing by call site" {
  sed 's/tags=2/tags=2 sample_bytes=1000/' "$HERE/small.txt" | dump d
  arenashim waste d
  expect '$status == 0 && $output == *"run the program without ARENASHIM_SAMPLE; what is known:"*'
  diff - <(sed -n '/bytes  of what/,/^$/p' <<<"$output") <<'END'
bytes  of what
 ~220  rounding, to cells and by jemalloc
 6752  free cells of all size classes, pinned or not
   16  tails of slabs, too short for a cell
64096  not waste: parts of slabs that were never touched

END
  is_row '320 - 5 95 4096 2 700 695 >=6080' 64
  expect '$output != *demo+0x401010* && $output != *"rounding by jemalloc"* && $output != *"nobody pins"*'
  arenashim waste small.dump
  expect '$output != *ARENASHIM_SAMPLE*'
}

@test "of a large block what lies behind its last touched page is no waste, and sums still add up" {
  { cat "$HERE/small.txt"; printf '%s\n' 'site kind=1' \
    'account site=3 allocs=1 live_objects=1 live_bytes=300000000 live_rounded=335544320 large_allocs=1' \
    'account arena=1 site=3 allocs=9 live_objects=2 live_bytes=1000 live_rounded=1030'; } | dump d
  arenashim waste d
  is_row '4125 37.9% 4125 0 300001000 3' '(before the options were known)'
  is_row '10873 100.0% 4345 6528 300004100 12' total
  is_row 10873 'sum of these: all call sites'
  arenashim report d --by arena
  [[ $(awk '/threads: / { sum += $11 } END { print sum }' <<<"$output") == 10873 ]]
}

@test "lines fit a terminal" {
  for width in 60 100; do
    terminal $width waste small.dump
    fits $width
  done
}

@test "wrong options and dumps" {
  arenashim waste
  says 'arenashim waste: name the FILE that `arenashim run` or ARENASHIM_DUMP made'
  arenashim waste small.dump -n 1.5
  says 'arenashim waste: -n 1.5: give a number of rows, 0 for all'
  dump off.dump <<<$'process pid=5'
  arenashim waste off.dump
  says 'arenashim: off.dump: call sites were not recorded: run the program with ARENASHIM_TAG=stack:8'
  { echo 'drop class'; cat "$HERE/small.txt"; } | dump d
  arenashim waste d
  expect '$status == 0 && $stderr == *"\"size classes\" is missing"* && $output == *"  rounding, to cells and by jemalloc"* && $output != *"nobody pins"*'
  : >empty
  arenashim waste empty
  says 'arenashim: empty: the file is empty: the program may have ended before its dump was written'
  run --separate-stderr sh -c '"$1" waste small.dump >/dev/full' sh "$TOOL"
  says 'arenashim: the report could not be written: check where its output goes'
}
