# Memory that jemalloc has neither from mmap nor of its own accord: the program break (MALLOC_CONF=dss:..., arena.N.dss)
# and hooks of the program's.
load ../../common

# inside LEAST NAME=VALUE... ARG: so many of the objects came from there; with a report its ledger adds up.
inside() {
  local least=$1 mode
  shift
  for mode in ARENASHIM_TAG=off ARENASHIM_TAG=stack:8 ARENASHIM_SAMPLE=4K ARENASHIM_DISABLE=1; do
    run_shim "$mode" ARENASHIM_STATS=1 "${@:1:$#-1}" "$BIN/dss" "${@: -1}"
    expect_ok
    expect "\$output == *' inside' && \${output% inside} -ge $least"
    if [[ $mode != *DISABLE* && ${*: -1} != hooks ]]; then # what a hook of the program's maps we do not count
      expect '$stderr == *"sum of these lines"* && $stderr != *DIFFERENCE*'
    fi
  done
}

@test "dss:primary: memory from the break, beside the program's own" { inside 1500 MALLOC_CONF=dss:primary conf; }
@test "dss:secondary: from mmap, while there is some" { inside 0 MALLOC_CONF=dss:secondary conf; }
@test "an arena that is switched to dss" { inside 1800 TZ=UTC arena; }
@test "an arena with hooks of the program's" { inside 1800 TZ=UTC hooks; }
@test "dss:secondary serves what mmap refuses" {
  run --separate-stderr bash -c 'ulimit -v 500000; exec env MALLOC_CONF=dss:secondary LD_PRELOAD="$1" "$2" large' - \
    "$SHIM" "$BIN/refused"
  expect_ok
}
