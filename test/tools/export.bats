# Exports: what other tools read, to the digit, from dumps whose figures are known.
load command

setup() {
  TOOL=$TOOLS/arenashim # the build with sanitizers
  dump small.dump <"$HERE/small.txt"
}

# exported VALUE: the collapsed lines of small.dump.
exported() {
  arenashim export small.dump --format collapsed --value "$1"
  expect '$status == 0 && -z $stderr'
}
@test "collapsed: outermost frame first, each of the values" {
  arenashim export small.dump --format collapsed
  expect '$status == 0 && -z $stderr'
  [[ $output == "$(lines '(the tables were full) 700' '[level 3];libgone.so+0x300 2100' 'demo+0x402020;demo+0x401010 300')" ]]
  live=$output
  exported live
  [[ $output == "$live" ]]
  exported allocs
  [[ $output == "$(lines '(the tables were full) 20' '[level 3];libgone.so+0x300 45' 'demo+0x402020;demo+0x401010 1000')" ]]
  exported bytes
  [[ $output == "$(lines '(the tables were full) 1000' '[level 3];libgone.so+0x300 9500' 'demo+0x402020;demo+0x401010 40000')" ]]
  exported waste
  [[ $output == "$(lines '(the tables were full) 140' '[level 3];libgone.so+0x300 508' 'demo+0x402020;demo+0x401010 6100')" ]]
}

@test "collapsed: the peak is what was held at the process's; what cost nothing is left out" {
  exported peak
  [[ $output == 'demo+0x402020;demo+0x401010 6000' ]]
}

@test "collapsed: paths of the same functions are one line, wrappers are folded or not" {
  local id main parse wrapper
  cp "$TOOLS/target" target
  id=$(readelf -n target | sed -n 's/.*Build ID: //p')
  main=0x$(nm target | awk '$3 == "main" { print $1 }') parse=0x$(nm target | awk '$3 == "_ZN2ns6Parser5parseEi" { print $1 }')
  wrapper=0x$(nm target | awk '$3 == "xmalloc" { print $1 }')
  {
    lines "process tags=2 depth=8 unix_time=1700000000" "module start=0x400000 end=0x800000 path=$PWD/target build_id=$id" node
    lines "node kind=1 module=1 address=$((wrapper + 4))" "node parent=1 kind=1 module=1 address=$((parse + 4))" \
      "node parent=2 kind=1 module=1 address=$((main + 4))" "site node=3" "account site=0 allocs=1 live_bytes=1"
    lines "node kind=1 module=1 address=$((parse + 8))" "node parent=4 kind=1 module=1 address=$((main + 9))" "site node=5" \
      "account site=1 allocs=10 live_bytes=10"
    lines "node parent=5 kind=2 label=\"a; b\"" "site node=6" "account site=2 allocs=100 live_bytes=100"
  } | dump d
  arenashim export d --format collapsed --value allocs
  [[ $output == "$(lines '[a: b];main;ns::Parser::parse 100' 'main;ns::Parser::parse 11')" ]]
  arenashim export d --format collapsed --value allocs --no-fold
  [[ $output == "$(lines '[a: b];main;ns::Parser::parse 100' 'main;ns::Parser::parse 10' 'main;ns::Parser::parse;xmalloc 1')" ]]
  arenashim export d --format collapsed --value allocs --fold 'ns::Parser::*'
  [[ $output == "$(lines '[a: b];main 100' 'main 11')" ]]
}

@test "collapsed: a sum over all lines is the report's total" {
  "$HERE/large.sh" 1000 5000 "$TOOL" | dump large.dump
  arenashim export large.dump --format collapsed --value allocs
  [[ $(awk '{ sum += $NF } END { print sum }' <<<"$output") == 500500 ]]
  sed 's/ [0-9]*$//' <<<"$output" | LC_ALL=C sort -cu
}

@test "-o writes to a file, and only when there is something to write" {
  exported live
  local all=$output
  arenashim export small.dump --format collapsed -o out
  expect '$status == 0 && -z $output' && [[ $(<out) == "$all" ]]
  dump off.dump <<<$'process pid=5'
  arenashim export off.dump --format collapsed -o out
  error 'off.dump: call sites were not recorded: .*ARENASHIM_TAG=stack:8'
  [[ $(<out) == "$all" ]]
}

formats=(collapsed dhat heap json jsonl pprof speedscope)

@test "outputs that can't be written" {
  local format
  arenashim export small.dump --format collapsed -o /nowhere/out
  error '/nowhere/out can.t be written: No such file or directory: name another file with -o'
  arenashim export small.dump --format collapsed -o .
  error '[.] can.t be written: Is a directory: name another file with -o'
  for format in "${formats[@]}"; do
    arenashim export small.dump --format $format -o /dev/full
    error '/dev/full could not be written: No space left on device: check where the output goes'
    run --separate-stderr sh -c '"$1" export small.dump --format "$2" >/dev/full' sh "$TOOL" $format
    error 'the output could not be written: No space left on device: check where the output goes'
  done
}

@test "a disk that gets full leaves the old file, and nothing beside it" {
  local format
  "$HERE/large.sh" 500 2000 "$TOOL" | dump large.dump
  for format in "${formats[@]}"; do
    echo old >out
    run --separate-stderr bash -c 'ulimit -f 4; trap "" XFSZ; "$1" export large.dump --format "$2" -o out' sh "$TOOL" $format
    error 'out could not be written: File too large: check where the output goes'
    [[ $(<out) == old ]]
    [[ $(echo out*) == out ]] || { ls; return 1; }
  done
}

@test "the dump itself is not overwritten, whatever it is called" {
  ln small.dump hard
  ln -s small.dump soft
  cp small.dump copy
  local name
  for name in small.dump ./small.dump hard soft; do
    arenashim export small.dump --format collapsed -o $name
    error "$name is the dump itself: name another file with -o"
    cmp small.dump copy
  done
}

@test "a file that is replaced keeps its rights, a link stays one" {
  echo old >real && chmod 640 real && ln -s real link
  arenashim export small.dump --format collapsed -o link
  expect '$status == 0 && -z $stderr'
  [[ -L link && $(stat -c %a real) == 640 ]] && grep -q 'demo+0x402020' real
  rm real
  arenashim export small.dump --format collapsed -o link # it leads nowhere yet
  expect '$status == 0 && -z $stderr'
  [[ -s link ]]
}

@test "pprof's bytes are nothing for a terminal, but for a pipe" {
  run --separate-stderr script -qec "'$TOOL' export small.dump --format pprof" /dev/null
  expect '$status == 2 && $output == "arenashim: pprof is no text for a terminal: name a file with -o, or use a pipe"*'
  "$TOOL" export small.dump --format pprof | gzip -t
}

@test "options that are wrong or missing" {
  arenashim export --format collapsed
  error '^arenashim export: name the FILE'
  arenashim export small.dump
  error '^arenashim export: say which --format: pprof, collapsed, dhat, heap, json, jsonl or speedscope'
  arenashim export small.dump --format svg
  error '--format=svg: use one of collapsed, dhat, heap, json, jsonl, pprof, speedscope'
  arenashim export small.dump --format collapsed --value size
  error '--value=size: use one of live, allocs, peak, bytes, waste'
  arenashim export --help
  expect '$status == 0 && $output == *"collapsed"*"--no-fold"*'
}

@test "damaged and missing parts" {
  local format
  { echo 'drop account'; cat "$HERE/small.txt"; } | dump d
  head -c -100 small.dump >cut
  head -c 50 small.dump >stub
  for format in "${formats[@]}"; do
    arenashim export d --format $format
    expect '$status == 2 && $stderr == *"d: its call sites are damaged or missing: copy or make the dump again"'
    arenashim export stub --format $format
    error 'stub'
    arenashim export cut --format $format -o out
    expect '$status == 0 && $stderr == *"\"call paths\" is cut off"* && -s out'
  done
  [[ $(grep -c '(no path)' out) == 1 ]]
}
