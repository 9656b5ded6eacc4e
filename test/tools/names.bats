# Function names: by symbol tables, never a wrong one; wrappers folded; equal paths merged.
load command

setup() {
  strip -g -o target "$TOOLS/target" # symbol tables alone: what debug information adds is in lines.bats
  id=$(readelf -n target | sed -n 's/.*Build ID: //p')
}

start_of() { nm target | awk -v n="$1" '$3 == n { print "0x" $1; exit }'; }
end_of() { nm -S target | awk -v n="$1" '$4 == n { print "0x" $1, "0x" $2; exit }' | { read -r a b; echo $((a + b)); }; }
in_function() { echo $(($(start_of "$1") + ${2:-5})); } # SYMBOL [OFFSET]

# paths FUNCTIONS...: each argument is a site, its frames innermost first, as SYMBOL or SYMBOL+OFFSET
paths() {
  local node=0 site=0 path frame
  echo "process tags=2 depth=8 unix_time=${TIME:-1700000000}"
  echo "module start=0x400000 end=0x800000 path=$PWD/target build_id=${ID-$id}"
  echo node
  for path; do
    local parent=0
    for frame in $path; do
      echo "node parent=$parent kind=1 module=1 address=$(in_function ${frame/+/ })"
      parent=$((++node))
    done
    echo "site node=$node"
    echo "account site=$site allocs=$((10 ** site)) live_bytes=$((10 ** site)) smallest=1 largest=1"
    site=$((site + 1))
  done
}

new=_Znwm parse=_ZN2ns6Parser5parseEi make=_ZN2ns6Parser4makeIiEEPT_S2_

@test "functions by name, C++ demangled, the innermost with its offset" {
  paths "$parse+7 main" "$make main+9" | dump d
  arenashim report d
  expect '$status == 0 && -z $stderr'
  is_row '1 0 1 9.1% 1 0.0% 0' 'ns::Parser::parse+0x7 < main'
  row 'ns::Parser::make<int>+0x5 < main' || row 'int* ns::Parser::make<int>+0x5 < main'
}

@test "a return address after a function's last call is that function's, not the next one's" {
  [[ -n $(end_of last_call) ]]
  paths "last_call+$(($(end_of last_call) - $(start_of last_call)))" | dump d
  arenashim report d
  expect '$output == *"  last_call+0x"*'
}

@test "wrappers are folded and what is equal then is one row; --no-fold shows them" {
  paths "xmalloc $new $make main" "$new $make main+9" "xmalloc my_wrapper $parse main" | dump d
  arenashim report d
  expect '$(grep -c "make<int>" <<<"$output") == 1 && $output != *xmalloc* && $output != *operator*'
  expect '$output == *"my_wrapper+0x5 < ns::Parser::parse < main"*'
  [[ $(grep 'make<int>' <<<"$output" | awk '{ print $1, $3 }') == '11 11' ]]
  arenashim report d --no-fold
  expect '$output == *"xmalloc+0x5 < operator new < "*"make<int> < main"*'
  expect '$(grep -c "make<int>" <<<"$output") == 2'
}

@test "--fold adds a name, or a beginning" {
  paths "xmalloc my_wrapper $parse main" | dump d
  for name in my_wrapper 'my_wr*'; do
    arenashim report d --fold "$name"
    expect '$output == *"  ns::Parser::parse+0x5 < main"*'
  done
}

@test "a path of wrappers alone shows the outermost" {
  paths "xmalloc $new" | dump d
  arenashim report d
  expect '$output == *"  operator new+0x5"*'
}

@test "two call sites in one function are two rows; two callers' lines are one" {
  paths "$parse+4 main" "$parse+8 main" "$parse+4 main+9" | dump d
  arenashim report d
  expect '$(grep -c "parse+0x" <<<"$output") == 2'
  [[ $(grep 'parse+0x4' <<<"$output" | awk '{ print $1 }') == 101 ]]
}

@test "another build: module+offset and a warning, never a name" {
  ID=0123abcd paths "$parse main" | dump d
  arenashim report d
  expect '$status == 0 && $output != *parse* && $output == *"target+0x4"*'
  expect '$(wc -l <<<"$stderr") == 1'
  expect '$stderr == "arenashim: warning: "*"/target: it is another build than the one that ran (build-ids differ)"*'
}

@test "a file without a build-id is believed only when it is older than the dump" {
  objcopy --remove-section .note.gnu.build-id target
  ! readelf -n target | grep -q 'Build ID'
  ID='' TIME=2000000000 paths "$parse main" | dump d
  touch -d @1999999999 target
  arenashim report d
  expect '$output == *"ns::Parser::parse+0x5 < main"* && -z $stderr'
  touch -d @2000000001 target
  arenashim report d
  expect '$output != *parse* && $stderr == *"newer than the dump"*'
}

@test "missing, foreign and strange files: module+offset" {
  paths "$parse main" | dump d
  rm target
  arenashim report d
  expect '$status == 0 && $output == *"target+0x4"* && $stderr == *"2 of 2 addresses are in files that are not here ($PWD/target): "*'
  echo text >target
  arenashim report d
  expect '$status == 0 && $stderr == *"it is not an ELF file"* && $output == *"target+0x4"*'
  rm target && mkfifo target
  arenashim report d
  expect '$status == 0 && $stderr == *"it is not a regular file"*'
}

@test "a relative path leads from the current directory, if the build-id tells that it is the file" {
  paths "$parse main" | sed "s|path=$PWD/target|path=lib/../target|" | dump d
  mkdir lib
  arenashim report d
  expect '$status == 0 && -z $stderr && $output == *"  ns::Parser::parse+0x5 < main"*'
  cp "$TOOLS/make_dump" target
  arenashim report d
  expect '$output == *"target+0x4"* && $stderr == *"lib/../target: it is another build than the one that ran"*'
  rm target
  arenashim report d
  expect '$(wc -l <<<"$stderr") == 1 && $output == *"target+0x4"*'
  expect '$stderr == *"lib/../target: its path is relative, and leads nowhere from here (run this where the program ran): its functions are shown as target+offset"*'
  strip -g -o target "$TOOLS/target"
  objcopy --remove-section .note.gnu.build-id target
  ID='' TIME=4000000000 paths "$parse main" | sed "s|path=$PWD/target|path=./target|" | dump d
  arenashim report d
  expect '$output == *"target+0x4"* && $stderr == *"./target: its path is relative, and it has no build-id to compare"*'
}

# loads FLAGS...: describes loads of one library; each called the same function, once, twice, four times...
loads() {
  local i=0 base flags
  printf '%s\n' 'process tags=2 depth=8' node
  for flags; do
    base=$((0x7f0000000000 + (i + 1) * 0x1000000))
    printf '%s\n' "module start=$((base + 0x400000)) end=$((base + 0x800000)) bias=$base path=${LIBRARY-$PWD/target} build_id=$id flags=$flags" \
      "node kind=1 module=$((i + 1)) address=$((base + $(in_function $parse)))" "site node=$((i + 1))" \
      "account site=$i allocs=$((1 << i)) live_bytes=$((1 << i)) live_objects=1 live_rounded=16"
    i=$((i + 1))
  done
}

# frames: how many an export to json, or a page, on stdin has.
frames() {
  /usr/bin/python3 -c 'import json, re, sys
text = sys.stdin.read()
page = re.search("id=\"data-frames\">(.*)</script>", text)
print(len(json.loads(page[1])["function"] if page else json.loads(text)["frames"]))'
}

@test "a library that is loaded again and again is one module, and its calls are one row" {
  local library command
  for library in "$PWD/target" /nowhere/target; do # with names and without
    LIBRARY=$library loads 1 1 1 | dump d
    for command in report leaks waste tree; do
      arenashim $command d
      expect '$status == 0 && $(grep -cE "(ns::Parser::parse|target)[+]0x" <<<"$output") == 1'
    done
    arenashim report d --by module
    is_row '7 0 7 100.0% 0 0.0% 41' 'target (unloaded)'
    [[ $("$TOOL" html d -o - 2>/dev/null | frames) == 1 && $("$TOOL" export d --format json 2>/dev/null | frames) == 1 ]]
    [[ $("$TOOL" export d --format heap 2>/dev/null | grep -o '@ 0x.*' | sort -u | wc -l) == 1 ]]
  done
  loads 1 0 1 | dump d
  arenashim report d --by module
  is_row '7 0 7 100.0% 0 0.0% 41' target
}

@test "another build, other addresses in the file, no path: not loads of one library" {
  local change
  for change in build_id=/build_id=00 end=/end=9 path=.*target/path=; do
    loads 1 1 | awk -v from="${change%%/*}" -v to="${change#*/}" '/^module/ && n++ { sub(from, to) } 1' | dump d
    arenashim report d --by module
    expect '$status == 0 && $(grep -c unloaded <<<"$output") == 2'
  done
  LIBRARY='' loads 1 1 | dump d
  arenashim report d --by module
  expect '$status == 0 && $(grep -c unloaded <<<"$output") == 2'
}

@test "a stripped file gives the names it still has, and no nearest ones" {
  strip target
  paths_dump=$(cp "$TOOLS/target" target && paths "$parse main")
  dump d <<<"$paths_dump"
  strip target
  arenashim report d
  expect '$status == 0 && $output != *parse* && $output == *"target+0x4"*'
}

@test "a cut ELF file: no crash" {
  paths "$parse main" | dump d
  for size in 10 64 1000 4096 8000 12000 15000; do
    head -c "$size" "$TOOLS/target" >target
    arenashim report d
    expect '$status == 0'
  done
}

@test "the vdso and addresses without a module" {
  printf '%s\n' 'process tags=2' 'module start=0x7ff000 end=0x7ff800 bias=0x7ff000 path=[vdso]' node \
    'node kind=1 module=1 address=0x7ff123' 'node kind=1 address=0xdeadbeef' 'site node=1' 'site node=2' \
    'account allocs=1' 'account site=1 allocs=1' | dump d
  arenashim report d
  expect '$output == *"  [vdso]+0x123"* && $output == *"  0xdeadbeef"*'
}
