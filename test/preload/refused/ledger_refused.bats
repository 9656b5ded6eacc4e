# The ledger adds up when system calls were refused: each counter is changed by what truly happened. And a refusal of
# memory is not taken for a library that is missing.
load ../../common

PROGRAM=nth_fail_threads

# adds_up SYSCALL STEP: for k = 1, 4, 7 ...: the k-th of each thread (or with +N each N-th from there) is refused.
adds_up() {
  command -v strace >/dev/null || skip "no strace"
  local k reports=0 mode
  for ((k = 1; k < 200; k += 3)); do
    for mode in ARENASHIM_TAG=off ARENASHIM_TAG=stack:8; do
      status=0
      output=$(timeout -k 5 60 strace -f --seccomp-bpf -q -o trace -e trace="$1" -e signal=none \
        -e inject="$1:error=ENOMEM:when=$k$2" env "$mode" ARENASHIM_STATS=1 LD_PRELOAD="$SHIM" "$BIN/$PROGRAM" \
        2>said) || status=$?
      stderr=$(<said)
      if [[ $stderr == *'sum of these lines'* ]]; then
        reports=$((reports + 1))
        expect '$status == 0 && $stderr != *DIFFERENCE* && $stderr != *"not installed"*' || { echo "$1 $k$2 $mode"; return 1; }
      fi
      expect '$stderr != *"<jemalloc>"*' # which would tell of each munmap that was refused
    done
    grep -q INJECTED trace || break
  done
  ((k < 200 && reports > 1))
  echo "# $1 k$2: $reports reports, all of them add up" >&3
}

@test "mmaps are refused" { adds_up mmap ''; }
@test "every second mmap is refused" { adds_up mmap +2; }
# glibc aborts when it may not unmap a thread's stack: these are for one that it keeps.
@test "munmaps are refused" { PROGRAM=nth_fail && adds_up munmap ''; }
@test "every munmap is refused" { PROGRAM=nth_fail && adds_up munmap +1; }
@test "every second madvise is refused" { adds_up madvise +2; }
@test "every second mprotect is refused" { adds_up mprotect +2; }
