# Processes that run, asked from outside: attach, detach, and what they cannot do.
load ../../common

# serve NAME=VALUE... : a program that grows by the same lines all the time; its pid is in $pid
serve() {
  env LD_PRELOAD="$SHIM" PYTHONMALLOC=malloc "$@" timeout 60 /usr/bin/python3 -c '
import mmap, threading, time
kept = []
mapped = []
def churn():
    while True:
        [str(i) for i in range(1000)]
        time.sleep(0.002)
threading.Thread(target=churn, daemon=True).start()
while True:
    kept.append(bytearray(3000))
    if len(kept) % 64 == 0:
        mapped.append(mmap.mmap(-1, 1 << 16))
    time.sleep(0.001)' &
  timeout=$!
  pid=
  # shellcheck disable=SC2016
  within 10 bash -c 'pgrep -P "$1" python3' _ "$timeout" # not its child before the exec
  pid=$(pgrep -P "$timeout" python3)
  within 10 "$TOOL" top --once --interval 0.1 "$pid"
}

teardown() { [[ -z ${timeout:-} ]] || kill "$timeout" 2>/dev/null || true; }

@test "a process that was started without tags: the line that grows is named, and it is not stopped" {
  serve
  arenashim attach "$pid" --sample 16K
  expect '$status == 0 && $output == "attached to $pid: one request for each 16384 bytes is recorded from now on"*'
  sleep 1
  arenashim top --once --sort growth -n 1 "$pid"
  expect '$output == *PyByteArray_Resize*'
  arenashim detach "$pid"
  expect '$status == 0 && $output == "detached from $pid"*'
  kill -0 "$pid"
  [[ $(grep -c . "/proc/$pid/task/$pid/stat") == 1 && -z $(grep -E '^TracerPid:.*[1-9]' "/proc/$pid/status") ]]
}

@test "every request: how much is there from before is told, what comes since is exact" {
  serve
  arenashim attach "$pid" --tag stack:8
  expect '$status == 0 && $output == "attached to $pid: every request is recorded from now on"*'
  expect '$output =~ before:\ (at\ least\ )?[0-9.]+.?\ objects,\ [0-9.]+\ [KM]iB'
  sleep 1
  arenashim top --once --sort growth -n 1 "$pid"
  expect '$output == *"tags stack:8"* && $output == *PyByteArray_Resize* && $output != *"~"*'
  arenashim detach "$pid"
  expect '$status == 0'
  "$TOOL" dump "$pid" -o "$BATS_TEST_TMPDIR/a.dump"
  arenashim report "$BATS_TEST_TMPDIR/a.dump"
  expect '$output == *"exact: every allocation"* && $output == *"(while nobody was attached)"*'
  # of these objects only the room is known: a limit just below is not said to be exceeded
  live=$(sed -nE 's/^  live     ([0-9]+) bytes.*/\1/p' <<<"$output")
  for limit in "$live 0" "$((live - 1)) 2" "1000 1"; do
    arenashim check "$BATS_TEST_TMPDIR/a.dump" --max-live "${limit% *}"
    expect '$status == ${limit#* }'
  done
  kill -0 "$pid"
}

@test "after detach each view says from when to when was recorded, and what comes then was while nobody was attached" {
  local ended='recorded from [0-9.]+ s to [0-9.]+ s after the start, nothing since' view
  serve
  arenashim attach "$pid" --tag stack:8
  expect_ok
  sleep 0.5
  for view in report "top --once --interval 0.1"; do
    # shellcheck disable=SC2086
    arenashim $view "$pid"
    expect '$output =~ "recorded since attach, "[0-9.]+" s after the start" && $output != *"nothing since"*'
  done
  arenashim detach "$pid"
  sleep 0.5
  "$TOOL" dump "$pid" -o "$BATS_TEST_TMPDIR/a.dump"
  cd "$BATS_TEST_TMPDIR"
  for view in report leaks tree arenas waste timeline "report --kind mapped"; do
    # shellcheck disable=SC2086
    arenashim $view a.dump
    expect '$output =~ $ended'
    [[ $view == @(arenas|waste|timeline) ]] || expect '$output == *"(while nobody was attached)"* && $output != *"(without a tag)"*'
  done
  arenashim top --once --interval 0.1 "$pid"
  expect '$output =~ $ended'
  arenashim html a.dump -o a.html
  grep -qE "$ended" a.html
  # by samples, again: the second stretch goes on
  arenashim attach "$pid" --sample 16K
  sleep 0.3
  arenashim report "$pid"
  expect '$output =~ "recorded in 2 parts, the last since attach, "'
  # and what is left out is said where the sums are
  expect '$output =~ "live     ~"[0-9]+" bytes in ~"[0-9]+" objects requested while somebody was attached; peak ~"'
  arenashim top --once --interval 0.1 "$pid"
  expect '$output == *"live (requested while attached) ~"*'
  arenashim metrics "$pid"
  expect '$output == *'"'"'sample_bytes="16384",attached="1"} 1'"'"'*'
  "$TOOL" dump "$pid" -o s.dump
  arenashim s.dump
  expect '$output == *"recorded and alive then: ~"*'
}

# figures DUMP... : of dumps of one process, the older first: what never falls must not, and the
# views must agree.
figures() {
  local dump
  for dump; do
    "$TOOL" export --format json --no-fold "$dump" >"$dump.json"
  done
  python3 -c '
import json, sys
before = {"allocs": 0, "peak": 0, "requests": 0}
for name in sys.argv[1:]:
    d = json.load(open(name))
    p, moments = d["process"], d["moments"]
    exact = p["sample_bytes"] == 0
    assert p["tags"] == "stack", (name, p["tags"])
    now = {"requests": max(m["allocs"] for m in moments)}
    if exact:
        now |= {"allocs": sum(a["allocs"] for a in d["accounts"]), "peak": p["peak_bytes"]}
        assert p["peak_bytes"] >= max(m["live_bytes"] for m in moments), (name, p["peak_bytes"])
        apart = abs(now["allocs"] - now["requests"])
        # moments count as of slow paths, accounts to the operation
        assert apart <= 0.1 * now["requests"], (name, now)
        last = moments[-1]
        if last["at_reading"]:
            assert last["live_bytes"] == p["live_bytes"], (name, last, p)
            apart = abs(moments[-2]["live_bytes"] - p["live_bytes"])
            assert apart < 0.1 * p["live_bytes"], (name, moments[-2], p)
    elif moments[-1]["at_reading"]:
        assert moments[-1]["allocs"] > moments[-2]["allocs"], (name, moments[-2:])
    for a, b in zip(moments, moments[1:]):
        assert a["allocs"] <= b["allocs"], (name, a, b)
    for what, value in now.items():
        assert value >= before[what], (name, what, before[what], value)
    print(name, now, p["live_bytes"], file=sys.stderr)
    before |= now
' "${@/%/.json}"
}

@test "after attach no total falls, and report and timeline agree: dumps from outside, its own, and samples" {
  cd "$BATS_TEST_TMPDIR"
  timeout --foreground 60 env LD_PRELOAD="$SHIM" PYTHONMALLOC=malloc ARENASHIM_TAG=off ARENASHIM_DUMP="$PWD/end" \
    /usr/bin/python3 -c '
import os, time
def wait(name):
    open(name + ".done", "w").close()
    while not os.path.exists(name):
        [str(i) for i in range(1000)]
        time.sleep(0.002)
first = [bytearray(1000) for i in range(50000)]
wait("1")
second = [bytearray(1000) for i in range(10000)]
wait("2")
del first
wait("3")
third = [bytearray(1000) for i in range(10000)]
wait("4")
# its own moments count requests as of the last slow path, which readers outside need not
more = [str(i) for i in range(100000)]' 3>&- &
  timeout=$!
  within 20 test -e 1.done
  pid=$(pgrep -P "$timeout")
  arenashim attach "$pid" --tag stack:8
  expect_ok
  for step in 1 2 3; do
    # a moment is taken at most every 100 ms: the newest must be of this step
    sleep 0.3
    "$TOOL" dump "$pid" -o "$step.dump"
    touch "$step"
    within 20 test -e "$((step + 1)).done"
  done
  arenashim detach "$pid"
  arenashim attach "$pid" --sample 16K
  sleep 0.3
  "$TOOL" dump "$pid" -o samples.dump
  arenashim attach "$pid" --tag stack:8
  sleep 0.3
  "$TOOL" dump "$pid" -o 4.dump
  touch 4
  wait "$timeout"
  figures 1.dump 2.dump 3.dump samples.dump 4.dump end
  # of the 50,000 that were freed only the number is known
  arenashim 3.dump
  expect '$output == *" allocations of at least "*" MiB in all"*'
}

@test "large objects: what is left after steps that only free is known, within 1 MiB and one list a class and thread" {
  for how in plain attached; do
    /usr/bin/python3 "$TOP/test/preload/record/large_books.py" "$SHIM" "$TOOL" "$BIN/large_books" \
      "$BATS_TEST_TMPDIR" $how
  done
}

@test "the process says so itself: since when, what is of before; in its report and its metrics" {
  timeout --foreground 60 env LD_PRELOAD="$SHIM" PYTHONMALLOC=malloc ARENASHIM_TAG=off ARENASHIM_STATS="$PWD/stats" \
    ARENASHIM_METRICS="$PWD/metrics" /usr/bin/python3 -c '
import os, time
kept = [bytearray(300) for i in range(20000)] + [bytearray(700) for i in range(500)]
open("ready", "w").close()
while not os.path.exists("go"):
    kept.append(bytearray(3000))
    time.sleep(0.001)
os._exit(0)' 3>&- &
  timeout=$!
  within 20 test -e ready
  pid=$(pgrep -P "$timeout")
  arenashim attach "$pid" --tag stack:8
  expect_ok
  sleep 0.3
  arenashim metrics "$pid"
  expect '$output == *'"'"'tags="stack:8",sample_bytes="0",attached="1"} 1'"'"'*'
  touch go
  wait "$timeout"
  grep -qE '^   attached [0-9]+\.[0-9] s after the start: every request since is recorded, stack:8$' stats
  (($(awk '/^while nobody was attached/ { getline; print $3 }' stats) >= 20000))
  (($(awk '/^  large objects/ { print $3 }' stats) >= 500))
  (($(awk '/^  bytes of these, with rounding/ { print $NF }' stats) >= 20000 * 304))
  grep -q 'tags="stack:8",sample_bytes="0",attached="1"' metrics*
}

@test "200 toggles under eight threads that free each other's objects, fork and dlopen: books balance" {
  mkdir "$BATS_TEST_TMPDIR/d"
  /usr/bin/python3 "$TOP/test/preload/record/toggles.py" "$SHIM" "$TOOL" "$BIN/toggled" \
    "$BATS_TEST_TMPDIR/d" "${EXACT_TOGGLES:-200}" "${SEED:-1}"
}

# sizes NAME [OPTION...] : what attach_sizes prints, while somebody is attached with these options
sizes() {
  LD_PRELOAD=$SHIM "$BIN/attach_sizes" "$BATS_TEST_TMPDIR/$1.go" >"$BATS_TEST_TMPDIR/$1" 3>&- &
  pid=$! timeout=$!
  within 10 "$TOOL" top --once --interval 0.1 "$pid"
  (($# == 1)) || "$TOOL" attach "$pid" "${@:2}"
  touch "$BATS_TEST_TMPDIR/$1.go"
  wait "$pid"
  cat "$BATS_TEST_TMPDIR/$1"
}

@test "every request: objects of less than a page have the sizes that they have without" {
  sizes plain
  sizes attached --tag site
  read -r _ usable resident <"$BATS_TEST_TMPDIR/plain"
  read -r _ usable_then resident_then <"$BATS_TEST_TMPDIR/attached"
  ((usable_then <= usable * 11 / 10 && resident_then <= resident * 11 / 10))
}

@test "every request: malloc_trim gives back what the second cache keeps, too" {
  LD_PRELOAD=$SHIM "$BIN/attach_trim" "$BATS_TEST_TMPDIR/go" >"$BATS_TEST_TMPDIR/said" 3>&- &
  pid=$! timeout=$!
  within 10 "$TOOL" top --once --interval 0.1 "$pid"
  "$TOOL" attach "$pid" --tag site
  touch "$BATS_TEST_TMPDIR/go"
  wait "$pid"
  cat "$BATS_TEST_TMPDIR/said"
  IFS=' ,' read -r _ taken _ _ _ kept _ _ _ left <"$BATS_TEST_TMPDIR/said"
  ((kept > taken / 2 && left < taken / 20))
}

@test "threads that allocate follow soon" {
  mkdir "$BATS_TEST_TMPDIR/d"
  /usr/bin/python3 "$TOP/test/preload/record/attach_time.py" "$SHIM" "$BIN/record_books" \
    "$BATS_TEST_TMPDIR/d" 5 2000
}

@test "where the system refuses memory for tags, it is said, and the program runs on" {
  (ulimit -v 614400 && LD_PRELOAD=$SHIM exec "$BIN/attach_limit" >"$BATS_TEST_TMPDIR/said") &
  pid=$! timeout=$!
  within 30 grep -q full "$BATS_TEST_TMPDIR/said"
  arenashim attach "$pid" --tag site
  expect '$status == 2 && $stderr == *"the system refuses it the memory that tags need"*'
  arenashim attach "$pid"
  expect '$status == 0'
  kill -0 "$pid"
}

@test "for a time, then a dump and the end" {
  serve
  arenashim attach "$pid" --sample 16K --for 1s -o "$BATS_TEST_TMPDIR/a.dump"
  expect '$status == 0 && $output == *"written: "*detached*'
  "$TOOL" leaks "$BATS_TEST_TMPDIR/a.dump" >"$BATS_TEST_TMPDIR/out"
  grep -q PyByteArray_Resize "$BATS_TEST_TMPDIR/out"
}

@test "a process that sleeps begins when it asks for memory, and the command says so" {
  env LD_PRELOAD="$SHIM" /bin/sleep 30 &
  timeout=$!
  within 10 "$TOOL" top --once --interval 0.1 "$timeout"
  arenashim attach "$timeout"
  expect '$status == 0 && $output == *"no thread has asked for memory since: recording begins when one does"*'
}

@test "10 toggles under four threads that free each other's objects: estimates fit the books" {
  mkdir "$BATS_TEST_TMPDIR/d"
  /usr/bin/python3 "$TOP/test/preload/record/attach_toggles.py" "$SHIM" "$TOOL" "$BIN/record_books" \
    "$BATS_TEST_TMPDIR/d" "${TOGGLES:-10}"
}

@test "a process that has tags since its start is refused also while it sleeps; so is detach" {
  local given said
  for given in "TAG=stack:8|stack:8, every request" "RECORD=$BATS_TEST_TMPDIR/r.record|stack:8, every request" \
    "TAG=site ARENASHIM_SAMPLE=64K|site, one request for each 65536 bytes"; do
    said=${given#*|} given=${given%|*}
    # shellcheck disable=SC2086
    env LD_PRELOAD="$SHIM" ARENASHIM_$given /bin/sleep 30 &
    timeout=$!
    within 10 "$TOOL" top --once --interval 0.1 "$timeout"
    for word in attach detach "attach --tag=site"; do
      # shellcheck disable=SC2086
      arenashim $word "$timeout"
      expect '$status == 2 && -z $output && $stderr == *"recorded call paths since its start ($said), and attach and detach"*'
    done
    kill "$timeout"
  done
}

@test "another attach while attached says what it takes the place of; samples show again after it" {
  serve
  arenashim detach "$pid"
  expect '$status == 0 && $output == "nobody is attached to $pid: nothing is recorded"'
  arenashim attach "$pid" --sample 16K --tag stack:8
  expect '$status == 0 && $output != *"takes the place"*'
  sleep 0.5
  arenashim attach "$pid" --tag stack:8
  expect '$status == 0 && $output == *"takes the place of an attach that recorded one request for each 16384 bytes"*'
  expect '$output == *"recorded by samples before is not shown any more until somebody attaches with --sample"*'
  arenashim detach "$pid"
  expect '$status == 0 && $output == "detached from $pid"*'
  arenashim attach "$pid" --sample 1024M
  expect '$status == 0 && $output != *"takes the place"* && $output != *"by samples before"*'
  arenashim dump "$pid" -o "$BATS_TEST_TMPDIR/again.dump"
  arenashim leaks "$BATS_TEST_TMPDIR/again.dump"
  expect '$output == *PyByteArray_Resize*'
}

@test "what cannot be attached to is told in one line" {
  serve ARENASHIM_TAG=site
  arenashim attach "$pid"
  expect '$status == 2 && $stderr == *"has recorded call paths since its start"*'
  arenashim attach $$
  expect '$status == 2 && $stderr == *"does not run under libarenashim.so"*'
  arenashim attach 4194303
  expect '$status == 2 && $stderr == *"there is none"*'
  arenashim attach bash
  expect '$status == 2 && $stderr == *"give the PID of a process"*'
  arenashim attach "$pid" --sample 1
  expect '$status == 2 && $stderr == *"give bytes, from 4K to 1024M"*'
  ((EUID == 0)) || skip "only root can become another user"
  run --separate-stderr setpriv --reuid 65534 --regid 65534 --clear-groups "$TOOL" attach "$pid"
  expect '$status == 2 && $stderr == *"as that user, or as root"*'
}
