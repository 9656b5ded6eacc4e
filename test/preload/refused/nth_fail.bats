# The n-th system call of a kind fails with ENOMEM, n = 1, 2, 3 ... until none is left to fail.
# Then all from the n-th on: a spare that helps over one failure may not be handed out twice.
# strace injects, and counts for each thread by itself. nth_fail prints "main" when it starts: what fails before is
# the start by ld.so, which may end the program with its message and status 127, or run it without the shim, which then
# says nothing of ours. ld.so also takes a fault of its own when it is refused a page for its lists of objects: which
# mmap that is depends on the length of their paths. Its first mprotect seals the first object it has relocated, and
# until then nothing of the shim can have run: a death by a signal before it is ld.so's, any other is ours.
load ../../common

calls_that_failed() { # TRACE: the injected failures, in order, and the first mprotect
  grep -nE 'INJECTED' "$1" | head -5
  grep -n -m1 'mprotect(' "$1" || echo 'no mprotect'
}

fail_nth() { # SYSCALL [+]: the n-th fails, or with + all from the n-th on
  command -v strace >/dev/null || skip "no strace"
  local n early=0 survived=0
  for ((n = 1; n < 300; n++)); do
    status=0 # not by `run`, which warns of each status 127
    output=$(timeout -k 5 120 strace -f --seccomp-bpf -q -o trace -e trace="$1,mprotect" -e signal=none \
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
    elif [[ $output != main* ]] && { ((status == 127)) || ! grep -q 'mprotect(' trace; }; then
      early=$((early + 1))
    else
      printf 'call %s of %s refused: status %d\nstdout: %s\nstderr: %s\n' "$n${2:-}" "$1" "$status" "$output" "$stderr"
      calls_that_failed trace
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
