# A request fits a fiber's stack of 4 KiB, in whatever state the process is. (jemalloc's own part of it: 3,432 bytes
# when a cold thread's object grows; ours is at most 1,248.)
load ../../common

@test "no request takes 3.5 KiB of stack: cold, warm, libraries opened and closed, a new thread, memory refused" {
  local mode
  for mode in off site stack:8 stack:64 verify:8; do
    for library in libm.so.6 "$BIN/late.plugin.so"; do
      run_shim ARENASHIM_TAG=$mode "$BIN/stack_depth" 3584 "$library"
      expect_ok
      echo "$mode: ${lines[-1]}"
    done
  done
}

@test "small requests take 1.5 KiB at most, with tags and when libraries have come" {
  local mode
  for mode in off site stack:8 stack:64; do
    run_shim ARENASHIM_TAG=$mode "$BIN/stack_depth" 3584
    expect_ok
    awk '$(NF - 1) == "small" && $NF > 1536 { print; bad = 1 } END { exit bad }' <<<"$output"
  done
}
