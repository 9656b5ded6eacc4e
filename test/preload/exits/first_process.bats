# The first process of a pid namespace, as in a container: Linux gives it no signal with the default action.
load ../../common

teardown() { [[ -z ${pid:-} ]] || kill -KILL "$pid" || true; }

has_handler() { # of signal 15 in the process $pid
  [[ -r /proc/$pid/status ]] && (((16#$(sed -n 's/^SigCgt:\t//p' "/proc/$pid/status") >> 14) & 1))
}
child_is_there() { pid=$(pgrep -P "$1" -x sleep); }

@test "TERM in the first process of a container: a snapshot, each time, for the process goes on" {
  unshare --pid --fork true 2>/dev/null || skip "this machine lets nobody make pid namespaces"
  unshare --pid --fork env LD_PRELOAD="$SHIM" ARENASHIM_DUMP="$PWD/" ARENASHIM_SIGNAL=TERM sleep 60 3>&- &
  within 60 child_is_there $!
  within 60 has_handler
  kill -TERM "$pid"
  within 60 test -f sleep.1.dump
  kill -TERM "$pid"
  within 60 test -f sleep.1.dump.1
  kill -0 "$pid"
  for file in sleep.1.dump sleep.1.dump.1; do
    [[ $(process_field "$file" reason) == signal && $(process_field "$file" is_snapshot) == True ]]
    "$TOOL" report "$file" >out
    grep -q '^sleep, pid 1, snapshot on signal TERM, ' out
  done
}
