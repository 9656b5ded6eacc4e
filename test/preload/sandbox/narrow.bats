# Sandboxes that look at arguments, or forbid one call: nobody is ended for a call that we could do without.
load ../../common

MODES=(A=1 ARENASHIM_TAG=stack:8 ARENASHIM_TAG=verify:8 "ARENASHIM_TAG=stack:8 ARENASHIM_SAMPLE=4K ARENASHIM_STATS=s.%p"
  ARENASHIM_STATS=1 ARENASHIM_DUMP=d.%p "ARENASHIM_DUMP=d.%p ARENASHIM_DUMP_AT=4M" "ARENASHIM_RECORD=r.%p ARENASHIM_TAG=site")

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
@test "memory may be mapped, but not given back" { lives unmap; }
@test "pages may not be protected: memory is there" { lives protect; }
@test "pages may not be advised: memory is there" { lives advise; }
@test "a thread in strict mode is nothing to the others, which work and write their dump" {
  lives thread
  run_shim ARENASHIM_DUMP=own "$BIN/narrow" thread
  expect '$status == 7'
  [[ -s own ]]
}
@test "a thread inherits what its starter may not" { lives inherited; }
@test "signals may not be held back" { lives masks; }
@test "the processor's counter may not be read" { lives counter; }
