# Wrong files and options: one line with cause and remedy, status 2. (damage_test does every byte and length.)
load command

setup() {
  TOOL=$TOOLS/arenashim # the build with sanitizers
  dump small.dump <"$HERE/small.txt"
}

patch() { # FILE OFFSET BYTE
  printf "\\x$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

@test "a file that cannot be read: the advice is about why" {
  mkdir dumps
  arenashim report dumps
  error "dumps: no NAME.dump and no NAME.record in this directory: name one that has some, or the files"
  arenashim report nowhere
  error "nowhere: can't be read: No such file or directory: name the file that .arenashim run. or ARENASHIM_DUMP made"
}

@test "files that can't be opened" {
  arenashim report nowhere.dump
  error 'nowhere.dump: can.t be read: No such file or directory: name the file'
  mkdir -p in/x.dump
  arenashim report in
  error 'no NAME.dump and no NAME.record in this directory'
}

@test "empty and foreign files" {
  : >empty
  arenashim report empty
  error 'empty: the file is empty: '
  echo '{ "json": 1 }' >foreign
  arenashim report foreign
  error 'foreign: not a dump: `arenashim run PROGRAM` or ARENASHIM_DUMP=FILE'
  arenashim report "$TOOL"
  error 'not a dump'
  printf 'a' >one
  arenashim report one
  error 'not a dump'
}

@test "cut within the header and the table" {
  for size in 1 8 39 40 100; do
    head -c "$size" small.dump >cut
    arenashim report cut
    error "cut short after $size bytes, within its header: copy or make it again"
  done
}

@test "cut later: what is whole is shown, with warnings" {
  head -c -800 small.dump >cut
  arenashim report cut --by class
  expect '$status == 0 && $stderr == *"warning: cut: cut short: "*'
  expect '$output == *"  112"*"  64"*'
  head -c -100 small.dump >cut
  arenashim report cut
  expect '$status == 0 && $stderr == *"its section \"call paths\" is cut off"*'
  expect '$output == *"(the tables were full)"* && $output == *"(no path)"*'
}

@test "a damaged section alone is left out" {
  patch small.dump "$(($(stat -c %s small.dump) - 40))" 55
  arenashim report small.dump --by arena
  expect '$status == 0 && $output == *"0 demo (threads: 3)"*'
  expect '$stderr == "arenashim: warning: small.dump: its section \"call paths\" is damaged"*'
}

@test "a section that is missing" {
  { echo 'drop account'; cat "$HERE/small.txt"; } | dump d
  arenashim report d --by site
  expect '$status == 2 && $stderr == *"\"accounts\" is missing"*"try another --by"*'
  arenashim report d
  expect '$status == 0 && $output == *"0 demo (threads: 3)"*'
}

@test "a damaged header" {
  patch small.dump 24 7
  arenashim report small.dump
  error 'its header is damaged: copy or make it again'
}

@test "a newer major version, and an older one" {
  { echo 'version 2.1'; cat "$HERE/small.txt"; } | dump new.dump
  arenashim report new.dump
  error 'a dump of version 2.1, and this command reads 1: use the arenashim command that belongs'
  { echo 'version 0.9'; cat "$HERE/small.txt"; } | dump old.dump
  arenashim report old.dump
  error 'a dump of version 0.9'
}

@test "indices that lead nowhere" {
  { cat "$HERE/small.txt"; echo 'account site=77 arena=66 allocs=1'; echo 'node parent=99 kind=1 module=9'; } | dump d
  arenashim report d
  expect '$status == 0 && $stderr == *"4 references in it lead nowhere"* && $output == *"(call site lost)"*'
}

# joints [LINE...]: a dump of two call sites whose outer frames stand in a tree of their own, main <- run <- work, and LINE.
joints() {
  {
    lines 'process pid=7 program=p tags=2 depth=64 live_objects=2 live_bytes=300' 'arena name=p' \
      'module start=0x400000 end=0x500000 bias=0x400000 path=p' node 'node kind=4 module=1 address=0x401111' \
      'node kind=4 parent=1 module=1 address=0x402222' 'node kind=4 parent=2 module=1 address=0x403333' \
      'node kind=1 module=1 address=0x404444' 'node kind=5 parent=4 address=3' 'node kind=5 parent=4 address=2' \
      'site node=5' 'account site=0 allocs=1 live_objects=1 live_bytes=100' \
      'site node=6' 'account site=1 allocs=1 live_objects=1 live_bytes=200' "$@"
  } | dump d
  arenashim export d --format collapsed
}
inner='p+0x4444'

@test "outer frames in a tree of their own: paths are whole; joints that lead elsewhere end them" {
  joints
  expect '-z $stderr && $output == "$(lines "p+0x1111;p+0x2222;p+0x3333;$inner 100" "p+0x1111;p+0x2222;$inner 200")"'
  local where
  # its own node, one behind it, an inner frame, another joint
  for where in 7 8 4294967297 4 5; do
    joints "node kind=5 parent=4 address=$where" 'site node=7' 'account site=2 allocs=1 live_objects=1 live_bytes=7'
    expect '$status == 0 && $stderr == *"d: 1 references in it lead nowhere"* && $output == *"$inner 7"*'
  done
  # the mark
  joints 'node kind=2 label="no unwind information"' 'node kind=4 parent=7 module=1 address=0x405555' \
    'node kind=5 parent=4 address=8' 'site node=9' 'account site=2 allocs=1 live_objects=1 live_bytes=7'
  expect '-z $stderr && $output == *"[no unwind information];p+0x5555;$inner 7"*'
  # a region that was created at an inner frame
  joints 'region name=r node=4 state=1'
  [[ $("$TOOL" export d --format json | /usr/bin/python3 -c 'import json, sys
d = json.load(sys.stdin)
print([d["frames"][i]["name"] for i in d["regions"][0]["path"]])') == "['$inner']" ]]
  # an outer frame is no place where a path can end
  joints 'site node=3' 'account site=2 allocs=1 live_objects=1 live_bytes=7'
  expect '$status == 0'
}

@test "an endless file that is no dump" {
  TOOL=$(dirname "$TOOLS")/../arenashim
  run --separate-stderr sh -c 'ulimit -v 100000; "$1" report /dev/zero' sh "$TOOL"
  error '/dev/zero: not a dump'
}

@test "bytes after the end" {
  echo >>small.dump
  arenashim report small.dump
  expect '$status == 0 && $stderr == *"1 bytes after its end are not read"*'
}

@test "a file as long as somebody wants costs no memory: of a dump, of a record" {
  TOOL=$(dirname "$TOOLS")/../arenashim
  env ARENASHIM_RECORD=killed.record LD_PRELOAD="$(dirname "$TOOL")/libarenashim.so" bash -c 'kill -KILL $$' || true
  truncate -s 200G small.dump killed.record
  for file in small.dump killed.record; do
    run --separate-stderr sh -c 'ulimit -v 400000; "$1" report "$2"' sh "$TOOL" "$file"
    expect '$status == 0 && $output == *" live "*'
  done
  [[ $stderr == '' ]]
}

@test "commands" {
  arenashim
  error 'which command\? .*--help'
  arenashim frobnicate
  error 'no command and no file is called "frobnicate": .*--help'
}

@test "options" {
  arenashim report
  error '^arenashim report: name the FILE'
  arenashim report small.dump --by heap
  error '--by=heap: use one of site, function, arena, class, module'
  arenashim report small.dump --sort size
  error '--sort=size: use one of live, peak, allocs, bytes, waste'
  for rows in -1 x 1x '' 99999999999999999999; do
    arenashim report small.dump -n "$rows"
    error 'give a number of rows, 0 for all'
  done
}

@test "options that a command doesn't have, could be several, or that lack an argument" {
  local rows='--rows (-n), --all, --exact' names='--fold, --no-fold, --sysroot, --debug-dir, --help' command legal
  while read -r command legal; do
    arenashim "$command" --bogus=3
    says "arenashim $command: --bogus: no such option: legal are $legal"
    arenashim "$command" -z small.dump
    says "arenashim $command: -z: no such option: legal are $legal"
  done <<END
run --output (-o), --tag (-t), --help
report --by, --sort, --value, --kind, --lines, $rows, $names
export --format, --value, --kind, --delta, --output (-o), $names
tree --value, --sort, --min, --kind, --lines, $rows, $names
arenas --sort, --value, $rows, $names
leaks --by, --sort, --value, --kind, --lines, $rows, $names
waste --by, --sort, --value, --lines, $rows, $names
diff --sort, --value, --kind, --lines, $rows, $names
check --max-live, --max-peak, --max-allocs, --baseline, --max-growth, --sum, --json, $rows, $names
html --value, --output (-o), $names
END
  arenashim tree small.dump -z
  says "arenashim tree: -z: no such option: legal are --value, --sort, --min, --kind, --lines, $rows, $names"
  arenashim report --no-fold -zn
  says "arenashim report: -z: no such option: legal are --by, --sort, --value, --kind, --lines, $rows, $names"
  arenashim report small.dump --so live
  expect '$status == 0'
  arenashim report small.dump --s live
  says 'arenashim report: --s: could be --sort or --sysroot: write more of it'
  arenashim tree small.dump --value
  says 'arenashim tree: --value: its argument is missing: write --value=live|peak|allocs|bytes|waste'
  arenashim tree small.dump -n
  says 'arenashim tree: -n: its argument is missing: write -n ROWS'
  arenashim run --tag
  says 'arenashim run: --tag: its argument is missing: write --tag=MODE'
  arenashim leaks --no-fold=3 small.dump
  says 'arenashim leaks: --no-fold=3: --no-fold takes no argument: write it alone'
  arenashim report -- -x
  error "^arenashim: -x: can't be read: No such file"
  arenashim tree '-?'
  expect '$status == 0 && $output == "Usage: "*'
}

@test "--help and --version" {
  arenashim --help
  expect '$status == 0 && $output == *"arenashim report FILE"*'
  arenashim --version
  expect '$status == 0 && $output =~ ^arenashim\ [0-9.]+$'
  arenashim report --help
  expect '$status == 0 && $output == *"--no-fold"*'
}

@test "an output that can't be written" {
  run --separate-stderr sh -c '"$1" report small.dump >/dev/full' sh "$TOOL"
  error 'the report could not be written'
}

@test "joints of a hostile dump, each to a thousand frames, cost memory that is bound; where it is short a line says so" {
  TOOL=$(dirname "$TOOLS")/../arenashim
  awk 'BEGIN {
    print "process pid=7 program=p tags=2 depth=8\narena name=p\nmodule start=0x400000 end=0x500000 bias=0x400000 path=p\nnode"
    for (i = 1; i <= 1000; i++) printf "node kind=4 parent=%d module=1 address=%d\n", i - 1, 4194304 + i
    for (i = 0; i < 20000; i++)
      printf "node kind=5 parent=0 address=1000\nsite node=%d\naccount site=%d allocs=1 live_objects=1 live_bytes=1\n", 1001 + i, i
  }' | dump hostile
  run --separate-stderr sh -c 'ulimit -v 700000; "$1" report -n 1 hostile' sh "$TOOL"
  expect '$status == 0 && $output == *" 20000 "*total*'
  # memory that is short ends in a line
  run --separate-stderr sh -c 'ulimit -v 100000; "$1" report hostile' sh "$TOOL"
  error 'out of memory'
}
