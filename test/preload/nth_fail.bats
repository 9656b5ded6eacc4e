# The n-th system call of a kind fails with ENOMEM, n = 1, 2, 3 ... until none is left to fail.
# Then all from the n-th on: a spare that helps over one failure may not be handed out twice.
# strace injects, and counts for each thread by itself. nth_fail prints "main" when it starts: what fails before is
# the start by ld.so, which may end the program with its message and status 127, or run it without the shim, which then
# says nothing of ours. Only a call before the shim was even opened is wholly ld.so's own (it takes a fault when its
# first mmap fails); any other death by a signal is ours.
load common

calls_that_failed() { # TRACE: the injected failures, in order, and where the shim was opened
  grep -nE 'INJECTED|open.*'"$(basename "$SHIM")" "$1"
}

fail_nth() { # SYSCALL [+]: the n-th fails, or with + all from the n-th on
  command -v strace >/dev/null || skip "no strace"
  local n early=0 survived=0
  for ((n = 1; n < 300; n++)); do
    status=0 # not by `run`, which warns of each status 127
    output=$(timeout -k 5 120 strace -f -q -o trace -e trace="$1,open,openat" -e signal=none \
      -e inject="$1:error=ENOMEM:when=$n${2:-}" -E LD_PRELOAD="$SHIM" "$BIN/nth_fail" 2>said) || status=$?
    stderr=$(<said)
    if ! grep -q INJECTED trace; then
      expect_ok # the run that nothing disturbed
      break
    fi
    if [[ $stderr == *'cannot be preloaded'* ]]; then
      early=$((early + 1))
    elif ((status == 0)); then
      survived=$((survived + 1))
    elif [[ $output != main* ]] && { ((status == 127)) || [[ $(calls_that_failed trace | head -1) == *INJECTED* ]]; }; then
      early=$((early + 1))
    else
      printf 'call %s of %s refused: status %d\nstdout: %s\nstderr: %s\n' "$n${2:-}" "$1" "$status" "$output" "$stderr"
      calls_that_failed trace | head -5
      return 1
    fi
  done
  ((n < 300))
  echo "# $1${2:-}: $survived failures survived, $early before main" >&3
}

@test "the n-th mmap fails" { fail_nth mmap; }
@test "the n-th mprotect fails" { fail_nth mprotect; }
@test "the n-th madvise fails" { fail_nth madvise; }
@test "the n-th munmap fails" { fail_nth munmap; }
@test "the n-th brk fails" { fail_nth brk; }
@test "the n-th mremap fails" { fail_nth mremap; }
@test "all mmaps from the n-th on fail" { fail_nth mmap +; }
@test "all mprotects from the n-th on fail" { fail_nth mprotect +; }
@test "all madvises from the n-th on fail" { fail_nth madvise +; }
@test "all munmaps from the n-th on fail" { fail_nth munmap +; }
