# fork in all its company. The long forms, 10,000 forks each, take the count as an argument.
load ../../common

@test "1,000 forks from a process with 4 allocating threads" { run_shim "$BIN/fork_threads" 1000; expect_ok; }
@test "forks while a thread is in the middle of its thread cache" { run_shim "$BIN/fork_cache" 500; expect_ok; }
@test "forks while a thread is in the middle of the cache of extents" {
  run_shim "$BIN/fork_cache" 300 33000 900000
  expect_ok
}
@test "forks from 4 allocating threads, all children report" {
  run_shim ARENASHIM_STATS="$BATS_TEST_TMPDIR/r.%p" "$BIN/fork_threads" 200
  expect_ok
  # the parent, and each 16th child leaves by exit
  (($(ls "$BATS_TEST_TMPDIR"/r.* | wc -l) >= 13))
}
@test "forks beside busy threads, with a record: the child's books have what is alive in it" {
  local from=$BATS_TEST_TMPDIR mode dump
  for mode in site stack:8; do
    rm -f "$from"/*
    run_shim ARENASHIM_TAG=$mode ARENASHIM_RECORD="$from/r.%p" ARENASHIM_DUMP="$from/d.%p" "$BIN/fork_books" 12
    expect_ok
    rm "$from/d.$output"
    (($(ls "$from"/d.* | wc -l) == 12))
    for dump in "$from"/d.*; do
      "$TOOL" export --format json "$dump" | /usr/bin/python3 -c '
import json, sys
of = {}
for a in json.load(sys.stdin)["accounts"]:
    n = of.setdefault(a["arena"], [0, 0])
    n[0] += a["live_objects"]
    n[1] += a["live_bytes"]
of.pop(0, 0)  # the forking thread; one of the others may have had nothing
assert all(n[0] <= 2 and n[1] < 50000 for n in of.values()), of'
    done
  done
}
@test "the child hands the arenas of gone threads on" {
  run_shim ARENASHIM_STATS="$BATS_TEST_TMPDIR/r.txt" "$BIN/fork_arenas" 50
  expect_ok
  /usr/bin/python3 "$TOP/test/preload/report/report.py" "$BATS_TEST_TMPDIR/r.txt" forked \
    'running == 0' 'arenas == 5' 'live >= 4000'
}
@test "forks while threads sit in getline, short lines" { run_shim "$BIN/fork_getline" short 300; expect_ok; }
@test "forks while threads sit in getline, long lines" { run_shim "$BIN/fork_getline" long 300; expect_ok; }
@test "forks in a signal handler, at random moments" { run_shim "$BIN/fork_signal" timer 1000; expect_ok; }
@test "forks in a signal handler, at each 7th instruction of malloc and free" {
  run_shim "$BIN/fork_signal" step 1000 7
  expect_ok
}
@test "forks in a signal handler, at each 7th instruction of jemalloc's too" {
  run_shim "$BIN/fork_signal" step 1000 7 3000
  expect_ok
}
@test "with call sites: the same, at random moments and at each 7th instruction" {
  local mode
  for mode in site stack:8; do
    for how in "timer 100" "step 100 7" "step 100 7 3000"; do
      echo "$mode $how"
      # shellcheck disable=SC2086 # words
      run_shim ARENASHIM_TAG=$mode "$BIN/fork_signal" $how
      expect_ok
    done
    run_shim ARENASHIM_TAG=$mode "$BIN/fork_threads" 100
    expect_ok
    for lines in short long; do
      run_shim ARENASHIM_TAG=$mode "$BIN/fork_getline" $lines 30
      expect_ok
    done
  done
}
@test "forks in a signal handler that interrupted fork itself" {
  local form mode
  for mode in off stack:8; do
    for form in leave exit return; do
      echo "$mode $form"
      run_shim ARENASHIM_TAG=$mode "$BIN/fork_nested" $form 1000
      expect_ok
    done
  done
}
@test "vfork and posix_spawn" { run_shim "$BIN/spawn" 100; expect_ok; }
@test "forks in a signal handler, at each instruction of a free of another thread's object" {
  run_shim "$BIN/fork_mail" give
  expect_ok
}
@test "forks in a signal handler, at each instruction that takes the inbox" {
  local code
  code=$(nm -S "$SHIM" | awk '$4 == "inbox_take" { print $1, $2 }')
  [[ -n $code ]]
  # shellcheck disable=SC2086 # two words
  run_shim "$BIN/fork_mail" take $code
  expect_ok
}
