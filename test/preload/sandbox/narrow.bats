# Sandboxes that look at arguments, or forbid one call: nobody is ended for a call that we could do without.
load ../../common

MODES=(A=1 ARENASHIM_TAG=stack:8 ARENASHIM_TAG=verify:8 "ARENASHIM_TAG=stack:8 ARENASHIM_SAMPLE=4K ARENASHIM_STATS=s.%p"
  ARENASHIM_STATS=1 ARENASHIM_DUMP=d.%p "ARENASHIM_DUMP=d.%p ARENASHIM_DUMP_AT=4M")

lives() { # WHAT
  for mode in "${MODES[@]}"; do
    # shellcheck disable=SC2086 # some are two
    run_shim $mode "$BIN/narrow" "$1"
    expect '$status == 7' || { echo "$mode"; return 1; }
  done
}

@test "strict mode in a child that has looked at no stack yet" { lives strict; }
@test "no memory may be mapped: refused, not ended" { lives memory; }
@test "write is allowed to 1 and 2 alone" { lives write; }
@test "futex may wait and wake, no more" { lives futex; }
@test "pages may not be moved: an object that grows is copied" { lives remap; }
@test "signals may not be held back" { lives masks; }
@test "the processor's counter may not be read" { lives counter; }
