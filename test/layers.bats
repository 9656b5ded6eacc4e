# The layout shows the architecture: includes and calls run one way, and each outside contact has one place.
cd "$BATS_TEST_DIRNAME/.." || exit
. test/layers.bash

# Lower first; a file includes only what stands before it (its own header apart), and calls nothing else.
order=(arch base os text foreign check pieces range heap_counts slab tag tag_sums life account mail block heap_state fault heap_budget
  heap_memory list_turns heap_list heap_valid heap_life heap_collect heap_visit heap_thread heap_pair heap_refill heap_tag heap heap_stats heap_fork heap_recount)

rank() { # NAME
  local i
  for i in "${!order[@]}"; do [[ ${order[i]} != "$1" ]] || { echo "$i"; return; }; done
  echo -1
}

@test "arena/ includes run one way" {
  local file name header
  for file in arena/*.[ch]; do
    name=$(basename "${file%.*}")
    [[ $name != region* && $name != arena && $name != attach ]] || continue
    (($(rank "$name") >= 0)) || { echo "$file has no place in the order"; return 1; }
    for header in $(sed -nE 's/^#include "([a-z_]+)\.h"$/\1/p' "$file"); do
      [[ $header != "$name" ]] || continue
      (($(rank "$header") >= 0 && $(rank "$header") < $(rank "$name"))) || { echo "$file includes $header.h"; return 1; }
    done
  done
}

@test "arena/ calls run one way" {
  local name built=${SHIM:-build/libarenashim.so}
  built=${built%/*}/arena
  for name in "${order[@]}"; do
    [[ ! -f arena/$name.c ]] || echo "$name $built/$name.o"
  done | upward_calls
  call_circle "$built"/region*.o
}

@test "arena/ includes nothing of shim/, the regions nothing of the heap" {
  ! grep -nE '#include "(\.\./|shim)' arena/*.[ch]
  for header in shim/*.h shim/*/*.h; do
    ! grep -nF "#include \"${header##*/}\"" arena/*.[ch] || return 1
  done
  ! grep -nE '#include "(heap|range|slab|os|text)' arena/region*.[ch] arena/arena.h
}

@test "the heap knows no environment, no stdio, no jemalloc, no unwinder" {
  local heap
  heap=$(printf 'arena/%s.[ch] ' "${order[@]}")
  # shellcheck disable=SC2086
  ! grep -nE 'stdio\.h|getenv|environ|jep_|unwind\.h|pthread' $heap
}

# The shim: which parts a part may include and call, next to itself; arena/ is below them all.
declare -gA below=(
  [base]='' [callsite]='base' [jemalloc]='base' [alloc]='jemalloc callsite base'
  [stats]='alloc jemalloc callsite base' [report]='stats alloc jemalloc callsite base'
  [process]='report stats alloc jemalloc callsite base' [api]='report stats alloc jemalloc callsite base')

# may_use PART OTHER
may_use() { [[ $1 == "$2" || $2 == arena || $2 == shim || " ${below[$1]} " == *" $2 "* ]]; }

@test "shim/ includes run down only, and no two headers have one name" {
  local file header part
  declare -A of
  for file in arena/*.h shim/*.h shim/*/*.h; do
    header=${file##*/} part=${file%/*}
    [[ -z ${of[$header]:-} ]] || { echo "two headers are called $header"; return 1; }
    of[$header]=${part#shim/}
  done
  while IFS=: read -r file header; do
    header=${header#*\"} header=${header%\"*} part=${file%/*} part=${part#shim/}
    may_use "$part" "${of[$header]}" || { echo "$file includes $header of ${of[$header]}/"; return 1; }
  done < <(grep -H '^#include "' shim/*/*.[ch])
  ((${#of[@]} > 60))
}

# "FILE FILE SYMBOL" a line: what a file of the shim calls, or reads, of another; libc's own names, which base/own_*.c
# define, apart; and those that the linker binds to own_calls.c though api/mmap.c exports them (Makefile, OWN_WRAPPED).
uses() {
  calls_between build/shim/*/*.o build/arena/[!r]*.o | grep '^build/shim' | grep -v '^[^ ]* [^ ]*/own_[a-z]*\.o ' |
    grep -vE ' build/shim/api/mmap\.o (mmap|munmap|mremap)$'
}

@test "shim/ calls run down only" {
  local from to symbol count=0
  while read -r from to symbol; do
    from=${from#build/shim/} to=${to#build/} to=${to#shim/}
    may_use "${from%%/*}" "${to%%/*}" || { echo "shim/$from calls $symbol of $to"; return 1; }
    count=$((count + 1))
  done < <(uses)
  ((count > 300))
}

@test "no two files of the shim call each other, not by way of others either" {
  uses | awk '{ print $1, $2 }' | tsort >"$BATS_TEST_TMPDIR/order" 2>"$BATS_TEST_TMPDIR/loops"
  [[ ! -s $BATS_TEST_TMPDIR/loops ]] || { cat "$BATS_TEST_TMPDIR/loops"; return 1; }
  (($(wc -l <"$BATS_TEST_TMPDIR/order") > 60))
}

@test "jemalloc's entries are declared in one header" {
  ! grep -nE '^extern.*jep_' shim/*.h shim/*/*.[ch] | grep -v '^shim/jemalloc/jemalloc.h'
}

@test "jemalloc is used where requests are served, figures read and its own API passed on" {
  [[ $(grep -lE '\bjep_' shim/*/*.c | cut -d/ -f2 | uniq | tr '\n' ' ') == "alloc api jemalloc " ]]
  [[ $(grep -lE '\bjep_' shim/api/*.c | tr '\n' ' ') == "shim/api/jemalloc_api.c shim/api/thread_counters.c " ]]
}

@test "libunwind is used in one file, and linked by none" {
  [[ $(grep -l 'libunwind\.h' arena/*.[ch] shim/*/*.[ch]) == shim/callsite/unwinder.c ]]
  ! grep -n 'lunwind' Makefile
}

# The command: commands stand side by side on what they share.
shared=(base record dump names sites merge) commands=(view export html run top attach metrics)

# may_include PART OTHER
may_include() {
  local all=" ${shared[*]} "
  [[ $1 != "$2" ]] || return 0
  [[ " ${commands[*]} " != *" $1 "* ]] || { [[ $all == *" $2 "* ]]; return; }
  [[ "${all%% "$1" *} " == *" $2 "* ]]
}

@test "tools/ includes run one way, and no command knows another's parts" {
  local file header part
  declare -A of
  for file in tools/*/*.h; do
    header=${file##*/} part=${file%/*}
    [[ -z ${of[$header]:-} ]] || { echo "two headers are called $header"; return 1; }
    of[$header]=${part#tools/}
  done
  while IFS=: read -r file header; do
    header=${header#*\"} header=${header%\"*} part=${file%/*} part=${part#tools/}
    [[ $header != */* ]] || continue
    may_include "$part" "${of[$header]}" || { echo "$file includes $header of ${of[$header]}/"; return 1; }
  done < <(grep -H '^#include "' tools/*/*.[ch])
  ((${#of[@]} > 40))
}

@test "no file of tools/ is in a circle, by includes or by calls" {
  local sources=(tools/*.c tools/*/*.c) objects
  objects=("${sources[@]/%.c/.o}")
  test/circles.py tools/*.[ch] tools/*/*.[ch]
  test/circles.py "${objects[@]/#/build/}" # not all there are: some may be of files that left
  ((${#sources[@]} > 90))
}

@test "circles.py sees a circle of calls, one of includes, and no other" {
  cd "$BATS_TEST_TMPDIR" || return
  local circles=$BATS_TEST_DIRNAME/circles.py
  echo 'int b(void); static int own(void) { return 1; } int a(void) { return b() + own(); }' >a.c
  echo 'int c(void); int puts(const char *); int b(void) { puts(""); return c(); }' >b.c
  echo 'int a(void); static int own(void) { return 2; } int c(void) { return own(); } int more(void) { return a(); }' >c.c
  echo 'int a(void); int main(void) { return a(); }' >main.c
  gcc -c ./*.c
  run "$circles" ./*.o
  [[ $status == 1 ]]
  [[ $output == "$(printf '%s\n' 'circle: ./a.o ./b.o ./c.o' '  ./a.o -> ./b.o: b' '  ./b.o -> ./c.o: c' '  ./c.o -> ./a.o: a' \
    'files=4 needs=4 circles=1')" ]] || { echo "$output"; return 1; }
  run "$circles" ./a.o ./b.o ./main.o
  [[ $status == 0 && $output == 'files=3 needs=2 circles=0' ]]
  touch a.h c.h && echo '#include "a.h"' >b.h
  echo '#include "b.h"' >a.c
  run "$circles" ./*.[ch]
  [[ $status == 1 && $output == *'circle: ./a ./b'*'./a -> ./b: b.h'* && $output != *./c* ]]
  run "$circles" nowhere.o
  [[ $status == 2 ]]
}

@test "at the top stand the parts, README, Makefile and licences, and no file that a run has left" {
  run git ls-files
  [[ $status == 0 ]] || skip "not a git checkout"
  output=$(grep -v '^\.' <<<"$output" | sed 's,/.*,/,' | LC_ALL=C sort -u | tr '\n' ' ')
  [[ $output == "LICENSE LICENSE.jemalloc Makefile README.md arena/ shim/ test/ tools/ " ]] || { echo "$output"; return 1; }
}
