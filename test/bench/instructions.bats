# Executed instructions of a malloc+free pair, counted by callgrind: repeatable, whatever else the machine does.
: "${SHIM:=$BATS_TEST_DIRNAME/../../build/libarenashim.so}"
PAIRS=${BIN:-$BATS_TEST_DIRNAME/../../build/test/preload}/../bench/pairs
LIMIT=34

executed() { # LOOP TIMES: instructions of the whole process
  LD_PRELOAD=$SHIM valgrind --tool=callgrind --callgrind-out-file=/dev/null "$PAIRS" "$@" 2>&1 |
    awk '/Collected/ { print $NF }'
}

# The slope between two runs, the empty loop's taken off but for its own two calls and returns: the stand-ins
# of malloc and free execute 2 and 1 instructions, which are added again.
pair_costs() { # LOOP EMPTY
  local few=100000 many=600000 with without
  with=$(($(executed "$1" $many) - $(executed "$1" $few)))
  without=$(($(executed "$2" $many) - $(executed "$2" $few)))
  awk -v w="$with" -v o="$without" -v n=$((many - few)) -v limit=$LIMIT \
    'BEGIN { cost = (w - o) / n + 3; printf "%.2f instructions a pair, at most %d\n", cost, limit; exit cost > limit }'
}

@test "the shim is what is counted" {
  LD_PRELOAD=$SHIM ARENASHIM_STATS=1 "$PAIRS" deep 100000 2>&1 | grep -E '^ +0 +pairs +1000[0-9][0-9] '
}

@test "one object deep" { run pair_costs deep empty; echo "# $output" >&3; ((status == 0)); }

@test "random replacement in 1,000 slots" { run pair_costs random emptyrandom; echo "# $output" >&3; ((status == 0)); }
