# Code without unwind information: its callers are not guessed without end, and what is not known is said.
load ../../common

# blind MODE CASE ROUNDS: sets sites (of paths) and lost (captures that end so), from the dump.
blind() {
  rm -f d
  run_shim ARENASHIM_TAG="$1" ARENASHIM_DUMP="$PWD/d" "$BIN/tags_blind" "$2" "$3"
  expect_ok
  "$TOOL" export d --format json >d.json
  read -r sites lost cut < <(python3 - d.json <<'PY'
import json, sys
d = json.load(open(sys.argv[1]))
count = {h['name']: h['count'] for h in d['health']}
print(len(d['sites']), count['of these, cut at code without unwind information'], count['call paths cut short'])
PY
  )
  echo "$*: $sites sites, $cut paths cut, $lost of them at code without unwind information"
}

@test "a frame pointer that holds data: one call site, however often it is different data" {
  for case in numbers data zero; do
    for mode in stack:8 stack:64; do
      blind $mode $case 20000
      ((sites < 40 && lost == 20000 && cut >= lost))
    done
  done
}

@test "data that looks like return addresses: the guesses behind one address are bounded" {
  blind stack:8 returns 20000
  ((sites > 1000 && sites < 1100 && lost >= 10000))
}

@test "code made at run time, at ever new addresses: one call site" {
  for mode in site stack:8 stack:64; do
    blind $mode made_direct 20000
    ((sites < 40 && lost == 20000))
  done
  for mode in stack:8 stack:64; do
    blind $mode made_helper 20000
    ((sites < 40 && lost == 20000))
  done
}

@test "the end is marked wherever paths are shown" {
  blind stack:8 numbers 100
  "$TOOL" report d --sort allocs -n 1 | grep -q 'ask.* < \[no unwind information\]'
  "$TOOL" tree d --value allocs | grep -q '\[no unwind information\]'
  "$TOOL" export d --format collapsed --value allocs | grep -q '\[no unwind information\];.*ask 100$'
  run_shim ARENASHIM_STATS=1 "$BIN/tags_blind" numbers 100
  expect '$stderr == *" < [no unwind information]"*'
  grep -Eq '^  +of these: at code without unwind information +100$' <<<"$stderr"
}
