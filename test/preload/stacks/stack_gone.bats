# Stacks that are gone: a walk reads no word that was there only once.
load ../../common

survives() { # CASE [ROUNDS]
  local mode
  for mode in stack:2 stack:8 stack:64 verify:8; do
    echo "$mode $*"
    run_shim ARENASHIM_TAG=$mode ARENASHIM_STATS=1 "$BIN/stack_gone" "$@"
    expect_ok
    expect '$stderr != *"of these differing"*'
  done
}

@test "a context's stack is unmapped, and a smaller one ends above the same stack pointer" { survives contexts; }
@test "the same with a signal's stack" { survives signals; }
@test "the same with the stacks of threads that have ended" { survives threads; }
@test "a fiber entered by a jump, at the very end of its stack, and the page above goes" { survives edge; }
@test "a fiber whose return address is a function's first byte, behind another's last call" { survives fake_call; }
@test "a fiber whose return address is a function's first byte" { survives fake_data; }

@test "a million requests from fibers that come and go between guards" {
  for mode in stack:8 stack:64; do
    run_shim ARENASHIM_TAG=$mode "$BIN/stack_gone" any 16000
    expect_ok
    ((${output% requests} >= 1000000))
  done
  survives any 500
}

@test "the main thread's stack, however deep, is read without a system call" {
  run --separate-stderr timeout 60 strace -f -qq -o calls -E LD_PRELOAD="$SHIM" -E ARENASHIM_TAG=stack:8 \
    "$BIN/stack_gone" main
  expect_ok
  sed '1,/getppid/d; /write(1,/,$d' calls | grep -v -e mmap -e munmap -e madvise -e mprotect >others || true
  cat others
  [[ ! -s others ]]
}
