# Objects of 512..4096 bytes that a thread keeps for its next requests (shim/jemalloc/thread_cache.h).
load ../../common

@test "the classes are jemalloc's, and the object just freed comes back" {
  run_shim "$BIN/thread_cache" classes
  expect_ok
}
@test "sizes stay apart, whatever a page held before, in threads and by all calls" {
  run_shim "$BIN/thread_cache" apart 60000
  expect_ok
}
@test "calloc's objects are zeroed" {
  run_shim "$BIN/thread_cache" zeroes
  expect_ok
}
@test "a MALLOC_CONF that wants zeroed objects gets them" {
  run_shim MALLOC_CONF=zero:true "$BIN/thread_cache" zeroes
  expect_ok
}
@test "freed twice in a row" {
  run_shim "$BIN/thread_cache" twice
  expect '$status == 134 && $stderr == "arenashim: free(${lines[0]}) called from 0x"*": double free of the 1024-byte object at ${lines[0]}"'
  (($(stderr_lines) == 1))
}
@test "malloc_trim and a thread's end give them back to jemalloc" {
  for how in trim end kept; do
    run_shim "$BIN/thread_cache" given $how
    expect_ok
  done
}

@test "lists that were too short hold four times as much, and are short again after malloc_trim" {
  run_shim "$BIN/thread_cache" longer
  expect_ok
}
@test "lists of sixteen threads grow by 4 MiB in all" {
  run_shim "$BIN/thread_cache" bounded
  expect_ok
}

@test "jemalloc's entry for many objects at once is not there" {
  run_shim "$BIN/thread_cache" batch
  expect_ok
}

# passed ARG...: large requests and frees that the report of that run tells.
passed() {
  run_shim ARENASHIM_STATS=1 "$BIN/thread_cache" "$@"
  expect_ok
  requests=$(sed -n 's/^ *requests passed on *//p' <<<"$stderr") frees=$(sed -n 's/^ *frees passed on *//p' <<<"$stderr")
}
@test "counts of large requests and frees are exact" {
  passed nothing
  local before=$requests frees_before=$frees
  passed zeroes # 97 sizes, two requests each
  echo "$before $requests, $frees_before $frees"
  ((requests - before == 2 * 97 && frees - frees_before == 2 * 97))
}
