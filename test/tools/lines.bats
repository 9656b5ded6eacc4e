# Source lines and inlined functions, from wherever debug information is; never those of another build.
load command

setup() {
  TOOL=$TOOLS/arenashim # the build with sanitizers
  unset DEBUGINFOD_URLS
  cp "$TOOLS/target" target
  id=$(readelf -n target | sed -n 's/.*Build ID: //p')
  stack target my_wrapper reader
}

# after_calls CALLEE CALLER FILE: the return addresses of such calls.
after_calls() {
  objdump -d --disassemble="$2" "$3" | awk -v callee="<$1>" '
    found { sub(":", "", $1); print "0x" $1; found = 0 } /call/ && index($0, callee) { found = 1 }'
}
after_call() { after_calls "$@" | head -n 1; }

# stack FILE CALLEE CALLER: writes the dump d: CALLEE's caller, and main.
stack() {
  local inner main
  inner=$(after_call "$2" "$3" "$1") main=$(after_call "${4:-reader}" main "$1")
  [[ $inner && $main ]] || { echo "no call of $2 in $3"; return 1; }
  printf '%s\n' 'process tags=2 depth=8 unix_time=1700000000 host=box' \
    "module start=0x400000 end=0x800000 path=$PWD/$1 build_id=$id" node \
    "node kind=1 module=1 address=$inner" "node parent=1 kind=1 module=1 address=$main" 'site node=2' \
    'account allocs=1 live_bytes=5 smallest=5 largest=5' | dump d
}

line() { grep -n "// line $1\$" "$HERE/target.cc" | cut -d: -f1; }

# shows TEXT [OPTION...]: the one path of d is shown so, without a word on stderr.
shows() {
  arenashim report d "${@:2}"
  expect '$status == 0 && -z $stderr' && row "$1" >/dev/null
}
whole="ns::(anonymous namespace)::take (target.cc:$(line take)) < ns::token < reader < main"

# parted [FILE]: the debug information goes to a file, and of the symbols nothing stays.
parted() {
  objcopy --only-keep-debug target "${1:-apart}"
  strip target
}
by_id() { mkdir -p "$1/.build-id/${id:0:2}" && echo "$1/.build-id/${id:0:2}/${id:2}.debug"; }

@test "each inlined function is a frame; the first of the program's own has its line" {
  shows "$whole"
}

@test "folding goes by inlined frames, too" {
  shows "ns::token (target.cc:$(line token)) < reader < main" --fold 'ns::(anonymous*'
  shows "reader (target.cc:$(line reader)) < main" --fold 'ns::*'
  shows 'reader '"(target.cc:$(line reader))" --fold 'ns::*' --fold main --fold reader ||
    shows "main (target.cc:$(grep -n 'reader(2)' "$HERE/target.cc" | cut -d: -f1))" --fold 'ns::*' --fold main --fold reader
  arenashim export d --format collapsed
  [[ $output == 'main;reader;ns::token;ns::(anonymous namespace)::take 5' ]]
}

@test "calls of one line are one row, those of two lines are two" {
  local parse=_ZN2ns6Parser5parseEi start
  start=$((16#$(nm target | awk -v n=$parse '$3 == n { print $1 }')))
  sites() { # ADDRESS...
    echo "module start=0x400000 end=0x800000 path=$PWD/target build_id=$id"
    echo node
    for a; do printf 'node kind=1 module=1 address=%d\n' "$a"; done
    for ((i = 0; i < $#; i++)); do printf 'site node=%d\naccount site=%d allocs=1 live_bytes=1\n' $((i + 1)) "$i"; done
  }
  { echo 'process tags=2'; sites $((start + 5)) $((start + 9)) "$(after_call my_wrapper reader target)"; } | dump d
  arenashim report d
  [[ $(row "ns::Parser::parse (target.cc:14)") == '2 '* && $(grep -c 'target.cc:' <<<"$output") == 2 ]]
  arenashim report d --by function
  [[ $(row "ns::Parser::parse (target.cc)") == '2 '* && $(grep -c '(target.cc)' <<<"$output") == 2 ]]
}

@test "a debug file by build-id, in --debug-dir" {
  parted
  arenashim report d
  expect '$output == *"target+0x4"* && $output != *reader*'
  mv apart "$(by_id debug)"
  shows "$whole" --debug-dir debug
  shows "$whole" --debug-dir /usr --debug-dir "$PWD/debug"
}

@test "a debug file by .gnu_debuglink: beside the file, in .debug, in --debug-dir" {
  parted target.debug
  objcopy --add-gnu-debuglink=target.debug target
  shows "$whole"
  mkdir .debug && mv target.debug .debug
  shows "$whole"
  mkdir far && mv .debug/target.debug far
  shows "$whole" --debug-dir far
}

@test "a debug link whose checksum differs is not followed" {
  objcopy --remove-section .note.gnu.build-id target && id='' && touch -d @1600000000 target
  stack target my_wrapper reader
  parted target.debug
  objcopy --add-gnu-debuglink=target.debug target && touch -d @1600000000 target
  shows "$whole"
  printf x >>target.debug
  arenashim report d
  expect '$status == 0 && $output != *reader* && $output == *"target+0x4"*'
}

@test "the debug file alone, where the file itself is missing or another build" {
  parted
  mv apart "$(by_id debug)"
  rm target
  shows "$whole" --debug-dir debug
  cp "$TOOLS/make_dump" target
  shows "$whole" --debug-dir debug
}

@test "the debug file of another build: a warning, never its names" {
  parted
  cp "$TOOLS/make_dump" "$(by_id debug)"
  arenashim report d --debug-dir debug
  expect '$status == 0 && $output == *"target+0x4"* && $(wc -l <<<"$stderr") == 1'
  expect '$stderr == *"warning: $(by_id debug): it is not the debug file of the build that ran (build-ids differ): it is not used"*'
}

@test "--sysroot: the files of a copy of the other machine" {
  mkdir -p "root$PWD" && mv target "root$PWD"
  arenashim report d
  expect '$output == *"target+0x4"*'
  shows "$whole" --sysroot root
}

@test "directories that aren't there or can't be searched" {
  arenashim report d --sysroot nowhere
  error '--sysroot nowhere: No such file or directory: name a directory that can be read'
  arenashim report d --debug-dir target
  error '--debug-dir target: Not a directory: name a directory that can be read'
  mkdir a:b
  arenashim report d --debug-dir a:b
  error '--debug-dir a:b: a name with a colon can.t be searched: use a link to it'
  local many=()
  for _ in {1..17}; do many+=(--debug-dir .); done
  arenashim export d --format collapsed "${many[@]}"
  error '--debug-dir .: no more than 16 can be searched'
}

@test "a module that was unloaded is named from its file" {
  local inner
  inner=$(after_call my_wrapper reader target)
  printf '%s\n' 'process tags=2' \
    "module start=0x7f0000400000 end=0x7f0000800000 bias=0x7f0000000000 path=$PWD/target build_id=$id flags=1" \
    "module start=0x7f0000000000 end=0x7f0000800000 path=/nowhere build_id=00" node \
    "node kind=1 module=1 address=$((inner + 0x7f0000000000))" 'site node=1' 'account allocs=1' | dump d
  shows "ns::(anonymous namespace)::take (target.cc:$(line take)) < ns::token < reader"
}

@test "compressed, split (-gsplit-dwarf), and clang's debug information" {
  local flags
  objcopy --compress-debug-sections target
  shows "$whole"
  for flags in 'g++ -gdwarf-4' 'g++ -gdwarf-5 -gsplit-dwarf' 'g++ -gdwarf-4 -gsplit-dwarf' \
    'clang++ -gdwarf-4' 'clang++ -gdwarf-5' 'clang++ -gdwarf-5 -gsplit-dwarf'; do
    # shellcheck disable=SC2086
    ${flags%% *} -O0 -g -no-pie -Wl,--build-id -o target ${flags#* } "$HERE/target.cc" || return
    id=$(readelf -n target | sed -n 's/.*Build ID: //p')
    stack target my_wrapper reader
    shows "$whole" || { echo "$flags"; return 1; }
  done
}

@test "what dwz shared out, and never that of another build" {
  cp target other
  dwz -m common.dwz target other
  readelf -SW target | grep -q gnu_debugaltlink
  shows "$whole"
  cp "$TOOLS/target" common.dwz
  arenashim report d
  expect '$status == 0 && $output == *"reader+0x"*"< main"* && $output != *take*'
  expect '$stderr == *"the file that its debug information shares (.gnu_debugaltlink) is missing or of another build"*'
  rm common.dwz
  arenashim report d
  expect '$status == 0 && $output != *"(null)"*'
}

@test "symbols that were packed into .gnu_debugdata" {
  nm -f posix --defined-only target | awk '$2 == "T" || $2 == "t" { print $1 }' >keep
  objcopy -S --remove-section .gnu_debuglink --keep-symbols=keep target mini
  strip target
  xz mini
  objcopy --add-section .gnu_debugdata=mini.xz target
  arenashim report d
  expect '$status == 0 && -z $stderr'
  expect '$output == *"  reader+0x"*" < main"*'
}

@test "debuginfod: what a server has is fetched, and what it hasn't is done without" {
  parted
  mkdir -p "site/buildid/$id" && mv apart "site/buildid/$id/debuginfo"
  mkfifo port
  /usr/bin/python3 "$HERE/serve.py" site port 3>&- &
  server=$!
  export DEBUGINFOD_CACHE_PATH=$PWD/cache DEBUGINFOD_URLS=http://127.0.0.1:$(<port)
  shows "$whole"
  rm -r cache site/buildid
  arenashim report d
  expect '$status == 0 && $output == *"target+0x4"*'
  mkdir -p "site/buildid/$id" && cp "$TOOLS/make_dump" "site/buildid/$id/debuginfo" && rm -r cache
  arenashim report d
  expect '$status == 0 && $output == *"target+0x4"*'
  [[ $stderr == *"debuginfod's answer for target: it is not the debug file of the build that ran"* ]]
  kill $server
  rm -r cache
  arenashim report d
  expect '$status == 0 && $output == *"target+0x4"*'
}

@test "debug information that is damaged or cut: never a crash, and it is told" {
  /usr/bin/python3 "$HERE/damage.py" "$TOOLS/target" 40 | while read -r file; do
    arenashim report d
    mv "$file" target && arenashim report d
    [[ $status == 0 && $output == *total ]] || { echo "$file"; expect '$status == 0'; return 1; }
  done
}

@test "a dump of another machine: one line says how to get names" {
  frames() { # MODULE COUNT
    local i
    for ((i = 0; i < $2; i++)); do
      echo "node kind=1 module=$1 address=$((0x400100 + $1 * 0x1000000 + i * 16))"
    done
  }
  described() { # HERE AWAY
    printf '%s\n' 'process tags=2 depth=8 unix_time=1700000000' "module start=0x1400000 end=0x1800000 bias=0x1000000 path=$PWD/target build_id=$id" \
      'module start=0x2400000 end=0x2800000 bias=0x2000000 path=/away/libaway.so build_id=1234' node
    frames 1 "$1" && frames 2 "$2" && printf '%s\n' 'site node=1' 'account allocs=1'
  }
  described 20 30 | dump d
  arenashim report d
  expect '$status == 0 && $(wc -l <<<"$stderr") == 1'
  expect '$stderr == "arenashim: warning: 30 of 50 addresses are in files that are not here (/away/libaway.so): "*"--sysroot DIR"*"--debug-dir DIR"'
  described 1 1 | dump d
  rm target
  arenashim report d
  expect '$(wc -l <<<"$stderr") == 1'
  expect '$stderr == *": 2 of 2 addresses are in files that are not here ($PWD/target and 1 more): "*'
}

callers() {
  cp "$TOOLS/callers" callers
  written
}

# written: writes the dump d: make's calls by main in the file `callers`, one to four allocations each.
written() {
  local address node=1 site=0
  id=$(readelf -n callers | sed -n 's/.*Build ID: //p')
  {
    printf '%s\n' 'process tags=2 depth=8' "module start=0x400000 end=0x800000 path=$PWD/callers build_id=$id" node \
      "node kind=1 module=1 address=$(after_call malloc@plt make callers)"
    for address in $(after_calls make main callers); do
      printf '%s\n' "node parent=1 kind=1 module=1 address=$address" "site node=$((++node))" \
        "account site=$site allocs=$((++site)) bytes=$site live_bytes=$site"
    done
  } | dump d
}

caller_line() { grep -n "// line $1\$" "$HERE/callers.cc" | cut -d: -f1; }

@test "exports: each caller has the line of its own call" {
  local first second twice
  callers
  first=$(caller_line first) second=$(caller_line second) twice=$(caller_line twice)
  HOME=$PWD "$TOOL" export d --format pprof -o d.pb.gz
  HOME=$PWD go tool pprof -sample_index=alloc_objects -source_path="$TOP" -list '^main$' d.pb.gz >list 2>/dev/null
  [[ $(awk '$2 > 0 && $3 ~ /^[0-9]+:$/ { print $2, $3 }' list) == "1 $first:"$'\n'"2 $second:"$'\n'"7 $twice:" ]] || { cat list; return 1; }
  arenashim export d --format dhat
  [[ $(grep -o "main ([^)]*callers.cc:[0-9]*" <<<"$output" | sed 's/.*://' | xargs) == "$first $second $twice $twice" ]]
  arenashim export d --format json
  [[ $(/usr/bin/python3 -c 'import json, sys
print(*[f["line"] for f in json.load(sys.stdin)["frames"] if f["name"] == "main"])' <<<"$output") == "$first $second $twice $twice" ]]
}

@test "--lines: callers count by line, and show it" {
  local command first
  callers
  first=$(caller_line first)
  shows "make (callers.cc:$(caller_line malloc)) < main"
  for command in report leaks tree; do
    arenashim $command d --lines
    expect '$status == 0 && -z $stderr'
    [[ $(grep -o 'main (callers.cc:[0-9]*)' <<<"$output" | sort | uniq -c | xargs) == \
      "1 main (callers.cc:$first) 1 main (callers.cc:$((first + 1))) 1 main (callers.cc:$((first + 2)))" ]] || { echo "$output"; return 1; }
  done
  arenashim report d --lines
  is_row "7 0 7 70.0% 0 0.0% 0" "make (callers.cc:$(caller_line malloc)) < main (callers.cc:$(caller_line twice))"
}

# caller_of SOURCE TEXT: make stands in that source, and its caller, first in main.cc, is shown as TEXT.
caller_of() {
  sed 's|// line malloc||; s|^  return std::malloc|\n#line 7 "'"$1"'"\n&|; s|^int main|\n#line 50 "main.cc"\n&|' "$HERE/callers.cc" >made.cc
  g++ -O0 -g -no-pie -Wl,--build-id -o callers made.cc
  written
  arenashim report d
  expect '$status == 0 && -z $stderr' && grep -q "  make (${1##*/}:7) < $2\$" <<<"$output" || { echo "$1: $output"; return 1; }
}

@test "Rust's library is not the program's own, wherever its sources are said to be" {
  local source
  for source in /rustc/59807616e1fa/library/alloc/src/vec.rs /rust/deps/hashbrown-0.16.1/src/raw.rs library/alloc/src/raw_vec.rs \
    library/std/src/rt.rs /usr/src/rustc-1.63.0/library/core/src/ops.rs /home/me/.rustup/lib/rustlib/src/rust/library/core/src/ops.rs \
    /usr/include/x.h /opt/include/c++/v1/new; do
    caller_of $source 'main (main.cc:5[0-9])'
  done
  for source in library/alloc.c library/std/aes.c library/src/lib.rs library/own/src/lib.rs /home/me/rustc/a.rs /usr/src/app/a.rs; do
    caller_of $source main
  done
}
