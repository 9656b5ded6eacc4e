# What jemalloc keeps that no object is in (shim/jemalloc/purge_policy.h).
load ../../common

@test "what is freed for good goes back at once" {
  run_shim "$BIN/purge" freed
  expect_ok
}
@test "so it does where all large requests are callocs" {
  run_shim "$BIN/purge" calloc
  expect_ok
}
@test "threads that end tell what they freed" {
  run_shim "$BIN/purge" threads
  expect_ok
}
@test "what ended threads had in their caches is given back in the books, too" {
  run_shim "$BIN/purge" caches
  expect_ok
}
@test "threads that end leave their pages to later ones" {
  for _ in {1..12}; do # how jemalloc's idle extents lie is another matter each time
    run_shim "$BIN/purge" ended
    expect_ok
  done
}
@test "so is what shares its page with an aligned object" {
  run_shim "$BIN/purge" mixed
  expect_ok
}
@test "the peak is the program's own" {
  run_shim "$BIN/purge" peak
  expect_ok
}
@test "pages that nobody touched are left alone" {
  run_shim "$BIN/purge" untouched
  expect_ok
}
@test "what comes and goes keeps its pages" {
  run_shim "$BIN/purge" cycles
  expect_ok
}
@test "malloc_trim gives back what waits for requests of its size" {
  run_shim "$BIN/purge" trimmed
  expect_ok
}
@test "objects that threads replace at random keep their pages" {
  run_shim "$BIN/purge" replaced
  expect_ok
}
