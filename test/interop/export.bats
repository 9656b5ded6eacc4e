# Exports as the tools that they are for read them: on every number they say what we say.
load ../common

BROWSER=${NODE_PATH:-$(dirname "$TOOL")/browser/node_modules}
export NODE_PATH=$BROWSER

setup() {
  cd "$BATS_TEST_TMPDIR" || return
  export HOME=$PWD XDG_CONFIG_HOME=$PWD XDG_CACHE_HOME=$PWD # what the readers keep goes with the test
}

# recorded FLAG...: a dump d of the program, and its numbers.
recorded() {
  gcc -std=gnu17 -O0 -g -fno-builtin -pthread "$@" -o program "$HERE/export_program.c"
  rm -f d # an old one would stay, and the new one get another name
  run_shim ARENASHIM_TAG=stack:16 ARENASHIM_DUMP=d ./program
  expect_ok && expect '-z $stderr'
  exported json --no-fold
}

exported() { # FORMAT [OPTION...]: d.FORMAT
  run --separate-stderr timeout -k 5 60 "$TOOL" export d --format "$1" -o "d.$1" "${@:2}"
  expect_ok && expect '-z $stderr'
}

# agrees LEAST COMMAND...: it ends with a count of at least so many, and no difference.
agrees() {
  run --separate-stderr timeout -k 5 120 "${@:2}"
  echo "$output"
  expect_ok
  [[ $output =~ ^[a-z]+=([0-9]+)\ differences=0$ ]]
  ((BASH_REMATCH[1] >= $1))
}

@test "google-pprof reads the heap text" {
  recorded
  exported heap
  agrees 40 /usr/bin/python3 "$HERE/export_heap.py" google-pprof program d.heap d.json
}

@test "jeprof reads the heap text, of a program at fixed addresses" {
  recorded -no-pie
  exported heap
  agrees 40 /usr/bin/python3 "$HERE/export_heap.py" jeprof program d.heap d.json
}

@test "the comparison sees one object more or elsewhere, and what heap_v2/1 would do" {
  recorded
  exported heap
  local change value
  while read -r value change; do
    sed "$change" d.heap >changed
    refute cmp -s d.heap changed
    refute timeout 60 /usr/bin/python3 "$HERE/export_heap.py" google-pprof program changed d.json "$value"
  done <<<$'inuse_space s/ 70000 /70001 /\ninuse_objects 2,$s/^ *7: /8: /\nalloc_objects s,heapprofile,heap_v2/1,'
}

@test "go tool pprof reads the profile: -top is our report" {
  recorded
  exported pprof --no-fold
  agrees 80 /usr/bin/python3 "$HERE/export_pprof.py" d.pprof d.json
  exported pprof --fold within
  refute /usr/bin/python3 "$HERE/export_pprof.py" d.pprof d.json >differences
  grep -qx 'alloc_objects, flat: within: 0, and ours says 1000' differences
  exported json --fold within
  agrees 80 /usr/bin/python3 "$HERE/export_pprof.py" d.pprof d.json
}

@test "go tool pprof: what is shown first, labels, build-ids, inlined functions" {
  recorded
  local type value id
  id=$(readelf -n program | sed -n 's/.*Build ID: //p')
  while read -r value type; do
    exported pprof --value "$value"
    go tool pprof -raw d.pprof >raw
    grep -qE "(^| )${type/ /\/}\[dflt\]" raw
    grep -qx "PeriodType: space bytes" raw
    grep -qE "^1: 0x[0-9a-f]+/0x[0-9a-f]+/0x[0-9a-f]+ .*/program $id \[FN\]\[FL\]\[LN\]\[IN\]" raw
    grep -qE '^ +[0-9]+: 0x[0-9a-f]+ M=1 within .*/export_program.c:[0-9]+(:0)? ' raw # Go 1.24 adds a column
    grep -qE '^ +leaf .*/export_program.c:[0-9]+(:0)? ' raw # in the same location
  done <<<$'live inuse_space bytes\nallocs alloc_objects count\npeak peak_space bytes\nbytes alloc_space bytes\nwaste waste bytes'
  go tool pprof -tags d.pprof >tags 2>/dev/null
  grep -q 'size_class:' tags && grep -q '0 program' tags
  go tool pprof -top -sample_index=alloc_objects -tagfocus=size_class='^16$' -nodefraction=0 d.pprof 2>/dev/null >top
  grep -qE ' 307 .* main$' top # tiny's and empty's
}

@test "valgrind's dh_view.html shows the DHAT file" {
  recorded
  exported dhat --no-fold
  node "$HERE/export_dhat.js" "$PWD/d.dhat" >page
  agrees 4 /usr/bin/python3 "$HERE/export_pages.py" dhat page d.json
}

@test "speedscope shows its file" {
  recorded
  exported speedscope --no-fold --value allocs
  node "$HERE/export_speedscope.js" "$BROWSER/speedscope/dist/release/index.html" "$PWD/d.speedscope" >page
  agrees 20 /usr/bin/python3 "$HERE/export_pages.py" speedscope page d.json
}

@test "the pages' tests see a file that is wrong" {
  recorded
  exported dhat
  sed -i 's/"ftbl":/"table":/' d.dhat
  refute node "$HERE/export_dhat.js" "$PWD/d.dhat" >page 2>said
  grep -q 'missing a field: ftbl' said
}

@test "JSON documents are what their schemas say" {
  recorded
  exported dhat
  exported speedscope
  local schemas=$HERE/../tools/schemas valid=$HERE/../tools/valid.py
  "$valid" "$TOP/tools/arenashim.schema.json" d.json
  "$valid" "$schemas/dhat.json" d.dhat
  "$valid" "$BROWSER/speedscope/dist/release/file-format-schema.json" d.speedscope
  sed 's/"sampled"/"samples"/' d.speedscope >changed
  refute "$valid" "$BROWSER/speedscope/dist/release/file-format-schema.json" changed
}

@test "differences of two dumps: pprof, json and collapsed agree, and go tool pprof -base with them" {
  gcc -std=gnu17 -O0 -g -fno-builtin -o program "$HERE/export_delta.c"
  run_shim ARENASHIM_TAG=stack:16 ARENASHIM_SIGNAL=USR1 ARENASHIM_DUMP=%n.dump ./program
  expect_ok
  local old new format
  read -r old new <<<"$(ls -tr -- *.dump | xargs)"
  [[ $(process_field "$old" reason) == signal && $(process_field "$new" reason) == exit ]]
  for format in pprof json collapsed; do
    "$TOOL" export "$old" --format $format --no-fold -o old.$format
    "$TOOL" export "$new" --format $format --no-fold -o new.$format
    "$TOOL" export --delta "$old" "$new" --format $format --no-fold -o delta.$format
  done
  agrees 4 /usr/bin/python3 "$HERE/export_delta.py" {old,new,delta}.pprof {old,new,delta}.json {old,new,delta}.collapsed
  grep -qE ';late;fill 0 90000$' delta.collapsed
  grep -qE ';early;fill 2000 500$' delta.collapsed
  # of sets, too: nothing changed
  mkdir a b
  cp "$new" a
  cp "$new" b
  "$TOOL" export --delta a b --format pprof -o none
  [[ -z $(go tool pprof -raw none 2>/dev/null | sed -n '/^Samples:/,/^Locations/p' | grep -E '^ +-?[0-9]+ ') ]]
  for format in dhat heap speedscope; do
    run --separate-stderr "$TOOL" export --delta a b --format $format
    expect "\$status == 2 && \$stderr == 'arenashim export: --delta: $format has no differences: use --format pprof, json, jsonl or collapsed'"
  done
}

@test "labels: the thread, and the process, also of a merge that keeps them" {
  recorded
  exported pprof
  go tool pprof -tags d.pprof >tags 2>/dev/null
  grep -q 'process: Total' tags && grep -q 'thread: Total' tags
  cp d e
  "$TOOL" merge --keep-processes -o m d 2>/dev/null
  "$TOOL" export m --format pprof -o m.pprof
  [[ $(go tool pprof -tags m.pprof 2>/dev/null | sed -n '/process: Total/,/Total/p') == *"program $(process_field d pid)"* ]]
  go tool pprof -raw m.pprof 2>/dev/null | grep -qE '^1: 0x.*/program '
}
