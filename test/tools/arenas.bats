# Arenas, regions and blocks, to the digit.
load command

setup() {
  TOOL=$TOOLS/arenashim # the build with sanitizers
  dump small.dump <"$HERE/small.txt"
}

@test "arenas, regions, and each arena's blocks" {
  arenashim arenas small.dump
  expect '$status == 0 && -z $stderr'
  is_row '3000 9000 8 1060 50000 1052 13 7 7340032 11 6736' '0 demo (threads: 3)'
  is_row '1500 1900 21 2100 2 16384 1 14884' parser
  is_row '0 1060 1048576 196608 768 0.4%' '#...................'
  expect '$output == *"blocks of arena 0 demo: 1"$'"'\n'"'"  in use: 768 of 196608 bytes passed out; few objects keep 1 of the blocks"*'
  expect '$output == *"blocks that no arena has: 1, of 1048576 bytes"*"3  stacks cut short"'
}

# Two arenas; blocks in no order.
blocks() {
  printf '%s\n' 'process tags=2' 'arena number=0 name=main live_bytes=1' 'arena number=1 name=worker live_bytes=2' \
    'block number=4 arena=2 bytes=100 passed=100 slabs=1 in_use=100 born=0 age=5' \
    'block number=3 arena=1 bytes=100 passed=80 slabs=1 in_use=40 born=90 age=10' \
    'block number=1 arena=1 bytes=100 passed=100 slabs=2 in_use=24 born=1 age=99' \
    'block number=2 arena=1 bytes=100 passed=100 slabs=2 in_use=26 born=20 age=80' \
    'block number=5 arena=1 bytes=100 born=100'
}

@test "blocks by arena, oldest first; how full they are; which few objects keep" {
  blocks | dump d
  arenashim arenas d
  expect '$status == 0 && $output == *"arena 0 main: 4"$'"'\n'"'"  in use: 90 of 280 bytes passed out"*"; few objects keep 1 of the blocks"*"arena 1 worker: 1"$'"'\n'"'"  in use: 100 of 100 bytes passed out"$'"'\n'"'*'
  [[ $(awk '/^blocks/ { t++ } t && $1 ~ /^[0-9]+$/ { print t, $1 }' <<<"$output" | tr '\n' ';') == '1 1;1 2;1 3;1 5;2 4;' ]]
  is_row '1 99 100 100 24 24.0%' '#####...............'
  is_row '3 10 100 80 40 50.0%' '##########..........'
  is_row '5 0 100 0 0 -' '....................'
  is_row '4 5 100 100 100 100.0%' '####################'
}

@test "-n limits arenas and blocks, --sort orders arenas" {
  blocks | dump d
  arenashim arenas d -n 1
  expect '$(grep -c "1 more row: --all" <<<"$output") == 1 && $(grep -c "3 more rows: --all" <<<"$output") == 1'
  expect '$output == *"blocks of 1 more arenas: --all shows them"* && $output == *"1 worker (threads: 0)"* && $output != *"0 main (threads"*'
  arenashim arenas d -n 1 --sort waste
  expect '$output != *"1 worker (threads"* && $output == *"0 main (threads"*'
}

@test "a real program's blocks are the ledger's" {
  ARENASHIM_DUMP=d LD_PRELOAD=$SHIM perl -e '$h{$_} = "x" x $_ for 1 .. 500' >out 2>err
  arenashim arenas d -n 0
  expect '$status == 0 && -z $stderr'
  [[ $output =~ "blocks of arena 0 perl: "([0-9]+)$'\n' ]]
  [[ $(row '0 perl (threads: 1)') == *" ${BASH_REMATCH[1]} $((BASH_REMATCH[1] << 20)) "* ]]
}

@test "a block's row fits 80 columns" {
  terminal 80 arenas small.dump
  is_row '0 1.06k 1.00 MiB 192 KiB 768 B 0.4%' '#...................'
}

@test "lines fit a terminal" {
  for width in 72 100; do
    terminal $width arenas small.dump
    fits $width
  done
}

@test "wrong options and dumps" {
  arenashim arenas
  says 'arenashim arenas: name the FILE that `arenashim run` or ARENASHIM_DUMP made'
  arenashim arenas small.dump --sort age
  says 'arenashim arenas: --sort=age: use one of live, peak, allocs, bytes, waste'
  arenashim arenas small.dump -n many
  says 'arenashim arenas: -n many: give a number of rows, 0 for all'
  arenashim arenas nowhere
  says "arenashim: nowhere: can't be read: No such file or directory: name the file that \`arenashim run\` or ARENASHIM_DUMP made"
  { echo 'drop arena'; cat "$HERE/small.txt"; } | dump d
  arenashim arenas d
  expect '$status == 2 && $stderr == *"d: its arenas are damaged or missing: copy or make the dump again"'
  { echo 'drop block'; cat "$HERE/small.txt"; } | dump d
  arenashim arenas d
  expect '$status == 0 && $stderr == *"\"blocks\" is missing"* && $output == *"0 demo"* && $output != *"blocks of"*'
  run --separate-stderr sh -c '"$1" arenas small.dump >/dev/full' sh "$TOOL"
  says 'arenashim: the report could not be written: check where its output goes'
}
