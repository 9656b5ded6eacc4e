# `arenashim metrics`: the text that Prometheus reads, by its grammar, by promtool, and number by number.
load command

metrics() { /usr/bin/python3 "$HERE/metrics.py" "$@"; }

# expect_value NUMBER FILE NAME [LABEL=VALUE...]
expect_value() {
  local got
  got=$(metrics value "${@:2}") || return
  [[ $got == "$1" ]] || { echo "${*:2}: $got instead of $1"; return 1; }
}

# lints FILE: Prometheus' own tool has nothing to say, where it is there (packages: prometheus).
lints() {
  ! command -v promtool >/dev/null || { run promtool check metrics <"$1" && [[ $status == 0 && -z $output ]] || { echo "$output"; return 1; }; }
}

# books: a process with two call sites, names that need escapes, a ledger, classes, a moment.
books() {
  cat <<'END'
process pid=7 program=d"e\mo host=h tags=2 depth=8 version=0.1 unix_time=1700000000 start_ns=1699999000123456789 lived_ns=5000000000 live_objects=7 live_bytes=700 peak_bytes=5000 reason=4
arena number=0 name=ma"in total_big_blocks=3 live_objects=4 live_bytes=400
arena number=1 name=worker total_big_blocks=1 live_objects=2 live_bytes=200
arena number=2 name=worker live_objects=1 live_bytes=100
class cell_bytes=16 slabs=1 in_use=4 free=2 tail_bytes=8 allocs=10 frees=6 live_bytes=50
class cell_bytes=512 slabs=1 in_use=1 free=0 allocs=1 frees=0 live_bytes=500
ledger name=cells kind=0 bytes=4000
ledger name=tables kind=0 bytes=96
ledger name=mapped kind=1 bytes=4096
ledger name=resident kind=2 bytes=2048
module start=0x1000 end=0x9000 bias=0x1000 path=/nowhere/app
node
node parent=0 kind=1 address=0x1111 module=1
node parent=0 kind=1 address=0x2222 module=1
node parent=1 kind=1 address=0x3333 module=1
site kind=4
site node=1
site node=2
site node=3
account arena=0 site=1 allocs=9 frees=5 live_objects=4 live_bytes=400 live_rounded=410 bytes=9000 pinned_bytes=5
account arena=1 site=2 allocs=9 frees=7 live_objects=2 live_bytes=200 live_rounded=200 bytes=8000
account arena=2 site=3 allocs=2 frees=1 live_objects=1 live_bytes=100 live_rounded=100 bytes=200
moment time_ns=1000000000 live_bytes=999 mapped_bytes=10000 resident_bytes=8000 allocs=5
END
}

setup() {
  TOOL=$TOOLS/arenashim # the build with sanitizers
  books | dump a.dump
}

@test "wrong words, and two of one process, are one line" {
  arenashim metrics
  error 'name a PID, a FILE or a directory'
  arenashim metrics -n x a.dump
  error 'give a number of call sites'
  arenashim metrics --format text a.dump
  error 'use one of openmetrics, prometheus'
  cp a.dump b.dump
  arenashim metrics -n 0 a.dump b.dump
  error 'a.dump and b.dump are of the same process'
  arenashim metrics none.dump
  error 'none.dump'
  arenashim metrics -n 0 a.dump -o /nowhere/x.prom
  error '/nowhere/x.prom can.t be written'
  run --separate-stderr sh -c '"$1" metrics -n 0 a.dump >/dev/full' sh "$TOOL"
  expect '$status == 2 && $(stderr_lines) == 1'
}

@test "both formats hold to their grammar, and each number is the dump's" {
  "$TOOL" export --format json a.dump >a.json
  "$TOOL" metrics a.dump >a.txt
  "$TOOL" metrics --format prometheus a.dump >a.prom
  metrics check openmetrics a.txt
  metrics check prometheus a.prom
  metrics agree a.txt a.json
  metrics agree a.prom a.json
  lints a.prom
  expect_value 2 a.txt arenashim_arenas arena=worker
  expect_value 300 a.txt arenashim_arena_live_bytes arena=worker
  expect_value 1 a.txt arenashim_build_info 'program=d"e\mo' version=0.1
  expect_value 1699999000.123 a.prom arenashim_process_start_time_seconds
  expect_value 54 a.txt arenashim_class_waste_bytes class=16 # 14 rounding, 2 cells of 16, a tail
  [[ $(tail -n 1 a.txt) == '# EOF' && $(grep -c EOF a.prom) == 0 ]]
}

@test "two processes share each family; without tags the last moment says what is live" {
  books | sed 's/pid=7/pid=8/; s/tags=2 depth=8/tags=0/; /^account/d; s/^site.*//' | dump b.dump
  "$TOOL" metrics a.dump b.dump >both.txt
  local name
  for name in a b; do "$TOOL" export --format json $name.dump >$name.json; done
  metrics check openmetrics both.txt
  metrics agree both.txt a.json b.json
  expect_value 700 both.txt arenashim_live_bytes pid=7
  expect_value 999 both.txt arenashim_live_bytes pid=8
  expect_value none both.txt arenashim_site_live_bytes pid=8
}

@test "a directory, or a list, is one process: the sums, with pid 0, beside the files that are named" {
  mkdir set
  local pid
  for pid in 8 9; do books | sed "s/pid=7/pid=$pid/; s/live_bytes=700/live_bytes=$((pid * 100))/" | dump set/$pid.dump; done
  books | sed 's/pid=7/pid=9/; s/lived_ns=5000000000/lived_ns=1000000000/; s/reason=4/reason=2/' | dump set/early.dump
  arenashim metrics set a.dump
  expect '$status == 0 && $stderr == *"1 of 3 files are earlier dumps of processes that have a later one here"*'
  echo "$output" >set.txt
  metrics check openmetrics set.txt
  expect_value 1700 set.txt arenashim_live_bytes pid=0
  expect_value 700 set.txt arenashim_live_bytes pid=7
  expect_value none set.txt arenashim_live_bytes pid=8
  expect_value 1000 set.txt arenashim_site_live_bytes pid=0 function=app+0x111
  find set -name '*.dump' | "$TOOL" metrics - a.dump 2>/dev/null | diff - set.txt
  "$TOOL" merge -o sums.dump set 2>/dev/null
  rm set/early.dump
  arenashim metrics -n 0 set sums.dump
  error 'sums.dump and 2 files are sums of the same program on the same host'
  arenashim metrics --all set
  error '--all or set/8.dump: one of them'
  echo nothing >set/bad.dump
  arenashim metrics set
  expect '$status == 2 && $stderr == *"bad.dump"*'
  echo "$output" >rest.txt
  expect_value 1700 rest.txt arenashim_live_bytes pid=0
}

@test "-n call sites, and one sample more for the rest; of counters none" {
  "$TOOL" metrics -n 1 a.dump >one.txt
  metrics check openmetrics one.txt
  expect_value 400 one.txt arenashim_site_live_bytes function=app+0x111
  expect_value 300 one.txt arenashim_site_live_bytes 'site=(other)'
  expect_value 9000 one.txt arenashim_site_allocated_bytes_total
  "$TOOL" metrics -n 0 a.dump >none.txt
  metrics check openmetrics none.txt
  ! grep -q arenashim_site none.txt
}

@test "names of arenas are bounded" {
  { books | grep -v '^arena\|^account'; for i in $(seq 0 39); do echo "arena number=$i name=t$i live_objects=1 live_bytes=10"; done; } | dump many.dump
  "$TOOL" metrics many.dump >many.txt
  [[ $(grep -c '^arenashim_arenas{' many.txt) == 33 ]]
  expect_value 8 many.txt arenashim_arenas 'arena=(other)'
  expect_value 1 many.txt arenashim_arenas arena=t31
  expect_value 400 many.txt arenashim_arena_live_bytes
}

@test "a call site keeps its id when its lines move, and gets another when a function has another name" {
  source() { # LINES CALLER: a program in which they stand
    echo '#include <stdlib.h>'
    head -c "$1" /dev/zero | tr '\0' '\n'
    echo "static void *leak(int n) { return malloc(n * 100); } void *keep[9];
      __attribute__((noinline)) void $2(int i) { keep[i] = leak(100); } int main(void) { for (int i = 0; i < 9; i++) $2(i); return 0; }"
  }
  local i=0 words
  for words in '0 caller' '7 caller' '0 other'; do
    # shellcheck disable=SC2086
    source $words >p.c && gcc -g -O0 -o "p$((++i))" p.c
    env LD_PRELOAD="$SHIM" ARENASHIM_DUMP="p$i.dump" "./p$i"
    "$TOOL" metrics "p$i.dump" >"p$i.txt"
    [[ $(grep -c '^arenashim_site_live_bytes.*runtime' "p$i.txt") == 1 ]]
    "$TOOL" metrics -n 1 "p$i.dump" | grep '^arenashim_site_live_bytes.*leak' >"p$i.line"
  done
  id() { sed 's/.*site="\([^"]*\).*/\1/' "$1"; }
  [[ $(<p1.line) == *'function="leak",place="p.c:2"} 90000' && $(<p2.line) == *'function="leak",place="p.c:9"} 90000' ]]
  [[ $(id p1.line) == "$(id p2.line)" && $(id p1.line) != "$(id p3.line)" ]]
}

@test "a process that runs, by its PID; the file is replaced whole, and others may read it" {
  env LD_PRELOAD="$SHIM" ARENASHIM_TAG=stack:4 /usr/bin/python3 -c 'import time; x = [bytearray(5000) for i in range(1000)]
open("ready", "w").write("x"); time.sleep(60)' 3>&- &
  local pid=$!
  within 20 test -s ready
  umask 022
  echo old >p.prom
  arenashim metrics "$pid" -o p.prom
  kill "$pid"
  expect '$status == 0 && -z $output && -z $stderr'
  metrics check prometheus p.prom
  lints p.prom
  [[ $(stat -c %a p.prom) == 644 && $(ls) != *tmp* ]]
  expect_value 1 p.prom arenashim_process_running "pid=$pid"
  (($(metrics value p.prom arenashim_live_bytes) >= 5000000))
}

@test "--all: each process that runs under the shim, in one text; none is no error" {
  arenashim metrics --all a.dump
  error '--all or a.dump: one of them'
  env LD_PRELOAD="$SHIM" sleep 60 3>&- &
  local first=$! second
  env LD_PRELOAD="$SHIM" sleep 60 3>&- &
  second=$!
  seen() { "$TOOL" metrics --all -o all.prom && [[ $(grep -cE "^arenashim_live_bytes.*pid=\"($first|$second)\"" all.prom) == 2 ]]; }
  within 20 seen
  metrics check prometheus all.prom
  kill "$first" "$second"
  wait "$first" "$second" || true
  arenashim metrics --all -o all.prom
  expect '$status == 0 && -z $stderr'
  ! grep -E "^arenashim_live_bytes.*pid=\"($first|$second)\"" all.prom
}

@test "what metrics.py reads strictly" {
  "$TOOL" metrics a.dump >a.txt
  local expression
  for expression in 's/# EOF//' 's/counter$/gauge/' 's/^arenashim_arenas{/arenashim_arena{/' 's/UNIT \(.*\) bytes/UNIT \1 kilobytes/' \
    's/,program="[^,]*"//' 's/ma\\"in/ma"in/' '/^# TYPE arenashim_arenas/d' '/^arenashim_arenas/p' 's/^\(arenashim_live_bytes.*\) .*/\1 many/'; do
    sed "$expression" a.txt >wrong.txt
    run metrics check openmetrics wrong.txt
    expect '$status == 1' || { echo "$expression"; return 1; }
  done
}
