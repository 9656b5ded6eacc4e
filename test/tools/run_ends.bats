# `arenashim run` of programs that end without a dump: their records have the full screen, and leave no clutter.
load command

setup() {
  PROGRAM=$BIN/record_holds
  mkdir work && cd work || return
}

teardown() { # `eat` and `wait` are killed by their tests; a test that failed may have left one
  [[ ! -s child ]] || kill -9 "$(<child)" 2>/dev/null || true
}

# holds: the screen says what record_holds 2000 holds, to the byte, by its function and line.
holds() {
  expect '$stderr == *"2.0"?"k allocations of 1."*" MiB in all"*'
  expect '$stderr =~ "not freed at the end: 1."[0-9]+" MiB in 2.0"[0-9]"k objects, of these"[^%]*%\ \ keep\ record_holds\.c:[0-9]+\ \<\ main' || return
  arenashim report -n 0 "$1"
  expect '$output =~ " 1248576 "[^$'"'\\\\n'"']*" 2001 "[^$'"'\\\\n'"']*"keep (record_holds.c:"'
}

# at_end WORDS STATUS END: `run -o d` of it: its title and status; d is a dump, and nothing else is left.
at_end() {
  words=$1 wanted=$2
  arenashim run -o d "$PROGRAM" 2000 "$3"
  expect '$status == $wanted && $stderr == *"record_holds, pid "*": $words after "*" s; from its record"*"next: $TOOL leaks d"*' || return
  holds d || return
  dump_agrees d --running || return
  [[ $(ls) == d && $(head -c 6 d) == $'\211ARENA' ]] || { ls; return 1; }
}

@test "SIGKILL, a crash and abort: the full screen and the same end, and what -o names is a dump that says how" {
  at_end 'signal 9 (KILL)' 137 kill
  arenashim report d
  expect '$output == "record_holds, pid "*", killed by SIGKILL; from its record, "*'
  [[ $(process_field d reason) == killed && $(process_field d signal) == 9 && $(process_field d of_record) == True ]]
  at_end 'signal 11 (SEGV)' 139 segv
  at_end 'signal 6 (ABRT)' 134 abort
}

@test "a bare system call leaves a record; regular ends, _exit and TERM leave their dump alone" {
  at_end 'exit status 4' 4 raw
  arenashim run "$PROGRAM" 2000 raw
  expect '$stderr == "arenashim: warning: record_holds (pid "*") left no dump: it ended by a bare system call, or became a program that runs without the shim, "*'
  rm -r arenashim.* d
  for how in return:0 _exit:3 term:143; do
    arenashim run -o d/ "$PROGRAM" 2000 "${how%:*}"
    expect '$status == ${how#*:} && $stderr != *"its record"* && $stderr == *"rounding and half-empty slabs"*'
    [[ $(ls d) == record_holds.*.dump ]]
    rm -r d
  done
}

@test "the OOM killer of a memory control group" {
  group=/sys/fs/cgroup/memory/arenashim.$$
  mkdir "$group" 2>/dev/null && [[ -w $group/memory.limit_in_bytes ]] || skip "needs control groups that it may make"
  echo 60M >"$group/memory.limit_in_bytes"
  arenashim run -o d sh -c 'echo $$ >"$1/cgroup.procs"; shift; exec "$@"' sh "$group" "$PROGRAM" 2000 eat
  rmdir "$group"
  expect '$status == 137 && $stderr == *"record_holds, pid "*" (started as sh): signal 9 (KILL) after "*"; from its record"*'
  arenashim report d -n 1
  expect '$output =~ " keep (record_holds.c:"'
  live=$(process_field d live_bytes)
  ((live > 30000000 && live < 60 << 20))
}

@test "exec: small programs before it leave nothing, one that held much stands in the table" {
  arenashim run -o d/ sh -c 'exec env A=1 "$@"' sh "$PROGRAM" 2000 kill
  expect '$status == 137 && $stderr == *"record_holds, pid "*" (started as sh): signal 9 (KILL) after "*" s; from its record"*'
  [[ $(ls d) == record_holds.*.dump ]]
  holds d/*
  rm -r d
  arenashim run -o d/ "$PROGRAM" 2000 exec sleep 0
  expect '$status == 0 && $stderr =~ record_holds\ +[0-9]+\ +exec\ +1\.' || return
  expect '$stderr =~ sleep\ +[0-9]+\ +status\ 0\ ' || return
  expect '$stderr == *"2 dumps: d/NAME.PID.dump"*"record_holds, pid "*", before it became another program: it held most"*' || return
  [[ $(cd d && echo *) == record_holds.*.dump\ sleep.*.dump ]]
  arenashim report d/record*
  expect '$output == "record_holds, pid "*", became another program by exec; from its record, "*'
  rm -r d
  arenashim run -o d/ sh -c 'exec sh -c "exec sleep 0"'
  expect '$status == 0 && $stderr == *"sleep, pid "*" (started as sh): exit status 0 "*'
  [[ $(ls d) == sleep.*.dump ]]
}

@test "children that were killed stand in the table as killed; those that live on keep their records" {
  arenashim run -o d/ sh -c '"$@" 2000 kill; exit 0' sh "$PROGRAM"
  expect '$status == 0 && $stderr =~ record_holds\ +[0-9]+\ +killed\ +1\.[0-9]+\ MiB\ +1\.[0-9]+\ MiB\ +record_holds\.[0-9]+\.dump'
  expect '$stderr == *"record_holds, pid "*", started by sh: it held most"*'
  [[ $(cd d && echo *) == record_holds.*.dump\ sh.*.dump ]]
  rm -r d
  arenashim run -o d/ sh -c '"$@" 2000 wait >out & echo $! >child; until grep -q ready out; do sleep 0.1; done' sh "$PROGRAM"
  expect '$status == 0 && $stderr =~ record_holds\ +[0-9]+\ +runs\ on\ +1\.[0-9]+\ MiB\ +1\.[0-9]+\ MiB\ +d/arenashim\.sh\.[0-9]+/record_holds\.[0-9]+\.record'
  expect '$stderr == *" dump"*"still running: record_holds (pid $(<child))"*'
  record=$(echo d/arenashim.*/record_holds.*.record)
  arenashim "$record"
  expect '$status == 0 && $output == *"record_holds, pid $(<child)"*"read while it ran, "*"alive then: 1."*'
  kill -9 "$(<child)"
  gone() { arenashim report "$record" && [[ $output == *"ended without a dump; from its record, "* ]]; }
  within 10 gone
}

@test "ARENASHIM_RECORD: 0 records nothing, and that is said at the end; a pattern is not used; a full disk does no harm" {
  ARENASHIM_RECORD=0 arenashim run "$PROGRAM" 2000 kill
  expect '$status == 137 && $stderr == "arenashim: record_holds (pid "*", signal 9 (KILL)) left no dump: "*'
  [[ -z $(ls) ]]
  ARENASHIM_RECORD=$PWD/mine arenashim run -o d "$PROGRAM" 2000 kill
  expect '$status == 137 && $stderr == "arenashim: warning: ARENASHIM_RECORD is not used here: records lie beside the dumps; "*"; from its record"*'
  [[ $(ls) == d ]]
  rm d
  (ulimit -f 100 && "$TOOL" run -o d "$PROGRAM" 2000 return >out 2>err)
  [[ $(<err) == *"record_holds, pid "*": exit status 0 "* && $(<err) != *"can't write"* && $(ls) == d$'\n'err$'\n'out ]]
}

@test "a dump by a signal that ends the process leaves no record beside it" {
  run_shim ARENASHIM_TAG=stack:8 ARENASHIM_RECORD="$PWD/r" ARENASHIM_DUMP="$PWD/d" ARENASHIM_SIGNAL=TERM "$PROGRAM" 10 term
  expect '$status == 143' && [[ $(ls) == d ]]
}

@test "a file size limit that the record reaches while it grows does not end the program" {
  run_shim ARENASHIM_TAG=stack:8 ARENASHIM_RECORD="$PWD/r" bash -c 'ulimit -f 600; exec perl -MPOSIX -MData::Dumper -MFile::Find -e "print 1"'
  expect '$status == 0 && $output == 1'
}
