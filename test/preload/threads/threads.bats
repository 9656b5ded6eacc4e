# Threads that come and go, and objects that change hands.
load ../../common

@test "5,000 short threads: resident memory stays flat" { run_shim "$BIN/threads_short" 5000; expect_ok; }
@test "a thousand threads that sleep keep 80 KiB each, and 16 MiB when they have ended" {
  run_shim "$BIN/threads_idle" 1000 1 80 16
  expect_ok
}
@test "a thousand threads that sleep keep 120 KiB each with tags" {
  run_shim ARENASHIM_TAG=site "$BIN/threads_idle" 1000 1 120
  expect_ok
}
@test "what others freed of a thread that sleeps goes back" {
  run_shim "$BIN/threads_asleep" 1 400000 0 16384
  expect_ok
  run_shim "$BIN/threads_asleep" 1 400000 100 32768
  expect_ok
}
@test "what others freed of a thousand that sleep goes back" {
  run_shim "$BIN/threads_asleep" 1000 1500 0 160
  expect_ok
  run_shim "$BIN/threads_asleep" 1000 1500 50 280
  expect_ok
}
@test "the same with tags" {
  run_shim ARENASHIM_TAG=site "$BIN/threads_asleep" 1 400000 0 24576
  expect_ok
  run_shim ARENASHIM_TAG=site "$BIN/threads_asleep" 1000 1500 0 260
  expect_ok
}
@test "a pool of threads that shrinks gives its memory back" {
  run_shim "$BIN/threads_pool" 64 4 20000 120
  expect_ok
}
@test "objects freed by other threads" { run_shim "$BIN/remote_free" 300; expect_ok; }
@test "destructors of threads use the heap after its own" { run_shim "$BIN/thread_exit" 2000; expect_ok; }
@test "producers and consumers" { run_shim "$BIN/producer_consumer" 2000000; expect_ok; }
@test "larson: sets handed from thread to thread" { run_shim "$BIN/larson" 40 4; expect_ok; }
@test "a thread that ends while the dump is made has its name there" {
  run_shim ARENASHIM_DUMP=leaving.dump "$BIN/threads_leaving"
  expect_ok
  [[ $("$TOOL" export --format json leaving.dump | grep -o '"name":"threads_leaving","threads"' | wc -l) == 65 ]]
}
