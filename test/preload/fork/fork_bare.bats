# fork in signal handlers of threads without an arena, inside jemalloc.
load ../../common

@test "without arenas, forks in a signal handler inside jemalloc" {
  run_shim ARENASHIM_DISABLE=1 "$BIN/fork_bare" 200
  expect_ok
}
@test "with arenas, the same" { run_shim "$BIN/fork_bare" 200; expect_ok; }
@test "without arenas, while other threads use jemalloc" {
  run_shim ARENASHIM_DISABLE=1 "$BIN/fork_bare" 100 2
  expect_ok
}
