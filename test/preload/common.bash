# What the bats files of this directory share: where things are, and how a program is run under the shim.
#   SHIM  the libarenashim.so to test       BIN  the directory of the built test programs
bats_require_minimum_version 1.5.0
: "${SHIM:=$BATS_TEST_DIRNAME/../../build/libarenashim.so}"
: "${BIN:=$BATS_TEST_DIRNAME/../../build/test/preload}"
if [[ ! -f $SHIM || ! -d $BIN ]]; then
  echo "SHIM=$SHIM and BIN=$BIN must exist: run make first"
  exit 1
fi
SHIM=$(realpath "$SHIM")
BIN=$(realpath "$BIN")

ulimit -c 0 # programs that die on purpose leave no core
cd "$BATS_TEST_TMPDIR" 2>/dev/null || true

# The options of whoever runs the tests are not ours.
for name in "${!ARENASHIM_@}" MALLOC_CONF; do unset "$name"; done

# run_shim [NAME=VALUE...] PROGRAM [ARG...]: `run` under the shim; sets $status, $output (stdout) and $stderr.
# env, not the shell, sets the preload: bash and timeout themselves run without.
run_shim() {
  run --separate-stderr timeout -k 5 300 env LD_PRELOAD="$SHIM" "$@"
}

# expect_ok: the last run succeeded. Shows what it printed when not.
expect_ok() {
  if ((status != 0)); then
    printf 'status %s\nstdout: %s\nstderr: %s\n' "$status" "$output" "$stderr"
    return 1
  fi
}

# expect CONDITION...: a [[ ]] that tells what the last run printed when it fails.
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
