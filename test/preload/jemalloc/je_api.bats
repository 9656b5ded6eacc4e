# jemalloc's own API, as its manual describes it (shim/api/jemalloc_api.c).
load ../../common

each_mode() { # ARG: without tags, with tags, and switched off
  for mode in ARENASHIM_TAG=off ARENASHIM_TAG=stack:8 ARENASHIM_DISABLE=1; do
    run_shim "$mode" "$BIN/je_api" "$@"
    expect_ok
  done
}

@test "nallocx, mallocx and sallocx agree for every size and flag" { each_mode sizes; }
@test "MALLOCX_ZERO covers the real size" { each_mode zero; }
@test "rallocx keeps what both real sizes can hold" { each_mode keep; }
@test "thread.allocated and its kin count every request" { each_mode counters; }
@test "a large object takes the pages of its size and no more" { each_mode pages; }
@test "the thread's cache, caches and arenas of the program's" { each_mode cache; }
