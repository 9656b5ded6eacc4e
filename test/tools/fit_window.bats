# Views on terminals of several sizes: each fits, and what it leaves out is named, with the option that shows it.
load command

setup_file() {
  export TOOL=$(dirname "$TOOLS")/../arenashim
  cd "$BATS_FILE_TMPDIR" || return
  ARENASHIM_DUMP=planted LD_PRELOAD=$SHIM "$TOOLS/planted"
  ARENASHIM_DUMP=perl LD_PRELOAD=$SHIM perl -e '$h{$_} = "x" x $_ for 1 .. 500' >/dev/null
  ARENASHIM_DUMP=perl.new LD_PRELOAD=$SHIM perl -e '$h{$_} = "x" x $_ for 1 .. 600; @b = map { [$_] } 1 .. 99; use Socket' >/dev/null
  # 300 call sites, of which every tenth holds nothing; 30 arenas
  { printf '%s\n' 'process program=many tags=2 depth=8 live_bytes=45000000 peak_bytes=50000000 live_objects=270' \
    'module start=0x400000 end=0x800000 path=many' node 'health name="stacks cut short" flags=1 count=3'
    for i in {0..29}; do echo "arena number=$i name=t$i live_bytes=$((i * 1000)) total_allocs=9"; done
    for i in {1..300}; do
      echo "node parent=0 kind=1 module=1 address=$((0x400000 + i * 16))"
      echo "site node=$i"
      echo "account arena=$((i % 30)) site=$((i - 1)) allocs=$i live_objects=$((i % 10 > 0)) live_bytes=$((i % 10 * i * 100)) live_rounded=$((i % 10 * i * 101)) peak_bytes=$((i * 1000))"
    done; } >text
  "$TOOLS/make_dump" many <text
  sed 's/live_bytes=\([1-9]\)/live_bytes=3\1/' text | "$TOOLS/make_dump" many.new
}
setup() { cd "$BATS_FILE_TMPDIR" || return; }

# window COLUMNS ROWS ARG...: the command on a terminal of that size, $output without colours.
window() {
  local columns=$1 rows=$2
  shift 2
  output=$(python3 "$HERE/run_tty.py" "$rows" "$columns" -- "$TOOL" "$@" 2>&1 | sed 's/^.*\x1b\[K//; s/\x1b\[[0-9;]*m//g')
}

sizes=('80 24' '120 40' '40 15')
views=('report' 'report --by function' 'report --by module' 'report --by arena' 'report --by class' leaks waste tree 'tree --value allocs' arenas diff)

@test "every view fits the window, with a row for the shell" {
  local size view dump
  for size in "${sizes[@]}"; do
    for view in "${views[@]}"; do
      for dump in planted perl many; do
        [[ $view != diff || $dump != planted ]] || continue
        # shellcheck disable=SC2086 # words
        window $size $view $dump $([[ $view != diff ]] || echo "$dump.new")
        echo "$size $view $dump: $output"
        fits "${size% *}"
        (($(wc -l <<<"$output") < ${size#* }))
        [[ $output == *[0-9]* ]]
      done
    done
  done
}

@test "as many rows as there is room for, the largest first; one line says what is left" {
  window 80 24 report many
  # six lines of head and titles, the total, what is left, three of health, one for the shell
  [[ $(grep -c '  many+0x' <<<"$output") == 12 && $(wc -l <<<"$output") == 23 ]]
  [[ $(grep -m1 '  many+0x' <<<"$output") == ' 263 KiB '* ]]
  [[ $output == *$'\n''288 more rows: --all shows them, and the columns temp'* ]]
  window 120 40 report many
  (($(grep -c '  many+0x' <<<"$output") == 28))
  [[ $output == *$'\n''272 more rows: --all shows them'* ]]
  for rows in 10 24 60 200; do # a higher window has no fewer rows
    window 80 $rows waste many
    local now=$(grep -c '  many+0x' <<<"$output")
    ((now >= ${before:-1})) && before=$now
  done
  ((before > 100))
}

@test "one line a row, numbers first; the function of one's own and its line stay" {
  window 80 24 leaks planted
  [[ $(grep -c '(planted.cc:14)' <<<"$output") == 2 ]]
  grep -E '^ *[0-9.]+ MiB +96\.[0-9]%  Journal::remember \(planted\.cc:14\)' <<<"$output"

  window 80 24 waste planted
  grep -E '^ *[0-9.]+ MiB +[0-9.]+% .*  Cache::keep_one_in_fifty \(planted\.cc:29\) \[Entry\]' <<<"$output"
  [[ $output == *$'\n''--all shows more columns: rounding, pinned, objects'* ]]
}

@test "no rows of nothing; the loader's and the C++ library's own are one row" {
  window 120 400 report many
  [[ $(grep -c '  many+0x' <<<"$output") == 270 && $output == *$'\n''30 more rows: --all shows them'* ]]
  [[ -z $(grep '^ *0 B' <<<"$output") ]]
  window 120 60 report planted
  [[ $(grep -c '  runtime: ' <<<"$output") == 1 && $output != *_dl_* && $output != *libstdc++* ]]
  [[ $(grep -c '  total$' <<<"$output") == 1 ]]
  runtime=$(grep '  runtime: ' <<<"$output" | awk '{ print $1 }')
  sum=$("$TOOL" report planted | awk '/  _dl|  __strdup|  libstdc\+\+/ { sum += $1 } END { printf "%.1f", sum / 1024 }')
  [[ $runtime == "$sum" ]]
  for view in tree leaks waste; do
    window 120 60 $view planted --all
    [[ $output != *runtime:* && $output == *_dl_* ]] || { echo "$view: $output"; return 1; }
  done
}

@test "--all shows everything, --exact all digits, -n so many" {
  window 80 24 report many --all
  [[ $(grep -c 'many+0x' <<<"$output") == 300 && $output == *sizes*temp* && $output != *'more rows'* && $output != *'--all'* ]]
  window 80 24 report many --exact
  grep -E '^ *269100  ' <<<"$output"
  [[ $output == *'45000000 bytes in 270 objects; peak 50000000 bytes'* ]]
  window 80 24 report many -n 30
  [[ $(grep -c 'many+0x' <<<"$output") == 30 && $output == *'270 more rows: --all'* ]]
  window 80 24 report many -n 0
  [[ $(grep -c 'many+0x' <<<"$output") == 270 ]] # not those of nothing
  window 80 24 leaks planted --all
  [[ $output == *'(planted.cc:14)'$'\n'*' main'$'\n'* ]] # a line for each frame
}

@test "a pipe gets all, exact" {
  arenashim report many
  [[ $(grep -c 'many+0x' <<<"$output") == 300 && $output != *'--all'* && $output == *'45000000 bytes in 270 objects'* ]]
  arenashim report many --exact --all
  [[ $(grep -c 'many+0x' <<<"$output") == 300 ]]
}

@test "what was said on the terminal takes its room, too" {
  window 80 24 diff perl planted # two programs: a warning of two lines
  (($(wc -l <<<"$output") < 24)) && [[ $output == *'no call site in common'* ]]
}

@test "--sort and --value mean the same everywhere, and leaks and waste can be sorted by each" {
  local view value
  for view in report tree arenas leaks waste; do
    for value in live peak allocs bytes waste; do
      arenashim $view planted --sort $value
      local sorted=$output
      arenashim $view planted --value $value
      [[ $status == 0 && $output == "$sorted" ]] || { echo "$view $value"; return 1; }
    done
  done
  arenashim leaks planted --sort allocs -n 1
  [[ $output == *'Cache::keep_one_in_fifty (planted.cc:29)'* && $output != *Journal::remember* ]]
  arenashim waste planted --sort live -n 1
  [[ $output == *'Journal::remember (planted.cc:14)'* ]]
  arenashim leaks planted --by function -n 1
  [[ $output == *'Journal::remember (planted.cc)'* ]]
  arenashim waste planted --by module -n 1
  grep -E '^ *84[0-9]+ +99\.[0-9]% .*  planted$' <<<"$output"
  [[ $output == *'  module'$'\n'* ]]
}
