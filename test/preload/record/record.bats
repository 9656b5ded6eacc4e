# ARENASHIM_RECORD: the books lie in a file while the program runs, and after any end.
load ../../common

GROW='x = [str(i) for i in range(100000)]
y = [bytearray(5000) for i in range(1000)]'

# killed NAME=VALUE... : a program that holds about 11 MiB and is killed then; its record is x.record
killed() {
  run_shim ARENASHIM_RECORD="$BATS_TEST_TMPDIR/x.record" PYTHONMALLOC=malloc "$@" /usr/bin/python3 -c "$GROW
import os; os.kill(os.getpid(), 9)"
  expect '$status == 137'
}

# a program that runs on after what SCRIPT did to its record
goes_on() { # SCRIPT [NAME=VALUE...]
  local script=$1
  shift
  run_shim ARENASHIM_RECORD="$BATS_TEST_TMPDIR/x.record" PYTHONMALLOC=malloc "$@" /usr/bin/python3 -c "$GROW
import os
path = '$BATS_TEST_TMPDIR/x.record'
$script
del x
x = [str(i) for i in range(200000)]
z = [bytearray(300000) for i in range(50)]
print(len(x) + len(y) + len(z))"
  expect '$status == 0 && $output == 201050'
}

@test "what a killed program held is in its record, by call site" {
  killed
  "$TOOL" report "$BATS_TEST_TMPDIR/x.record" >"$BATS_TEST_TMPDIR/out"
  grep -q 'from its record' "$BATS_TEST_TMPDIR/out"
  grep -qE '^ *53[0-9]{5} .*PyUnicode_New' "$BATS_TEST_TMPDIR/out"
  "$TOOL" export "$BATS_TEST_TMPDIR/x.record" --format json >"$BATS_TEST_TMPDIR/json"
  /usr/bin/python3 - "$BATS_TEST_TMPDIR/json" <<'END'
import json, sys
d = json.load(open(sys.argv[1]))
live = sum(a["live_bytes"] for a in d["accounts"])
assert d["process"]["live_bytes"] == live == sum(a["live_bytes"] for a in d["arenas"]), live
assert 11 << 20 < live < 14 << 20 and d["process"]["peak_bytes"] >= live, live
assert all(a["live_objects"] == a["allocs"] - a["frees"] for a in d["accounts"])
lines = sum(l["bytes"] for l in d["ledger"] if l["kind"] == "line")
total = next(l["bytes"] for l in d["ledger"] if l["kind"] == "total")
assert lines == total, (lines, total)
END
}

@test "without tags: by arena and size class" {
  killed ARENASHIM_TAG=off
  "$TOOL" report --by class "$BATS_TEST_TMPDIR/x.record" >"$BATS_TEST_TMPDIR/out"
  grep -qE '^ *67[0-9]{5} .* 64$' "$BATS_TEST_TMPDIR/out"
}

# last_moment FILE tagged|plain: the axis ends with what the books say, in all views.
last_moment() {
  "$TOOL" export "$1" --format json >"$BATS_TEST_TMPDIR/json"
  live=$(/usr/bin/python3 - "$BATS_TEST_TMPDIR/json" "$2" <<'END'
import json, sys
d, tagged = json.load(open(sys.argv[1])), sys.argv[2] == "tagged"
m, before = d["moments"][-1], d["moments"][:-1]
assert m["at_reading"] and not any(b["at_reading"] for b in before)
assert all(b["time_ns"] <= m["time_ns"] for b in before)
assert m["mapped_bytes"] == next(l["bytes"] for l in d["ledger"] if l["kind"] == "total")
shares = sum(s["bytes"] for s in m["shares"])
if tagged:
    assert m["live_bytes"] == d["process"]["live_bytes"] == shares + m["rest_bytes"], m
    held = {}
    for a in d["accounts"]:
        held[a["site"]] = held.get(a["site"], 0) + a["live_bytes"]
    assert all(held[s["site"]] == s["bytes"] for s in m["shares"])
    assert len(m["shares"]) == min(64, sum(h > 0 for h in held.values()))
else:
    assert m["live_bytes"] >= d["process"]["live_bytes"] and m["rest_bytes"] is None and not shares
assert m["allocs"] >= (before[-1]["allocs"] if before else 0)
assert 11 << 20 < m["live_bytes"] < 14 << 20, m["live_bytes"]
print(m["live_bytes"])
END
)
  [[ -n $live ]]
  "$TOOL" timeline "$1" | grep -qE "^ *[0-9.]+ +$live .*most, (now|last state)"
  [[ $2 == plain ]] || "$TOOL" timeline --at 1h "$1" | grep -qE "^held at .*: $live bytes"
  "$TOOL" html "$1" -o "$BATS_TEST_TMPDIR/page"
  grep -qE "data-moments\">.*live_bytes\":\[[0-9,]*\b$live\]" "$BATS_TEST_TMPDIR/page"
}

@test "the time axis ends with what was held last, not with the moment before" {
  killed
  last_moment "$BATS_TEST_TMPDIR/x.record" tagged
  rm "$BATS_TEST_TMPDIR/x.record"
  killed ARENASHIM_TAG=off
  last_moment "$BATS_TEST_TMPDIR/x.record" plain
  rm "$BATS_TEST_TMPDIR/x.record"
  env LD_PRELOAD="$SHIM" ARENASHIM_TAG=site PYTHONMALLOC=malloc /usr/bin/python3 -c "$GROW
open('$BATS_TEST_TMPDIR/ready', 'w').close()
import time; time.sleep(30)" 3>&- &
  pid=$!
  within 10 test -e "$BATS_TEST_TMPDIR/ready"
  "$TOOL" dump "$pid" -o "$BATS_TEST_TMPDIR/d"
  kill "$pid"
  last_moment "$BATS_TEST_TMPDIR/d" tagged
}

@test "20 ends at random moments: each record has what the program's own books have" {
  mkdir "$BATS_TEST_TMPDIR/d"
  /usr/bin/python3 "$TOP/test/preload/record/record_kills.py" "$SHIM" "$TOOL" "$BIN/record_books" \
    "$BATS_TEST_TMPDIR/d" "${KILLS:-20}"
}

@test "somebody writes into the record: the program computes on, readers get an answer or a line" {
  mkdir "$BATS_TEST_TMPDIR/d"
  /usr/bin/python3 "$TOP/test/preload/record/record_hostile.py" "$SHIM" "$TOOL" "$BATS_TEST_TMPDIR/d" "${SECONDS_HOSTILE:-3}"
}

@test "somebody cuts the record: the program computes on" {
  goes_on 'os.truncate(path, 0)'
  goes_on 'os.truncate(path, 70000)'
  goes_on 'os.truncate(path, 0)' ARENASHIM_TAG=off
}

@test "somebody removes it, or puts another file there: the program computes on, and that file stays" {
  goes_on 'os.unlink(path)'
  goes_on 'os.unlink(path); open(path, "w").write("mine")' ARENASHIM_DUMP="$BATS_TEST_TMPDIR/other.dump"
  [[ $(<"$BATS_TEST_TMPDIR/x.record") == mine ]]
}

@test "at a regular end the dump takes the record's place" {
  goes_on ''
  [[ $(head -c 8 "$BATS_TEST_TMPDIR/x.record" | od -An -c) == *'A   R   E   N   A  \r  \n'* ]]
  [[ $("$TOOL" report "$BATS_TEST_TMPDIR/x.record") != *'from its record'* ]]
}

@test "with ARENASHIM_DUMP too, the record goes when the dump is there" {
  goes_on '' ARENASHIM_DUMP="$BATS_TEST_TMPDIR/x.dump"
  [[ -f $BATS_TEST_TMPDIR/x.dump && ! -e $BATS_TEST_TMPDIR/x.record ]]
}

@test "a program that exec replaces leaves its record, with its name" {
  run_shim ARENASHIM_RECORD="$BATS_TEST_TMPDIR/%e.record" /bin/bash -c 'a=$(seq 1000); exec /bin/true'
  expect '$status == 0'
  [[ $("$TOOL" report "$BATS_TEST_TMPDIR/bash.record") == *'from its record'* ]]
}

@test "a fork's child has a record of its own when it lives, and what the parent's is stays the parent's" {
  run_shim ARENASHIM_RECORD="$BATS_TEST_TMPDIR/%p.record" PYTHONMALLOC=malloc /usr/bin/python3 -c "$GROW
import os, signal, time
child = os.fork()
if child == 0:
    del y
    end = time.time() + 0.4
    while time.time() < end:
        z = [str(i) for i in range(20000)]
    os.kill(os.getpid(), 9)
os.wait()
print(os.getpid(), child)
os.kill(os.getpid(), 9)"
  read -r parent child <<<"$output"
  live() { "$TOOL" export "$BATS_TEST_TMPDIR/$1.record" --format json | /usr/bin/python3 -c '
import json, sys
print(json.load(sys.stdin)["process"]["live_bytes"] >> 20)'; }
  echo "parent $(live "$parent") MiB, child $(live "$child") MiB"
  (($(live "$parent") >= 11 && $(live "$child") >= 5 && $(live "$child") <= 9))
}

@test "a full disk, a read-only one, one that vanishes: the program computes on" {
  ((EUID == 0)) || skip "only root can mount"
  local at=$BATS_TEST_TMPDIR/disk
  mkdir "$at"
  mount -t tmpfs -o size=1200k none "$at" || skip "this machine mounts nothing"
  run_shim ARENASHIM_RECORD="$at/x.record" PYTHONMALLOC=malloc /usr/bin/python3 -c "$GROW
import os; os.kill(os.getpid(), 9)"
  expect '$status == 137'
  [[ $("$TOOL" report "$at/x.record" 2>&1) == *'found no room in its file'* ]]
  mount -o remount,ro "$at"
  run_shim ARENASHIM_RECORD="$at/y.record" TMPDIR=/nowhere /bin/echo fine
  umount "$at"
  expect '$status == 0 && $output == fine && $stderr == *"can'"'"'t write the record to"*'
  rm -f /tmp/y.record*
  mount -t tmpfs -o size=20m none "$at"
  goes_on 'os.system("umount -l '"$at"'")' ARENASHIM_RECORD="$at/x.record"
}

@test "a path that cannot be a record is refused in one line" {
  run_shim ARENASHIM_RECORD=%q /bin/echo fine
  expect '$output == fine && $stderr == *"ARENASHIM_RECORD=%q: legal is"*"using no record on disk"*'
  run_shim ARENASHIM_RECORD=/dev/stderr /bin/echo fine
  expect '$output == fine && $stderr == *"can'"'"'t write the record"*'
}

@test "no descriptor stays open, no signal is handled without a record" {
  run_shim /bin/ls /proc/self/fd
  local without=$output
  run_shim ARENASHIM_RECORD="$BATS_TEST_TMPDIR/x.record" /bin/ls /proc/self/fd
  expect '$status == 0 && $output == "$without"'
  run_shim /bin/cat /proc/self/status
  expect '$output == *"SigCgt:	0000000000000000"*'
}
