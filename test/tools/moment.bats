# At which moment of its process a dump was made: a snapshot is never shown as the end.
load command

# made NAME PROCESS...: a dump with call sites of a process that lived 6.2 seconds.
made() {
  sed "s/^process/& start_ns=1700000000000000000 lived_ns=6200000000 ${*:2}/" "$HERE/small.txt" | dump "$1"
}

# each_says WORDS DUMP: every view, the page and the check of a dump say so in their first line.
each_says() {
  local view words=$1
  for view in report "report --by arena" tree arenas leaks waste "check --max-live 1G"; do
    [[ $view != check* || $words == snapshot* ]] || continue # a check says so of a snapshot alone
    # shellcheck disable=SC2086 # words
    arenashim $view "$2"
    expect '${lines[0]} == *"$words"*' || { echo "$view"; return 1; }
  done
  arenashim diff "$2" "$2"
  expect '${lines[0]} == *"$words"* && ${lines[1]} == *"$words"*' || return
  arenashim html "$2" -o page.html
  grep -o 'id="data-strings">.*' page.html | grep -qF "\"${words%,}\"" || return
}

@test "every view, the page, check and diff say when: at exit, or a snapshot and how long after the start" {
  made d reason=0
  each_says 'at exit' d
  made d reason=1 signal=12
  each_says 'snapshot on signal USR2, 6.2 s after the start' d
  made d reason=1 signal=40
  each_says 'snapshot on signal 40, 6.2 s after the start' d
  made d reason=2
  each_says 'snapshot by a call of arenashim_dump, 6.2 s after the start' d
  made d reason=3 limit_kind=2 limit_bytes=209715200 limit_used=190000000
  each_says 'snapshot at 91 % of the limit of 200 MiB (its cgroup), 6.2 s after the start' d
  made d reason=3 limit_kind=3 limit_bytes=1073741824 limit_used=1200000000 flags=32
  each_says 'snapshot at 112 % of the limit of 1.00 GiB (RLIMIT_AS; with memory not touched yet), 6.2 s after the start' d
  made d reason=3 limit_kind=4 limit_bytes=1073741824 limit_used=1000000000
  each_says 'snapshot at 93 % of the limit of 1.00 GiB (RLIMIT_DATA), 6.2 s after the start' d
  made d reason=3 limit_kind=1 limit_bytes=104857600 limit_used=110000000
  each_says 'snapshot with 105 MiB mapped, 6.2 s after the start' d
  made d reason=3 limit_kind=99 limit_used=110000000
  each_says 'snapshot with 105 MiB mapped, 6.2 s after the start' d
  made d reason=1 signal=15 flags=8 # the shim lets it end the process
  each_says 'on signal TERM, which ended it' d
  arenashim leaks d
  expect '$output == *"alive at the end"* && $output != *snapshot*'
}

@test "a dump of version 1.0 has no times: the signal alone says whether it is the end" {
  older() { sed "s/^process/version 1.0\nnarrow process 40\n& $1/" "$HERE/small.txt" | dump d; }
  older 'reason=1 signal=12'
  each_says 'snapshot on signal USR2,' d
  expect '$output != *"after the start"* && -z $stderr'
  older 'reason=1 signal=15'
  each_says 'on signal TERM, which ended it' d
  arenashim report "$BATS_TEST_TMPDIR/d"
  new=$(sed 's/^process/& reason=1 signal=15/' "$HERE/small.txt" | dump n && "$TOOL" report n)
  expect '$output == "$new"'
}

@test "run: a snapshot is shown as one, with its distance to the end; nothing in it is 'at the end'" {
  ARENASHIM_RECORD=0 ARENASHIM_SIGNAL=USR2 arenashim run -o d perl -e '$a = "x" x 5000; kill USR2 => $$; select undef, undef, undef, 1.2; kill KILL => $$'
  expect '$status == 137 && $stderr =~ snapshot\ on\ signal\ USR2,\ 1\.[1-9]\ s\ before\ the\ end'
  expect '$stderr != *"at the end"* && $stderr == *"alive then: "*'
  arenashim run -o e perl -e '$a = "x" x 5000'
  expect '$status == 0 && $stderr != *snapshot* && $stderr == *"not freed at the end: "*'
  arenashim run -o f perl -e '$a = "x" x 5000; kill TERM => $$; sleep 9'
  expect '$status == 143 && $stderr != *snapshot* && $stderr == *"not freed at the end: "*'
  arenashim report f
  expect '${lines[0]} == *"on signal TERM, which ended it"*'
}

@test "the text report says it, too, and a fork starts its own time" {
  local shim=(env LD_PRELOAD="$SHIM" ARENASHIM_STATS=r.%n.%p ARENASHIM_SIGNAL=USR2,TERM)
  "${shim[@]}" perl -e 'select undef, undef, undef, 0.3; kill USR2 => $$; if (!fork) { kill USR2 => $$; exit 0 } wait'
  head -qn 2 r.* >heads
  [[ $(grep -c ': perl, pid [0-9]*, at exit$' heads) == 2 ]]
  [[ $(grep -c ', snapshot on signal USR2$' heads) == 2 ]]
  [[ $(grep -c '^   0\.[3-9] s after the start$' heads) == 1 ]]
  [[ $(grep -c '^   0\.0 s after the start$' heads) == 1 ]]
  rm r.*
  "${shim[@]}" perl -e 'kill TERM => $$; sleep 9' || true
  [[ $(head -qn 2 r.*) == *$', on signal TERM, which ends it\n   0.'[0-9]' s after the start' ]]
}

@test "json: the times and whether it is a snapshot; all dumps of one process have one start" {
  env LD_PRELOAD="$SHIM" ARENASHIM_DUMP=d.%n ARENASHIM_SIGNAL=USR2 perl -e 'kill USR2 => $$; select undef, undef, undef, 0.1'
  for d in d.*; do "$TOOL" export --format json "$d"; done >all
  /usr/bin/python3 - <<'END'
import json
a, b = (json.loads(line)["process"] for line in open("all"))
assert a["start_ns"] == b["start_ns"] and abs(a["start_ns"] / 1e9 - a["unix_time"]) < 60, (a, b)
assert (a["is_snapshot"], b["is_snapshot"]) == (True, False)
assert b["lived_ns"] - a["lived_ns"] > 90e6
END
}
