# What malloc does not answer for is said in one line, with a remedy where there is one: of dumps without the resident
# ledger how little malloc holds, else what the parts are.
load command

setup() { unset "${!ARENASHIM_@}" PYTHONMALLOC; }

# made PEAK LIVE RESIDENT [PATH]: a dump of so much, with a module.
made() {
  printf '%s\n' "process tags=2 program=p live_bytes=$2 peak_bytes=$1" "module start=1 end=2 path=${4:-/usr/bin/p}" \
    "ledger name=resident kind=2 bytes=$3" node 'node kind=1 address=16' 'site node=1' "account allocs=1 bytes=$1 live_bytes=$2" | dump d
}

@test "little of a large process: the report's head and run's screen say how much, and what the rest is" {
  made 9100000 9000000 182000000
  for view in report leaks tree; do
    arenashim $view d
    expect '$status == 0 && $output == *$'"'\n'"'"  covers   malloc holds 5.0% of the resident 174 MiB; rest: own mappings, files, stacks"$'"'\n'"'*'
  done
  made 9100000 0 182000000 # all was freed at the end: what it held at most counts
  arenashim report d
  expect '$output == *"malloc held at most 5.0% of the resident 174 MiB; rest: mmap, files, stacks"*'
  for width in 60 80; do terminal $width report d && fits $width; done
}

@test "where most of the rest can be malloc's own free pages and tables, the rest is not called the program's" {
  part() { printf 'ledger name="%s" bytes=%s\n' "$@"; }
  ledger() { # ledger PAGES: of jemalloc, 8M of them live
    printf '%s\n' 'process tags=2 program=p live_bytes=8000000 peak_bytes=10000000' "$(part "jemalloc: used, or ready for use" "$1")" \
      "$(part 'tags: a word a cell' 2000000)" "$(part 'reserved addresses, nothing behind them' 9000000000)" \
      "$(part 'jemalloc: kept addresses' 90000000)" 'ledger name=resident kind=2 bytes=40000000' node 'node kind=1 address=16' 'site node=1' \
      'account allocs=1 bytes=9 live_bytes=8000000' | dump d
    arenashim report d
  }
  ledger 20000000 # 12M free, 2M of tags: of 30M less than half
  expect '$output == *"malloc holds 25.0% of the resident 38.1 MiB; rest: own mappings, files, stacks"*'
  ledger 22000000
  expect '$output == *"malloc holds 25.0% of the resident 38.1 MiB; free pages, tables: <= 40.0%"*'
  ledger 90000000 # some of it is not resident: no more than there is
  expect '$output == *"malloc holds 25.0% of the resident 38.1 MiB; free pages, tables: <= 75.0%"*'
}

@test "most of a process, a small process, a dump without tags: nothing is said" {
  for sizes in "90000000 9 182000000" "1000 1000 9000000" "1000 1000 0"; do
    # shellcheck disable=SC2086 # words
    made $sizes
    arenashim report d
    expect '$status == 0 && $output != *covers*'
  done
  printf '%s\n' 'process tags=0 peak_bytes=1' 'ledger kind=2 bytes=182000000' arena | dump d
  arenashim report d
  expect '$status == 0 && $output != *covers*'
}

@test "run-time systems with heaps of their own: how to see into them" {
  for pair in "/usr/bin/python3.11 PYTHONMALLOC=malloc" "/x/libpython3.12.so.1 PYTHONMALLOC=malloc" "/usr/bin/php8.2 USE_ZEND_ALLOC=0" \
    "/j/libjvm.so GC.class_histogram" "/usr/bin/node --heapsnapshot-signal"; do
    made 9000000 9000000 182000000 "${pair% *}"
    arenashim report d
    expect '$output == *"malloc holds 4.9%"*$'"'\n'"'"           "*"${pair#* }"*$'"'\n'"'*' || return
  done
}

@test "CPython itself: said on run's screen, and the remedy is one" {
  local program='a = [str(i) for i in range(400000)]; import os, signal; os.kill(os.getpid(), signal.SIGUSR2); os._exit(0)'
  ARENASHIM_SIGNAL=USR2 arenashim run -o d /usr/bin/python3 -c "$program"
  expect '$status == 0 && $stderr =~ resident\ [0-9.]+\ MiB:\ [0-9]+%\ mapped,\ [0-9] && $stderr == *"PYTHONMALLOC=malloc makes it ask malloc"*'
  rm d
  PYTHONMALLOC=malloc ARENASHIM_SIGNAL=USR2 arenashim run -o d /usr/bin/python3 -c "$program"
  expect '$status == 0 && $stderr =~ resident\ [0-9.]+\ MiB:\ [0-9]+%\ objects,\ [0-9] && $stderr != *"makes it ask malloc"*'
}
