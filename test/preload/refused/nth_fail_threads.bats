# Every second mmap, and every one, of each thread from its k-th on fails with ENOMEM, k = 1, 2, 3 ... until none is
# left to fail, while threads begin, work and end. What fails before "main" is ld.so's (nth_fail.bats).
load ../../common

ARGUMENTS=()

fail_from() { # +STEP (empty: only the k-th) [NAME=VALUE...]
  command -v strace >/dev/null || skip "no strace"
  local step=$1 k survived=0
  shift
  for ((k = 1; k < 200; k++)); do
    status=0
    output=$(timeout -k 5 60 strace -f --seccomp-bpf -q -o trace -e trace=mmap -e signal=none \
      -e inject="mmap:error=ENOMEM:when=$k$step" env "$@" LD_PRELOAD="$SHIM" "$BIN/nth_fail_threads" "${ARGUMENTS[@]}" 2>said) || status=$?
    stderr=$(<said)
    grep -q INJECTED trace || break
    [[ $output == main* && $stderr != *'cannot be preloaded'* ]] || continue
    if ((status != 0)); then
      printf 'from mmap %s on: status %d\nstdout: %s\nstderr: %s\n' "$k$step" "$status" "$output" "$stderr"
      return 1
    fi
    survived=$((survived + 1))
  done
  expect_ok # the run that nothing disturbed
  ((k < 200 && survived > 0))
  echo "# mmap k$step $*: $survived of $k runs got past ld.so, and all ended well" >&3
}

@test "every second mmap of each thread fails" { fail_from +2; }
@test "every mmap of each thread fails" { fail_from +1; }
@test "every second mmap of each thread fails, with tags" { fail_from +2 ARENASHIM_TAG=stack:8; }
@test "every second mmap of each thread fails, switched off" { fail_from +2 ARENASHIM_DISABLE=1; }

# The mmap of jemalloc's start among them, which is made in the main thread.
@test "the k-th mmap of each thread fails, and the main thread asks for nothing again" {
  ARGUMENTS=(idle)
  fail_from ''
}

# A thread whose first requests fall into a moment without address space, and which lives on.
@test "a thread that begins without memory is served when there is some" {
  for mode in ARENASHIM_TAG=off ARENASHIM_TAG=stack:8 ARENASHIM_DISABLE=1; do
    run_shim "$mode" "$BIN/refused_thread"
    expect_ok
  done
}

@test "threads under 60, 100 and 200 MB of address space" {
  for kib in 60000 100000 200000; do
    for mode in ARENASHIM_TAG=off ARENASHIM_DISABLE=1; do
      run --separate-stderr bash -c 'ulimit -v "$1"; exec timeout 60 env "$2" LD_PRELOAD="$3" "$4" greedy' - \
        "$kib" "$mode" "$SHIM" "$BIN/nth_fail_threads"
      expect_ok
    done
  done
}
