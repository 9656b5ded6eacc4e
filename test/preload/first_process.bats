# The first process of a pid namespace, as in a container: Linux gives it no signal with the default action.
load common
: "${TOOL:=$BATS_TEST_DIRNAME/../../build/arenashim}"

teardown() { [[ -z ${pid:-} ]] || kill -KILL "$pid" || true; }

json() { "$TOOL" export --format json "$1" | python3 -c 'import json, sys; print(json.load(sys.stdin)["process"][sys.argv[1]])' "$2"; }

# wait_for COMMAND...: until it succeeds, at most a minute
wait_for() {
  for _ in {1..6000}; do
    "$@" && return
    read -rt 0.01 <> <(:) || true
  done
  false
}
has_handler() { # of signal 15 in the process $pid
  [[ -r /proc/$pid/status ]] && (((16#$(sed -n 's/^SigCgt:\t//p' "/proc/$pid/status") >> 14) & 1))
}
child_is_there() { pid=$(pgrep -P "$1" -x sleep); }

@test "TERM in the first process of a container: a snapshot, each time, for the process goes on" {
  unshare --pid --fork true 2>/dev/null || skip "this machine lets nobody make pid namespaces"
  unshare --pid --fork env LD_PRELOAD="$SHIM" ARENASHIM_DUMP="$PWD/" ARENASHIM_SIGNAL=TERM sleep 60 3>&- &
  wait_for child_is_there $!
  wait_for has_handler
  kill -TERM "$pid"
  wait_for test -f sleep.1.dump
  kill -TERM "$pid"
  wait_for test -f sleep.1.dump.1
  kill -0 "$pid"
  for file in sleep.1.dump sleep.1.dump.1; do
    [[ $(json "$file" reason) == signal && $(json "$file" is_snapshot) == True ]]
    "$TOOL" report "$file" >out
    grep -q '^sleep, pid 1, snapshot on signal TERM, ' out
  done
}
