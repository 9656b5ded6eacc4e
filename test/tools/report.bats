# The report's figures, to the digit, from a dump whose figures are known (small.txt).
load command

setup() {
  dump small.dump <"$HERE/small.txt"
}

rows() { # the last word of each row, in order, without title and total
  awk '/^$/ { t = !t && !seen++ ; n = 0; next } t && n++ { print $NF }' <<<"$output" | grep -vx -e total -e them | tr '\n' ' '
}

@test "the head names program, time, mode and peak; a problem ends the report, other health does not" {
  arenashim report small.dump
  expect '$status == 0 && -z $stderr'
  expect '${lines[0]} == "demo, pid 77, at exit, 2023-11-14 22:13:20 UTC, on box, shim 0.1"'
  expect '${lines[1]} == "  command  demo -x input"'
  expect '${lines[2]} == "  tags     stack:8, exact: every allocation is counted"'
  expect '${lines[3]} == "  live     3100 bytes in 9 objects; peak 9900 bytes"'
  expect '$(tail -n 2 <<<"$output") == "health: these make the figures doubtful"$'"'\n'"'"             3  stacks cut short"'
}

@test "by site: all columns; accounts of two arenas are one row, their peak a bound" {
  arenashim report small.dump
  expect '$status == 0'
  is_row '2100 <=4300 45 67.7% 100..1000 22.2% 508' 'libgone.so+0x300 < [level 3]'
  is_row '700 900 20 22.6% 700 0.0% 140' '(the tables were full)'
  is_row '300 7000 1000 9.7% 1..64 50.0% 6100' 'demo+0x401010 < demo+0x402020'
  is_row '3100 9900 1065 100.0% 1..1000 47.9% 6748' total
}

@test "by site, sorted by each value" {
  arenashim report small.dump --sort live
  expect '$(rows) == "3] full) demo+0x402020 "'
  arenashim report small.dump --sort peak
  expect '$(rows) == "demo+0x402020 3] full) "'
  is_row '300 7000 1000 6000 100.0% 1..64 50.0% 6100' 'demo+0x401010 < demo+0x402020'
  is_row '2100 <=4300 45 0 0.0% 100..1000 22.2% 508' 'libgone.so+0x300 < [level 3]'
  is_row '3100 9900 1065 6000 100.0% 1..1000 47.9% 6748' total
  arenashim report small.dump --sort allocs
  expect '$(rows) == "demo+0x402020 3] full) "'
  arenashim report small.dump --sort waste
  expect '$(rows) == "demo+0x402020 3] full) "'
  is_row '300 7000 1000 90.4% 1..64 50.0% 6100' 'demo+0x401010 < demo+0x402020'
  arenashim report small.dump --sort bytes
  expect '$(rows) == "demo+0x402020 3] full) "'
  is_row '300 7000 1000 40000 79.2% 1..64 50.0% 6100' 'demo+0x401010 < demo+0x402020'
}

@test "sorted by peak, who held most at the process's peak stands first, with the share that tree tells" {
  sed '/^account site=1 .*large/s/$/ at_peak_bytes=9000/' "$HERE/small.txt" | dump d
  arenashim report d --sort peak
  expect '$(rows) == "3] demo+0x402020 full) "'
  is_row '2100 <=4300 45 9000 60.0% 100..1000 22.2% 508' 'libgone.so+0x300 < [level 3]'
  arenashim tree d --value peak
  is_row '9000 60.0% 0' '|- [level 3]'
}

@test "-n limits the rows and says how many are left; the total stays whole" {
  arenashim report small.dump -n 1
  expect '$(rows) == "3] "'
  expect '$output == *"2 more rows: --all shows them"*'
  is_row '3100 9900 1065 100.0% 1..1000 47.9% 6748' total
  arenashim report small.dump -n 0
  expect '$output != *more\ row*'
}

@test "by module: that of the innermost frame, unloaded ones marked" {
  arenashim report small.dump --by module
  is_row '2100 <=4300 45 67.7% 100..1000 22.2% 508' 'libgone.so (unloaded)'
  is_row '300 7000 1000 9.7% 1..64 50.0% 6100' demo
  is_row '700 900 20 22.6% 700 0.0% 140' '(the tables were full)'
}

@test "by function: the call sites of each innermost own function are one row, and the sums stay" {
  arenashim report small.dump --by function
  expect '$status == 0 && $output == *"innermost function of the program"*'
  is_row '2100 <=4300 45 67.7% 100..1000 22.2% 508' 'libgone.so+0x300'
  is_row '300 7000 1000 9.7% 1..64 50.0% 6100' demo+0x401010
  is_row '700 900 20 22.6% 700 0.0% 140' '(the tables were full)'
  ARENASHIM_DUMP=d LD_PRELOAD=$SHIM "$TOOLS/planted"
  arenashim report d --by function -n 0
  # 10,000 lines and what a vector of them took to grow; 40,000 entries and their vector
  [[ $(row '(anonymous namespace)::Journal::remember (planted.cc)') == *' 10015 97.6% 8..131072 '* ]]
  [[ $(row '(anonymous namespace)::Cache::keep_one_in_fifty (planted.cc)') == *' 40028 1.6% 8..524288 '* ]]
  [[ $(row '(anonymous namespace)::count_words (planted.cc)') == *' 30000 0.0% 101..150 100.0% '* ]]
  expect '$output != *"std::vector"*'
  [[ $(awk '$NF == "total" { print $1 == live, $3 == allocs, $7 == waste } { live += $1; allocs += $3; waste += $7 }' \
    < <(sed '1,/innermost function/d' <<<"$output")) == '1 1 1' ]]
  arenashim report d --by function --fold '(anonymous namespace)::*' -n 0
  [[ $(row 'main (planted.cc)') == *' 50002 97.9% 24..1000 '* ]]
}

@test "on a terminal the program's own function and line stand in each row, whatever is cut" {
  ARENASHIM_DUMP=d LD_PRELOAD=$SHIM "$TOOLS/planted"
  for width in 40 60 80 100 140; do
    for command in report waste leaks; do
      terminal $width $command d -n 8
      fits $width
      expect '$output == *"(planted.cc:14)"* && $output == *"(planted.cc:29)"*'
      ((width < 60)) || expect '$output == *"Journal::remember (p"* && $output == *"Cache::keep_one_in_fifty (p"*'
    done
  done
  "$TOOLS/make_dump" empty <<<$'process tags=2 depth=8 program=planted\nsite kind=1\naccount allocs=1'
  for command in 'diff empty' 'check --max-live 1'; do
    terminal 80 $command d -n 8
    fits 80
    [[ $output == *'... < Journal::remember'* ]]
  done
  terminal 80 report d -n 8 # called by the library's templates, whose names are cut
  [[ $output == *'... < Journal::remember (planted.cc:14) [std::vector<...>]'* ]]
}

@test "by arena, with regions" {
  arenashim report small.dump --by arena
  is_row '3000 9000 8 1060 50000 1052 13 7 7340032 11 6736' '0 demo (threads: 3)'
  is_row '*100 <=300 1 5 500 4 0 1 1048576 0 12' '1 worker (threads: 1)'
  is_row '1500 1900 21 2100 2 16384 1 14884' parser
  is_row '0 16 1 10 1 8192 0 0' 'old (ended)'
  expect '$output == *"* its thread was running: as of its last slow path"*'
}

@test "by class" {
  arenashim report small.dump --by class
  is_row '320 300 5 95 4096 2 700 695 6100' 64
  is_row '448 400 4 6 60000 1 300 296 736' 112
  arenashim report small.dump --by class --sort peak
  error 'size classes have no peak'
}

@test "without tags: arenas by default, and a remedy for who asks for call sites" {
  dump off.dump <<<$'process pid=5 program=p live_bytes=7 peak_bytes=9 flags=2\narena name=p live_bytes=7\nclass cell_bytes=16 in_use=2'
  arenashim report off.dump
  expect '$status == 0 && ${lines[2]} == "  tags     off: bytes are with rounding"'
  expect '${lines[3]} == *"peak <=9 bytes"'
  is_row '7 0 0 0 0 0 0 0 0 0 -' '0 p (threads: 0)'
  arenashim report off.dump --by class
  is_row '32 - 2 0 0 0 0 0 >=0' 16
  arenashim report off.dump --by site
  error 'call sites were not recorded: .*ARENASHIM_TAG=stack:8'
}

@test "sampled: the head says so and the figures are marked" {
  dump sampled.dump <<<$'process pid=5 tags=2 depth=4 sample_bytes=524288\narena name=p\nsite kind=4\naccount allocs=3 live_bytes=30 peak_bytes=40 smallest=10 largest=10'
  arenashim report sampled.dump
  expect '${lines[2]} == "  tags     stack:4, estimates (~): one allocation per 524288 bytes was tagged"'
  is_row '~30 ~40 ~3 100.0% 10 - -' '(without a tag)'
}

@test "the child of a fork and a signal are told" {
  dump child.dump <<<$'process pid=5 ppid=4 program=p reason=1 signal=10 flags=1 tags=1\nsite kind=1'
  arenashim report child.dump
  expect '${lines[0]} == "p, pid 5, snapshot on signal USR1, "*'
  expect '$output == *"a child of pid 4: counts start at the fork"*'
}

@test "every kind of site has its words" {
  {
    echo 'process tags=2'
    echo node
    echo 'node kind=1 address=0x10'
    for kind in 0 1 2 3 4 5 6 9; do echo "site kind=$kind"; echo "account site=$((n++)) allocs=1 live_bytes=$((kind + 1))"; done
    echo 'site kind=6 node=1'
    echo "account site=8 allocs=1 live_bytes=100"
  } | dump kinds.dump
  arenashim report kinds.dump
  for words in '(no path)' '(before the options were known)' '(inside the unwinder)' '(the tables were full)' \
    '(without a tag)' "(after its thread's end)" '(region created)' '(call site lost)' '(region created) 0x10'; do
    row "$words" >/dev/null
  done
}

@test "a newer minor version: unknown sections are skipped, larger items read by what is known" {
  sed 's/^process/version 1.7\nextra 99 1000\nwiden account 24\nwiden node 8\nwiden arena 40\nwiden process 16\n&/' \
    "$HERE/small.txt" | dump newer.dump
  arenashim report small.dump && old=$output
  arenashim report newer.dump
  expect '$status == 0 && -z $stderr && $output == "$old"'
}

@test "control characters of a program's name reach no terminal" {
  printf 'process tags=2 program="a\033[2Jb"\n' | dump control.dump
  arenashim report control.dump
  expect '${lines[0]} == "a\\x1b[2Jb, pid"*'
}

@test "on a terminal: numbers get units and lines fit its width" {
  for width in 72 80 100 200; do
    terminal $width report small.dump --sort bytes
    fits $width
    [[ $output == *'libgone.so+0x300 < '* ]]
  done
  dump big.dump <<<$'process tags=2\nsite kind=4\naccount allocs=10000 live_bytes=1073741824 peak_bytes=123456789012'
  terminal 80 report big.dump
  [[ $output =~ 1\.00\ GiB\ +115\ GiB\ +10\.0k\  ]]
}

@test "on a terminal: a short text stays in its row" {
  terminal 80 report small.dump --by class
  [[ $output =~ \ waste\ \ cell && $output =~ \ 5\.96\ KiB\ \ 64\ B ]]
}

@test "the command line ends where its last word does" {
  dump title.dump <<<'process program=server command="server *:7777     "'
  arenashim report title.dump
  expect '"${lines[1]}" == "  command  server *:7777"'
}

@test "on a terminal: hot rows are coloured, unless NO_COLOR is set or the terminal is dumb" {
  local red=$'\033[1;31m' plain
  terminal 100 report small.dump
  [[ $coloured =~ "$red"\ *2\.05\ KiB\  && ! $coloured =~ "$red"\ *300\  ]]
  plain=$output
  NO_COLOR=1 terminal 100 report small.dump
  [[ $coloured == "$plain" ]]
  TERM=dumb terminal 100 report small.dump
  [[ $coloured == "$plain" ]]
  NO_COLOR='' terminal 100 report small.dump
  [[ $coloured == *"$red"* && $output == "$plain" ]]
}

@test "objects of no bytes: their cells are rounding, and said to be known" {
  { printf '%s\n' 'process tags=2 live_objects=1000' 'account site=0 allocs=1000 live_objects=1000 live_rounded=16000' \
    'class cell_bytes=16 slabs=1 in_use=1000 free=24 allocs=1000' 'site node=1' node 'node kind=1 address=0x10'; } | dump d
  arenashim report d --by class
  is_row '16000 0 1000 24 0 1 1000 0 16384' 16
  arenashim waste d
  is_row 16000 'rounding to cells'
  is_row 0 'rounding by jemalloc'
  is_row 16384 'all size classes: rounding to cells, free cells and tails'
}

@test "what is not known is -, or at least so much: without tags, and with call sites lost" {
  printf '%s\n' 'process live_bytes=100 live_objects=5 peak_bytes=200 flags=2' 'arena number=0 name=x flags=2 live_bytes=100 peak_bytes=200' \
    'class cell_bytes=16 slabs=1 in_use=5 free=5 allocs=9' | dump off.dump
  arenashim arenas off.dump
  expect '$output == *"live     100 bytes in 5 objects of arenas; large ones are not counted; peak <=200 bytes"*'
  is_row '100 <=200 0 0 0 0 0 0 0 0 -' '0 x (threads: 0)'
  arenashim report off.dump --by class
  is_row '80 - 5 5 0 1 9 0 >=80' 16
  { echo 'drop account'; cat "$HERE/small.txt"; } | dump cut.dump
  arenashim arenas cut.dump
  is_row '3000 9000 8 1060 50000 1052 13 7 7340032 11 -' '0 demo (threads: 3)'
}

@test "a sampled dump: each estimate has its mark" {
  sed 's/tags=2/tags=2 sample_bytes=1000/' "$HERE/small.txt" | dump d
  arenashim report d
  expect '$output == *"live     ~3100 bytes in ~9 objects; peak ~9900 bytes"*'
  expect '$output == *$'"'\n'"'"  peak     may be ~6292 bytes too high, by the noise of samples"$'"'\n'"'"  waste    by call site is not known with samples"$'"'\n'"'*'
  is_row '~3100 ~9900 ~1065 100.0% 1..1000 - -' total
  arenashim report d --by class
  is_row '320 - 5 95 4096 2 700 695 >=6080' 64
  arenashim report d --by arena
  is_row '3000 9000 8 1060 50000 1052 13 7 7340032 11 -' '0 demo (threads: 3)'
}

@test "a sampled dump: its peak may be all noise, not more; an exact one has none" {
  sed 's/tags=2/tags=2 sample_bytes=100000/' "$HERE/small.txt" | dump d
  arenashim report d
  expect '$output == *"  peak     may be ~9900 bytes too high"*'
  arenashim report small.dump
  expect '$output != *"too high"* && $output != *"not known"*'
}

@test "a sampled dump: waste by call site is refused wherever it is asked for" {
  sed 's/tags=2/tags=2 sample_bytes=1000/' "$HERE/small.txt" | dump d
  for command in 'report --sort waste' 'report --by module --sort waste' 'report --by arena --sort waste' 'arenas --sort waste' \
    'tree --value waste' 'diff small.dump --sort waste' 'export --format collapsed --value waste' 'export --format json --value waste'; do
    arenashim $command d
    says 'arenashim: d: waste by call site is not known with samples: run the program without ARENASHIM_SAMPLE'
  done
  arenashim report d --by class --sort waste
  expect '$status == 0 && -z $stderr'
}
