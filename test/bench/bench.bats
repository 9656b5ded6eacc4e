# The bench refuses what tells nothing: a preload that took no effect, names it does not know, what is missing.
# The peers' packages are not needed here: only glibc is compared with.
load ../common
export SHIM

bench() { # ARGUMENT...
  "$HERE/bench.py" --quick --rounds 1 --peers glibc --output "$BATS_TEST_TMPDIR/out" "$@"
}

one_line() { # TEXT: a failure that says it in one line
  ((status != 0)) && ((${#lines[@]} == 1)) && [[ $output == *"$1"* ]] || { echo "status $status: $output"; return 1; }
}

@test "a ratio to the best peer, in the table and in bench.json" {
  run bench --only deep/1,start
  ((status == 0))
  [[ $output == *'| deep/1 '*'1 pairs) glibc'* ]]
  python3 - "$BATS_TEST_TMPDIR/out.json" <<'END'
import json, sys
assert json.load(open(sys.argv[1]))['cases'][0]['ratios']['glibc']['ratio'] > 0
END
}

@test "a verdict is no firmer than the interval" {
  cd "$HERE"
  python3 - <<'END'
import rounds, targets
identity = lambda x: x
same = rounds.paired_ratio({0: 2, 1: 2, 2: 2}, {0: 2, 1: 2, 2: 2}, identity)
assert same['ratio'] == 1 and targets.verdict_of(same, 1.0) == targets.HOLDS
wide = rounds.paired_ratio({0: 1, 1: 2, 2: 3}, {0: 2, 1: 2, 2: 2}, identity)
assert wide['interval'] == [0.5, 1.5] and targets.verdict_of(wide, 1.0) == targets.NOISE
slow = rounds.paired_ratio({0: 3, 1: 3, 2: 4}, {0: 2, 1: 2, 2: 2}, identity)
assert targets.verdict_of(slow, 1.0) == targets.MISSED
unpaired = rounds.paired_ratio({0: 3}, {1: 2}, identity)
assert unpaired is None and rounds.ratio_text(unpaired) == '-'
END
}

@test "real programs are bound to the library in a control run" {
  run bench --only json,perl
  ((status == 0)) && [[ $output == *'| json '*'1 pairs) glibc'* && $output == *'| perl '*'1 pairs) glibc'* ]]
}

@test "no ratio when the library cannot be preloaded" {
  echo 'no library' >"$BATS_TEST_TMPDIR/fake.so"
  SHIM=$BATS_TEST_TMPDIR/fake.so run bench --only deep/1,perl
  ((status != 0))
  [[ $output == *'deep/1, arenashim: the preload did not take effect: '* ]]
  [[ $output == *'perl, arenashim: the preload did not take effect: '* ]]
  [[ $output != *'pairs)'* ]]
}

@test "no ratio when what is preloaded has no malloc" {
  SHIM=$(realpath /lib/x86_64-linux-gnu/libm.so.6) run bench --only deep/1,perl
  ((status != 0)) && [[ $output == *'deep/1, arenashim: the preload did not take effect: malloc is in '* ]]
  [[ $output == *'perl, arenashim: the preload did not take effect: malloc is bound to '* && $output != *'pairs)'* ]]
}

@test "an unknown workload" { run bench --only deep/1,no-such; one_line "no workload named 'no-such'"; }
@test "an unknown peer" { run bench --peers glibc,hoard; one_line "no peer named 'hoard'"; }
@test "an unknown group" { run bench --groups nano; one_line "no group named 'nano'"; }
@test "no rounds" { run bench --rounds 0; one_line '--rounds is at least 1'; }
@test "an unknown option" { run bench --fast; one_line '--fast'; }
@test "a missing library" { SHIM=/nonexistent.so run bench; one_line 'arenashim: /nonexistent.so is missing'; }

@test "the programs know no other workload" {
  local program
  for program in micro micro_cxx; do
    run "$TOP/build/test/bench/$program" no-such 1 1
    one_line "no workload named 'no-such'"
  done
  run "$TOP/build/test/bench/memory" no-such
  one_line "no workload named 'no-such'"
  run "$HERE/instructions.sh" "$SHIM" no-such
  one_line "no loop named 'no-such'"
}
