# What all bats files share: where the build is, how a program is run under the shim, words for what is expected.
#   TOOL  the command `arenashim` to test      BIN    the directory of the programs of test/preload, built
#   SHIM  the libarenashim.so to test          TOOLS  the same for test/tools
# A folder's own words stand in a .bash file there, which loads this one.
# shellcheck shell=bash disable=SC2034 # used by the tests
bats_require_minimum_version 1.5.0
HERE=$BATS_TEST_DIRNAME
TOP=$(realpath "$(dirname "${BASH_SOURCE[0]}")/..")
TOOL=$(realpath -m "${TOOL:-$TOP/build/arenashim}")
SHIM=$(realpath -m "${SHIM:-$(dirname "$TOOL")/libarenashim.so}")
BIN=$(realpath -m "${BIN:-$(dirname "$TOOL")/test/preload}")
TOOLS=$(realpath -m "${TOOLS:-$(dirname "$TOOL")/test/tools}")
if [[ ! -f $SHIM || ! -f $TOOL ]]; then
  echo "SHIM=$SHIM and TOOL=$TOOL must exist: run make first"
  exit 1
fi

ulimit -c 0 # programs that die on purpose leave no core
cd "$BATS_TEST_TMPDIR" 2>/dev/null || true # each test begins in a directory of its own

# The options of the user who runs the tests are not ours.
for name in "${!ARENASHIM_@}" MALLOC_CONF; do unset "$name"; done

# run_shim [NAME=VALUE...] PROGRAM [ARG...]: `run` under the shim; sets $status, $output (stdout) and $stderr.
# env, not the shell, sets the preload: bash and timeout themselves run without.
run_shim() {
  run --separate-stderr timeout -k 5 300 env LD_PRELOAD="$SHIM" "$@"
}

# arenashim ARG...: `run` of the command; sets the same.
arenashim() {
  run --separate-stderr timeout -k 5 60 "$TOOL" "$@"
}

# expect_ok: the last run succeeded. Shows what it printed when not.
expect_ok() {
  if ((status != 0)); then
    printf 'status %s\nstdout: %s\nstderr: %s\n' "$status" "$output" "$stderr"
    return 1
  fi
}

# expect CONDITION: a [[ ]] that shows what the last run printed when it fails.
expect() {
  if ! eval "[[ $1 ]]"; then
    printf 'expected: %s\nstatus: %s\nstdout: %s\nstderr: %s\n' "$1" "$status" "$output" "$stderr"
    return 1
  fi
}

# refute COMMAND: it fails. (bash lets a plain `! command` pass unseen anywhere but in a test's last line.)
refute() { ! "$@"; }

stderr_lines() { # how many lines went to stderr
  printf '%s' "$stderr" | grep -c '' || true
}

# within SECONDS COMMAND...: repeats it until it succeeds; what it printed last is in within.log.
within() {
  local end=$((SECONDS + $1)) log=$BATS_TEST_TMPDIR/within.log
  shift
  until "$@" >"$log" 2>&1; do
    ((SECONDS < end)) || { echo "not within its time: $*"; cat "$log"; return 1; }
    sleep 0.02
  done
}

# process_field DUMP NAME: what the dump says of its process: its reason, program, command, ...
process_field() {
  "$TOOL" export --format json "$1" 2>/dev/null |
    /usr/bin/python3 -c 'import json, sys; print(json.load(sys.stdin)["process"][sys.argv[1]])' "$2"
}

# dump_agrees DUMP [OPTION...]: its parts agree with each other (dump_items.py says what is compared).
dump_agrees() { /usr/bin/python3 "$TOP/test/preload/dump/dump_items.py" "$@"; }

# dumps_agree [--running] DUMP...: each of them does.
dumps_agree() {
  local option=() file
  if [[ $1 == --running ]]; then option=("$1") && shift; fi
  for file; do dump_agrees "$file" "${option[@]}" || return; done
}
