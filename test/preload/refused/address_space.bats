# The process has no more addresses than it uses: monitoring, limits of its own, mlockall and core files see what they see
# with other mallocs.
load ../../common

MODES=(A=1 ARENASHIM_TAG=site ARENASHIM_TAG=stack:8 "ARENASHIM_TAG=stack:8 ARENASHIM_SAMPLE=4K" ARENASHIM_STATS=s.%p
  ARENASHIM_DUMP=d.%p ARENASHIM_BLOCK_SIZE=64K)
JEMALLOC=/usr/lib/x86_64-linux-gnu/libjemalloc.so.2

setup() { cd "$BATS_TEST_TMPDIR" || return; }

each_mode() { # ARG...: address_space with them, in each mode
  for mode in "${MODES[@]}"; do
    # shellcheck disable=SC2086 # some are two
    run_shim $mode "$BIN/address_space" "$@"
    expect_ok || { echo "$mode"; return 1; }
    if [[ $(type -t also) == function ]]; then also || { echo "$mode: $output"; return 1; }; fi
  done
}

@test "at the start: at most 64 MiB more than libjemalloc has" {
  [[ -e $JEMALLOC ]] || skip "no $JEMALLOC"
  peer=$(LD_PRELOAD=$JEMALLOC "$BIN/address_space" alive 0)
  also() { ((${output% *} <= ${peer% *} + (64 << 20))); }
  each_mode alive 0
}

@test "of a small object: at most 16 MiB more than libjemalloc has" {
  [[ -e $JEMALLOC ]] || skip "no $JEMALLOC"
  peer=$(LD_PRELOAD=$JEMALLOC "$BIN/address_space" alive 1)
  run_shim "$BIN/address_space" alive 1
  ((${output% *} <= ${peer% *} + (16 << 20)))
}

@test "with 300 MiB alive: at most twice what is resident, and 64 MiB" {
  also() { ((${output% *} <= 2 * ${output#* } + (64 << 20))); }
  each_mode alive 300
}

@test "a limit that the program sets itself: small objects" { each_mode limit 200; }
@test "a limit that the program sets itself: large objects" { each_mode limit 100000; }

@test "mlockall of what is there" { each_mode lock 1; }
@test "mlockall of what will be there" { each_mode lock 2; }
@test "mlockall of both" { each_mode lock 3; }
@test "what will be locked, by a user who may lock 8 MiB: 2 MiB at once" { each_mode future $((2 << 20)); }

@test "a mapping of the program's where small objects would grow" { each_mode obstacle; }
@test "the same without random addresses" { run_shim setarch -R "$BIN/address_space" obstacle && expect_ok; }
@test "the same where the kernel maps from below" {
  run_shim sh -c 'ulimit -s unlimited; exec "$1" obstacle' sh "$BIN/address_space"
  expect_ok
}

# The tests run without core files of the kernel's; gdb's are of the same mappings.
@test "a core file has the objects, and is no larger than the process was" {
  for mode in A=1 ARENASHIM_TAG=stack:8; do
    env "$mode" LD_PRELOAD="$SHIM" "$BIN/address_space" wait >ready &
    within 10 grep -q ready ready
    gcore -o made $! >/dev/null 2>&1
    kill $!
    grep -q 'a small object in the core' made.$!
    grep -q 'a large object in the core' made.$!
    (($(stat -c %s made.$!) < 32 << 20))
  done
}
