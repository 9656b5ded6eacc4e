# The call tree: frames merged from the outermost inwards, and numbers that add up.
load command

setup() {
  TOOL=$TOOLS/arenashim # the build with sanitizers
  dump small.dump <"$HERE/small.txt"
}

# tree ARG...: the rows of a tree with single blanks between their cells, in $rows.
tree() {
  arenashim tree "$@"
  expect '$status == 0 && -z $stderr'
  rows=$(sed '1,/^total\|^ *total  /d; /^$/,$d; s/^ *\([^ ]*\)  *\([^ ]*\)  *\([^ ]*\)  /\1 \2 \3 /' <<<"$output")
}

# shows ROW...: exactly these.
shows() {
  diff <(printf '%s\n' "$@") - <<<"$rows"
}

@test "frames from the outermost; a frame's only callee stands right below it" {
  tree small.dump
  shows '3100 100.0% 0 demo' '2100 67.7% 0 |- [level 3]' '2100 67.7% 2100 |  libgone.so+0x300' \
    '700 22.6% 700 |- (the tables were full)' '300 9.7% 0 `- demo+0x402020' '300 9.7% 300    demo+0x401010'
  expect '$output == *"live bytes by call, outermost first"* && $output == "demo, pid 77, at exit"*"3  stacks cut short"'
}

@test "each of the values; the peak is what was held at the process's" {
  tree small.dump --value peak
  shows '6000 100.0% 0 demo' '6000 100.0% 0 demo+0x402020' '6000 100.0% 6000 demo+0x401010'
  for value in live=3100 allocs=1065 bytes=50500 waste=6748; do
    tree small.dump --value "${value%=*}"
    [[ ${rows%%$'\n'*} == "${value#*=} 100.0% 0 demo" ]]
  done
}

# One path a line, outermost frame first, as letters, then its live bytes.
letters() {
  local line path i parent node=0 site=0
  printf '%s\n' 'process program=p tags=2' 'module start=1 end=256 path=x' node
  while read -r path bytes; do
    parent=0
    for ((i = ${#path} - 1; i >= 0; i--)); do
      printf 'node parent=%d kind=2 label=%s\n' $parent "${path:i:1}"
      parent=$((++node))
    done
    echo "site node=$parent"
    echo "account site=$((site++)) allocs=1 live_bytes=$bytes"
  done
}

@test "equal callers are one, recursion and calls within calls have rows of their own" {
  letters <<<$'ab 100\nabc 50\nabab 30\nb 20\nac 800' | dump d
  tree d
  shows '1000 100.0% 0 p' '980 98.0% 0 |- [a]' '800 80.0% 800 |  |- [c]' '180 18.0% 100 |  `- [b]' \
    '50 5.0% 50 |     |- [c]' '30 3.0% 0 |     `- [a]' '30 3.0% 30 |        [b]' '20 2.0% 20 `- [b]'
}

@test "below a frame that costs something itself its only callee is indented" {
  letters <<<$'a 10\nab 5\nabc 85' | dump d
  tree d
  shows '100 100.0% 0 p' '100 100.0% 10 [a]' '90 90.0% 5 `- [b]' '85 85.0% 85    `- [c]'
}

@test "what is small is one row, so that the numbers add up; nothing that costs nothing is shown" {
  letters <<<$'ab 100\nabc 50\nabab 30\nb 20\nac 800\nz 0' | dump d
  tree d --min 19
  shows '1000 100.0% 0 p' '980 98.0% 0 |- [a]' '800 80.0% 800 |  |- [c]' '180 18.0% 0 |  `- (1 more below 19%)' \
    '20 2.0% 0 `- (1 more below 19%)'
  tree d --min 2.5
  shows '1000 100.0% 0 p' '980 98.0% 0 |- [a]' '800 80.0% 800 |  |- [c]' '180 18.0% 100 |  `- [b]' \
    '50 5.0% 50 |     |- [c]' '30 3.0% 0 |     `- [a]' '30 3.0% 30 |        [b]' '20 2.0% 0 `- (1 more below 2.5%)'
}

@test "the head tells of paths that were cut, and of no others" {
  paths() { # DEPTH FRAMES
    local i parent=0
    printf '%s\n' "process program=p tags=2 depth=$1" 'module start=1 end=256 path=x' node
    for ((i = 0; i < $2; i++)); do
      printf 'node parent=%d kind=1 module=1 address=%d\n' $parent $((i + 2))
      parent=$((i + 1))
    done
    printf '%s\n' "node parent=$parent kind=2 label=far" "site node=$((parent + 1))" 'account allocs=1 live_bytes=1'
  }
  while read -r depth frames more; do
    paths "$depth" "$frames" | dump d
    for view in tree report 'report --by function' leaks; do
      # shellcheck disable=SC2086 # words
      arenashim $view d
      case $more in
        none) expect '$output != *"  cut  "*' ;;
        most) expect '${lines[4]} == "  cut      1 path, at $depth frames"' ;;
        *) expect '${lines[4]} == "  cut      1 path, at $depth frames; longer ones: ARENASHIM_TAG=$more"' ;;
      esac || return
    done
  done <<<$'3 2 none\n3 3 stack:64\n32 32 stack:64\n63 63 stack:64\n64 64 most'
  cut() { # DEPTH: how many paths of a real program's
    rm -f d
    ARENASHIM_TAG=stack:$1 ARENASHIM_DUMP=d LD_PRELOAD=$SHIM "$TOOLS/planted"
    arenashim tree d
    sed -n 's/^  cut  *\([0-9]*\) paths*, at .*/\1/p' <<<"$output"
  }
  # of five frames is also what main's callees asked for: whole, for _start is the fifth
  [[ $(cut 2) == 7 && $(cut 5) == 4 && -z $(cut 32) ]]
}

@test "-n limits the rows" {
  tree small.dump -n 2
  shows '3100 100.0% 0 demo' '2100 67.7% 0 |- [level 3]' '4 more rows: --all shows them'
}

@test "callers are one by function, the innermost by its place in it; wrappers are folded" {
  strip -g -o target "$TOOLS/target"
  local id main parse wrapper
  id=$(readelf -n target | sed -n 's/.*Build ID: //p')
  main=0x$(nm target | awk '$3 == "main" { print $1 }') parse=0x$(nm target | awk '$3 == "_ZN2ns6Parser5parseEi" { print $1 }')
  wrapper=0x$(nm target | awk '$3 == "xmalloc" { print $1 }')
  {
    printf '%s\n' "process program=t tags=2 depth=8 unix_time=1700000000" "module start=0x400000 end=0x800000 path=$PWD/target build_id=$id" node
    printf '%s\n' "node kind=1 module=1 address=$((wrapper + 4))" "node parent=1 kind=1 module=1 address=$((parse + 4))" \
      "node parent=2 kind=1 module=1 address=$((main + 4))" "site node=3" "account site=0 allocs=1 live_bytes=10"
    printf '%s\n' "node kind=1 module=1 address=$((parse + 8))" "node parent=4 kind=1 module=1 address=$((main + 9))" "site node=5" \
      "account site=1 allocs=10 live_bytes=20"
  } | dump d
  tree d
  expect '$rows =~ ^"30 100.0% 0 t"$'"'\n'"'"30 100.0% 0 main"$'"'\n'"'"20 66.7% 20 |- ns::Parser::parse"[^$'"'\n'"']+$'"'\n'"'"10 33.3% 10 \`- ns::Parser::parse"'
  tree d --no-fold
  [[ $rows == *xmalloc* ]]
}

@test "a sampled dump's numbers are marked" {
  { sed 's/tags=2/tags=2 sample_bytes=1000/' "$HERE/small.txt"; } | dump d
  tree d -n 2
  [[ $rows == '~3100 100.0% ~0 demo'* ]]
}

@test "on a terminal: lines fit its width, frames are drawn where they can be" {
  letters <<<$'ab 100\nabc 50\nababababababababababababababababababab 30\nac 800' | dump d
  for width in 40 80; do
    LC_ALL=C.UTF-8 terminal $width tree d
    fits $width
  done
  [[ $output == *'├─ [a]'* || $output == *'├─ [c]'* ]]
  LC_ALL=C terminal 80 tree d
  [[ $output == *'|- '* ]]
}

@test "a path as deep as paths may be" {
  {
    printf '%s\n' 'process program=p tags=2' node
    for ((i = 0; i < 1100; i++)); do echo "node parent=$i kind=1 address=$((i % 7 + 1))"; done
    for ((i = 1; i < 1000; i += 3)); do printf 'site node=%d\naccount site=%d allocs=1 live_bytes=5\n' $i $((i / 3)); done
  } | dump d
  arenashim tree d --min 0 -n 0
  expect '$status == 0'
}

@test "wrong options and dumps" {
  arenashim tree
  says 'arenashim tree: name the FILE that `arenashim run` or ARENASHIM_DUMP made'
  arenashim tree small.dump --value size
  says 'arenashim tree: --value=size: use one of live, peak, allocs, bytes, waste'
  for percent in x -1 5x '' nan inf; do
    arenashim tree small.dump "--min=$percent"
    says "arenashim tree: --min=$percent: give a percentage, such as 5 or 2.5"
  done
  arenashim tree small.dump --min 100
  expect '$status == 0'
  arenashim tree small.dump --min 100.5
  says 'arenashim tree: --min=100.5: give a percentage of the whole, 100 at most'
  dump off.dump <<<$'process pid=5'
  arenashim tree off.dump
  says 'arenashim: off.dump: call sites were not recorded: run the program with ARENASHIM_TAG=stack:8'
  run --separate-stderr sh -c '"$1" tree small.dump >/dev/full' sh "$TOOL"
  says 'arenashim: the report could not be written: check where its output goes'
  arenashim tree --help
  expect '$status == 0 && $output == *"--min=PERCENT"*"--no-fold"*'
}

@test "a damaged dump is shown as far as it is whole" {
  head -c -100 small.dump >cut
  arenashim tree cut
  expect '$status == 0 && $stderr == *"\"call paths\" is cut off"* && $output == *"2400   77.4%  2400  |- (no path)"*'
  { echo 'drop account'; cat "$HERE/small.txt"; } | dump d
  arenashim tree d
  expect '$status == 2 && $stderr == *"d: its call sites are damaged or missing: copy or make the dump again"'
}
