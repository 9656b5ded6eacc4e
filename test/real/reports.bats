# What the command says of real programs: functions that are known to ask for memory, numbers that are
# known, sums that add up, and each report in less than two seconds of the processor.
load compare

DEMO=$TOP/test/demo

# watched [NAME=VALUE...] -- COMMAND...: `arenashim run`, which leaves the dump d, and others beside it; what it says in $said.
watched() {
  local variables=()
  while [[ $1 != -- ]]; do variables+=("$1"); shift; done
  run_in . '' env "${variables[@]}" "$TOOL" run -o "$PWD/d" "$@" >out 2>said || { cat said; return 1; }
  said=$(<said)
}

# shown COMMAND FILE [OPTION...]: what the command shows, in $output; the rows between title and total in $rows.
shown() {
  output=$(ulimit -t 2; exec "$TOOL" "$@") || { echo "$*: status $?, or more than 2 s"; return 1; }
  rows=$(awk '/ (innermost first|the program.s own|module)$/ && !n++ { on = 1; next } / total$/ { exit } on' <<<"$output")
  [[ $rows ]]
}

# number COLUMN TEXT: of the first row that has this text.
number() { grep -F -m 1 -- "$2" <<<"$rows" | awk -v n="$1" '{ print $n }'; }

# total COLUMN: of all rows, as it is shown.
total() { awk -v n="$1" '/ total$/ { print $n; exit }' <<<"$output"; }

# columns N...: in each the rows come to the total.
columns() {
  local n
  for n; do
    [[ $(awk -v n="$n" '$n ~ /^[0-9]+$/ { sum += $n } END { printf "%d", sum }' <<<"$rows") == "$(total "$n")" ]] ||
      { echo "column $n does not add up to $(total "$n")"; return 1; }
  done
}

# adds_up FILE: the rows of each report come to its total, and all reports to one.
adds_up() {
  local live allocs waste by
  for by in site function module; do
    shown report "$1" --by $by -n 0
    columns 1 3 7
    [[ ${live:=$(total 1)} == "$(total 1)" && ${allocs:=$(total 3)} == "$(total 3)" && ${waste:=$(total 7)} == "$(total 7)" ]]
  done
  shown waste "$1" -n 0
  columns 1 3 4
  [[ $(total 1) == "$waste" && $(total 5) == "$live" ]]
  shown leaks "$1" -n 0
  columns 1 2
  [[ $(total 1) == "$live" && $(total 4) == "$allocs" ]]
  [[ $("$TOOL" report "$1" --by arena -n 0 | awk '/^ *live / { for (i = 1; i <= NF; i++) if ($i == "allocs") n = i; next }
    n && /^$/ { exit } n && !/ total$| all$/ { sum += $n } END { print sum }') == "$allocs" ]]
}

# top N TEXT: one of the first N rows has it.
top() { head -n "$1" <<<"$rows" | grep -F -- "$2"; }

@test "g++: the compiler's own collector holds most, its symbol table wastes most" {
  watched -- g++ -c -o /dev/null "$DEMO/templates.cc"
  [[ $said == *$'\n'as\ *' as.'*'.dump'$'\n'cc1plus\ *' cc1plus.'*'.dump'$'\n'g++\ *'3 dumps: '*/d' and 2 beside it'* ]]
  adds_up cc1plus.*.dump
  shown report cc1plus.*.dump --by function -n 20
  top 2 ggc_internal_alloc
  top 20 symtab_node::create_reference
  [[ ! $output =~ \ (xmalloc|xrealloc|xcalloc|operator\ new) ]]
  shown report cc1plus.*.dump --by function --no-fold --sort allocs
  top 4 xmalloc
  shown leaks cc1plus.*.dump
  grep -E '  ggc_internal_alloc\+0x' <<<"$rows"
  shown waste cc1plus.*.dump
  top 5 symtab_node::create_reference
}

@test "python3: objects, names and a byte array by the functions that make them, to the number" {
  watched PYTHONMALLOC=malloc ARENASHIM_SIGNAL=USR1 -- /usr/bin/python3 "$INPUTS/objects.py"
  [[ $said == *"python3, pid "*": exit status 0"*"PyByteArray_Resize < "* ]]
  adds_up d
  shown leaks d -n 0
  [[ $(awk '$1 == 233 * $2 && $2 == 7000 && $5 == $1' <<<"$rows" | wc -l) == 1 ]]
  [[ $(number 2 _PyUnicode_JoinArray) == 5000 && $(number 2 PyByteArray_Resize) == 1 ]]
  [[ $(number 1 PyByteArray_Resize) == $(((1 << 20) + 1)) ]]
  shown waste d -n 0
  # The points. From Python 3.12 on the function that makes them has no exported name.
  local maker='PyType_GenericAlloc\+'
  [[ $(/usr/bin/python3 -V) == 'Python 3.'[0-9].* || $(/usr/bin/python3 -V) == 'Python 3.1'[01].* ]] || maker='python3[.0-9]*\+'
  [[ $(grep -E "^[^a-zA-Z]* 3000  ${maker}0x[0-9a-f]+ < " <<<"$rows" | wc -l) == 1 ]]
  # jemalloc's class above a megabyte is a quarter larger: of that, the rest of the page where the request ends
  [[ $(number 3 PyByteArray_Resize) == 4095 ]]
}

@test "redis-server under load: keys, values and lists by the functions of its dictionaries and strings" {
  watched -- /bin/bash -c 'redis-server --port 0 --unixsocket sock --save "" --logfile log &
    until [ "$(redis-cli -s sock ping 2>&1)" = PONG ]; do sleep 0.05; done
    redis-benchmark -s sock -n 3000 -c 10 -r 1000 -q -t get,incr,rpop
    { for i in {1..3000}; do echo "set key:$i value-of-a-key-that-is-longer-than-44-bytes-and-so-not-embedded:$i"; done
      for i in {1..2000}; do echo "rpush list element:$i-of-a-list-that-becomes-a-list-of-blocks"; done; } | redis-cli -s sock --pipe
    redis-cli -s sock shutdown nosave; wait'
  set -- redis-server.*.dump
  (($# == 1))
  adds_up "$1"
  shown report "$1" --by function
  local functions='dictAddRaw _sdsnewlen createObject _dictExpand' entry='dictAddRaw\+0x[0-9a-f]+ < dbAdd < setKey' key='dbAdd'
  if [[ $(redis-server --version) != *' v=7.'* ]]; then # 8: what was dbAdd has no name
    functions='dictInsertAtPosition _sdsnewlen _sdsMakeRoomFor _dictResize'
    key='[^ ]+ < setKeyWithDictEntry'
    entry="dictInsertAtPosition\\+0x[0-9a-f]+ < kvstoreDictAddRaw < $key"
  fi
  for function in $functions; do top 15 "$function"; done
  shown waste "$1" -n 0
  grep -E " 3000  $entry < setGenericCommand < setCommand < call" <<<"$rows"
  grep -E " 3000  _sdsnewlen\\+0x[0-9a-f]+ < $key " <<<"$rows"
  shown leaks "$1" -n 0
  grep -F rpushCommand <<<"$output" || grep -F pushGenericCommand <<<"$output"
}

@test "sqlite3: the sorter and the page cache, called by sqlite3_step" {
  watched ARENASHIM_TAG=stack:32 -- /usr/bin/sqlite3 -batch :memory: ".read $INPUTS/sorted.sql"
  [[ $(<out) == '30000|row number 9999' ]]
  adds_up d
  shown report d --by module --sort peak
  top 1 libsqlite3.so
  (($(number 2 libsqlite3.so | tr -d '<=') * 10 > $(total 2) * 9))
  shown report d --sort peak
  [[ $(head -n 1 <<<"$rows") == *' 8200..2048008 '*' < sqlite3VdbeSorterWrite < sqlite3VdbeExec < sqlite3_step < sqlite3+'* ]]
  # a page of 4096 and its header: 272 bytes in sqlite 3.40, 280 in 3.46
  [[ $(sed -n 2p <<<"$rows") == *' '@(4368|4376)' '*' < sqlite3Malloc < '*' < sqlite3BtreeInsert < sqlite3VdbeExec < sqlite3_step < '* ]]
  output=$("$TOOL" tree d --value peak)
  [[ $output == *'sqlite3VdbeSorterWrite'* && $output != *'  cut  '* ]] # stack:32 was enough
}
