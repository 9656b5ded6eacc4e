# The layout shows the architecture: includes and calls run one way, and each outside contact has one place.
cd "$BATS_TEST_DIRNAME/.." || exit
. test/layers.bash

# Lower first; a file includes only what stands before it (its own header apart), and calls nothing else.
order=(arch base os text foreign check range slab tag account mail block heap_state fault heap_memory heap_list
  heap_valid heap_collect heap_thread heap_refill heap_tag heap heap_stats heap_fork)

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
  ! grep -nE '#include "\.\./|#include "shim' arena/*.[ch]
  ! grep -nE '#include "(heap|range|slab|os|text)' arena/region*.[ch] arena/arena.h
}

@test "the heap knows no environment, no stdio, no jemalloc, no unwinder" {
  local heap
  heap=$(printf 'arena/%s.[ch] ' "${order[@]}")
  # shellcheck disable=SC2086
  ! grep -nE 'stdio\.h|getenv|environ|jep_|unwind\.h|pthread' $heap
}

@test "jemalloc's entries are declared in one header" {
  ! grep -nE '^extern.*jep_' shim/*.[ch] | grep -v '^shim/large.h'
}

@test "jemalloc is used in the files that say so" {
  [[ $(grep -lE '\bjep_' shim/*.c | tr '\n' ' ') == "shim/entry.c shim/jemalloc_api.c shim/large.c shim/large_spare.c shim/large_thread.c shim/resize.c shim/shelf.c shim/straight.c shim/tagged.c shim/thread_counters.c " ]]
}

@test "libunwind is used in one file, and linked by none" {
  [[ $(grep -l 'libunwind\.h' arena/*.[ch] shim/*.[ch]) == shim/unwinder.c ]]
  ! grep -n 'lunwind' Makefile
}

# The command: commands stand side by side on what they share.
shared=(base dump names sites) commands=(view export html run)

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

@test "at the top stand the parts, README, Makefile and licences, and no file that a run has left" {
  run git ls-files
  [[ $status == 0 ]] || skip "not a git checkout"
  output=$(grep -v '^\.' <<<"$output" | sed 's,/.*,/,' | LC_ALL=C sort -u | tr '\n' ' ')
  [[ $output == "LICENSE LICENSE.jemalloc Makefile README.md arena/ shim/ test/ tools/ " ]] || { echo "$output"; return 1; }
}
