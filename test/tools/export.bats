# Exports: what other tools read, to the digit, from dumps whose figures are known.
load common

setup() {
  TOOL=$TOOLS/arenashim # the build with sanitizers
  dump small.dump <"$HERE/small.txt"
}

# exported VALUE: the collapsed lines of small.dump.
exported() {
  arenashim export small.dump --format collapsed --value "$1"
  expect '$status == 0 && -z $stderr'
}
lines() { printf '%s\n' "$@"; }

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

@test "outputs that can't be written" {
  arenashim export small.dump --format collapsed -o /nowhere/out
  error '/nowhere/out can.t be written: No such file or directory: name another file'
  arenashim export small.dump --format collapsed -o /dev/full
  error '/dev/full could not be written: No space left on device'
  run --separate-stderr sh -c '"$1" export small.dump --format collapsed >/dev/full' sh "$TOOL"
  error 'the output could not be written: No space left on device'
}

@test "options that are wrong or missing" {
  arenashim export --format collapsed
  error 'export: name the FILE'
  arenashim export small.dump
  error 'export: say which --format'
  arenashim export small.dump --format svg
  error '--format=svg: use one of collapsed'
  arenashim export small.dump --format collapsed --value size
  error '--value=size: use one of live, allocs, peak, bytes, waste'
  arenashim export small.dump other --format collapsed
  error 'one FILE at a time'
  arenashim export --help
  expect '$status == 0 && $output == *"collapsed"*"--no-fold"*'
}

@test "damaged and missing parts" {
  { echo 'drop account'; cat "$HERE/small.txt"; } | dump d
  arenashim export d --format collapsed
  expect '$status == 2 && $stderr == *"d: its call sites are damaged or missing: copy or make the dump again"'
  head -c -100 small.dump >cut
  arenashim export cut --format collapsed
  expect '$status == 0 && $stderr == *"\"call paths\" is cut off"* && $output == *"(no path) "*'
}
