# The text report without tags: its numbers are the program's own, its ledger adds up, it fits a terminal.
# (report_tags.bats: the report by call site.)
load ../../common
load report

setup() {
  export ARENASHIM_TAG=off
  cd "$BATS_TEST_TMPDIR" || return
}

@test "one thread: every class, total and the ledger agree with the program's books" {
  reported "$BIN/counters" one
  holds --books books 0 'running == 0' 'arenas == 1' 'big == 35'
}

@test "many rounds in one thread" {
  reported "$BIN/counters" one 50
  holds --books books 0
}

@test "threads that have ended: exact, one arena serves them one after the other" {
  reported "$BIN/counters" threads 8
  holds --books books 8 'running == 0' 'arenas == 2' 'remote > 0'
}

@test "threads alive at once, ended at exit: exact, an arena each" {
  reported "$BIN/counters" together 8
  holds --books books 8 'running == 0' 'arenas >= 8'
}

@test "three block sizes: blocks are of that size, and a small one holds less back" {
  local spare=()
  for size in 65536 1048576 16777216; do
    reported ARENASHIM_BLOCK_SIZE=$size "$BIN/counters" together 8
    holds --books books 8 "block_size == $size" "blocks * $size == block_bytes" || return
    spare+=("$(awk '/parts of blocks not passed out/ { print $NF }' r.txt)")
  done
  echo "not passed out: ${spare[*]}"
  ((spare[0] == 0 && spare[0] < spare[1] && spare[1] < spare[2]))
}

@test "old objects pin blocks: the report shows how little they hold and how old they are" {
  local block arena slabs used unused fill age churn old mode
  for mode in off stack:8; do
    reported ARENASHIM_TAG=$mode "$BIN/old_blocks"
    read -r churn <books
    old=0
    while read -r block arena slabs used unused fill age; do
      echo "block $block arena $arena slabs $slabs used $used unused $unused fill $fill age $age"
      ((used + unused == slabs * 65536 && ${fill%\%} == 100 * used / (used + unused)))
      # 4 MiB were made: a block of these is at least as old as all that came after them, older by 64K objects at most
      if ((slabs == 16 && ${fill%\%} < 5)); then
        ((churn <= age && age < churn + 70000 && used <= 16 * 64 + 4096))
        ((++old))
      else
        ((age < churn + 70000))
      fi
    done < <(sed -n '/^blocks:/,/^$/p' r.txt | grep -E '^ +[0-9]')
    ((old >= 3))
  done
}

@test "regions of the program stand in the report by name, ended ones too" {
  reported "$BIN/region_user"
  holds 'regions == 2'
  grep -E '^  alive +100 +5000 +1 +8192 +0 +6400$' r.txt
  grep -E '^  ended +2000 +20010000 +2000 +28192000 +1000 +0$' r.txt
}

@test "a program and its plugin keep an arena_create of their own" {
  run_shim "$BIN/region_own" "$BIN/region_own.plugin.so"
  expect_ok
}

@test "regions work without the shim" {
  run "$BIN/region_user"
  expect_ok
}

@test "the child of a fork counts by itself" {
  reported perl -e 'my %h = map { $_ => "x$_" } 1..20000; if (!fork) { my @b = map { "y$_" x 3 } 1..1000; exit 0 } wait; exit 0'
  [[ $(ls r.txt* | wc -l) == 2 ]]
  each_holds 'forked or allocs > 60000' 'not forked or frees < allocs'
  grep -lq 'child of a fork' r.txt*
}

@test "the child of a fork frees what it inherited, large ones too: still no more frees than allocations" {
  reported perl -e 'my @b = map { "z" x 2000 } 1..500; if (!fork) { @b = (); exit 0 } wait; exit 0'
  each_holds 'large_allocs >= 500 or not forked'
}

@test "the ledger agrees with strace's account of what the shim maps" {
  # What is mapped before the shim's first mapping, by the loader, and after it, is told apart by strace's
  # order; files are not ours.
  strace -f -o log -e trace=mmap,munmap,brk env LD_PRELOAD="$SHIM" ARENASHIM_STATS="$PWD/r.txt" "$BIN/counters" one >books
  holds --books books 0
  /usr/bin/python3 "$HERE/strace_sum.py" log r.txt
}

@test "1,000 reports by signal from four busy threads: whole, and true of ended threads" {
  LD_PRELOAD= timeout 200 env LD_PRELOAD="$SHIM" ARENASHIM_SIGNAL=USR2 ARENASHIM_STATS="$PWD/r.%n" \
    "$BIN/signal_report" 12 1000 2000 >out
  local n
  n=$(ls r.* | wc -l)
  echo "reports: $n"
  ((n >= 500))
  head -1 out
  /usr/bin/python3 "$HERE/signal_reports.py" out r.*
}

@test "by signal: jemalloc's figures are those of a moment ago, not of the start" {
  run_shim ARENASHIM_SIGNAL=USR1 ARENASHIM_STATS="$PWD/r.%n" perl -e '
    my @b = map { "z" x 20000 } 1..1000; select undef, undef, undef, 0.3; push @b, map { "z" x 20000 } 1..200;
    kill USR1 => $$; exit 0'
  expect_ok
  grep -l 'on signal' r.*
  grep -h 'as of the last refresh' r.*
  local live
  live=$(awk '/on signal/ { on = 1 } on && /bytes in live objects/ { print $NF; exit }' r.*)
  echo "live: $live"
  ((live > 20000000))
}

@test "the child of a fork: blocks, peaks and threads start again too" {
  reported "$BIN/fork_counts"
  [[ $(ls r.txt* | wc -l) == 2 ]]
  for f in r.txt*; do
    /usr/bin/python3 "$REPORT" "$f" 'forked or blocks >= 40 and peak >= 40000000 and threads == 6' \
      'not forked or 0 < blocks < 10 and peak < 10000000 and threads == 1' || return
  done
}

@test "regions that end in the order of their making: their rows are used again" {
  reported "$BIN/region_rows" queue
  holds '500 <= regions < 2000'
}

@test "more regions than the table has rows: the report says how many it does not list" {
  reported "$BIN/region_rows" full
  local listed unlisted
  listed=$(grep -c '^  one of many ' r.txt)
  unlisted=$(sed -n 's/^  not listed, the table is full: \([0-9]*\) regions more$/\1/p' r.txt)
  echo "listed: $listed, not listed: $unlisted"
  ((unlisted > 0 && listed + unlisted == 70000))
}
