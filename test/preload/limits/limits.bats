# ARENASHIM_DUMP_AT: a dump is there before memory runs out, and only then. Of cgroups those of this machine where it lets
# us make some; and files of the test's in their place, in a mount namespace, for what a real one does not do at will.
load ../../common

GROW=$BIN/limits_grow
MIB=$((1 << 20))

teardown() {
  local directory
  for directory in "${MADE[@]}"; do
    rmdir "$directory" || true # the last one first
  done
}
MADE=()

# The directory of the processes of these tests in the mount of a type, with an option among its last words.
below_mount() { # TYPE WORD
  awk -v type="$1" -v word="$2" '{ at = 0; for (i = 7; i < NF; i++) if ($i == "-") at = i
    if ($(at + 1) == type && "," $NF "," ~ "," word ",") { print $5; exit } }' /proc/self/mountinfo
}

# real_cgroup LIMIT: makes one, its directory is in $CGROUP; skips the test where none may be made.
real_cgroup() {
  local mount
  mount=$(below_mount cgroup memory)
  if [[ $mount ]]; then
    CGROUP=$mount/arenashim-test.$$
    mkdir "$CGROUP" 2>/dev/null || skip "no memory cgroup may be made here"
    MADE=("$CGROUP" "${MADE[@]}")
    echo "$1" >"$CGROUP/memory.limit_in_bytes"
    return
  fi
  mount=$(below_mount cgroup2 '.*')
  CGROUP=$mount/arenashim-test.$$
  mkdir "$CGROUP" 2>/dev/null || skip "no memory cgroup may be made here"
  MADE=("$CGROUP" "${MADE[@]}")
  [[ -f $CGROUP/memory.max ]] || skip "the memory controller is not given to this cgroup"
  echo "$1" >"$CGROUP/memory.max"
}

# in_cgroup [NAME=VALUE...] PROGRAM [ARG...]: as run_shim, in $CGROUP.
in_cgroup() {
  # shellcheck disable=SC2016 # for the other shell
  run --separate-stderr timeout -k 5 300 bash -c 'echo $$ >"$1/cgroup.procs" && shift && exec env LD_PRELOAD="$@"' - "$CGROUP" "$SHIM" "$@"
}

# made_cgroup MAX CURRENT RECLAIMABLE [MAX CURRENT RECLAIMABLE]: the files of a cgroup of version 2, and those of the one
# above it. They are ours, in a directory that stands over the real one's for as long as in_made runs.
made_cgroup() {
  local mount
  mount=$(below_mount cgroup2 '.*')
  [[ $mount ]] || skip "cgroup2 is not mounted"
  CGROUP=$mount/arenashim-test.$$
  mkdir "$CGROUP" 2>/dev/null || skip "no cgroup may be made here"
  MADE=("$CGROUP" "${MADE[@]}")
  mkdir "$CGROUP/in"
  MADE=("$CGROUP/in" "${MADE[@]}")
  mkdir -p files/in
  made_files files/in "$1" "$2" "$3"
  made_files files "${4:-max}" "${5:-0}" "${6:-0}"
}

made_files() { # DIRECTORY MAX CURRENT RECLAIMABLE
  echo "$2" >"$1/memory.max"
  echo "$3" >"$1/memory.current"
  printf 'anon 5\ninactive_file %s\nactive_file 0\nslab_reclaimable 0\n' "$4" >"$1/memory.stat"
}

in_made() { # [NAME=VALUE...] PROGRAM [ARG...]
  # shellcheck disable=SC2016
  run --separate-stderr timeout -k 5 300 unshare -m bash -c 'echo $$ >"$1/in/cgroup.procs" && mount --bind files "$1" &&
    shift && exec env LD_PRELOAD="$@"' - "$CGROUP" "$SHIM" "$@"
}

dumps() { find . -maxdepth 1 -name '*.dump' | wc -l; }
newest() { find . -maxdepth 1 -name '*.dump' -printf '%T@ %p\n' | sort -n | tail -1 | cut -d' ' -f2; }

# says FILE KIND LIMIT LEAST: the dump is about that limit, of which at least LEAST percent were used.
says() {
  [[ $(process_field "$1" reason) == limit && $(process_field "$1" limit_kind) == "$2" &&
    $(process_field "$1" limit_bytes) == "$3" ]] || { "$TOOL" export --format json "$1" | head -c 2000; return 1; }
  (($(process_field "$1" limit_used) * 100 >= $3 * $4))
  dump_agrees "$1" --running
}

# ---- real limits ----

@test "a program that is killed at its cgroup's limit has left a dump, in ${RUNS:=3} of $RUNS runs" {
  real_cgroup 200M
  for ((i = 0; i < RUNS; i++)); do
    rm -f ./*
    in_cgroup ARENASHIM_DUMP_AT=90% "$GROW" touched 400 1000
    expect '$status == 137 && -z $output && $(dumps) -ge 1 && $(dumps) -le 3 && -z $(find . -name "*tmp*")'
    for file in *.dump; do says "$file" cgroup $((200 * MIB)) 90; done
    (($(process_field "$(newest)" live_bytes) > 165 * MIB))
  done
}

@test "in small objects, one that is reallocated, by threads, by children: a dump before the kill" {
  real_cgroup 200M
  for how in "small 400 500" "grown 400 500" "threads 8 50" "children 4 80"; do
    rm -f ./*
    # shellcheck disable=SC2086
    in_cgroup ARENASHIM_DUMP_AT=90% "$GROW" $how
    expect '$status != 0 && $output != *done* && $(dumps) -ge 1'
    for file in *.dump; do says "$file" cgroup $((200 * MIB)) 90; done
  done
}

@test "memory that is touched only later: the dump is there when it was handed out" {
  real_cgroup 200M
  in_cgroup ARENASHIM_DUMP_AT=90% "$GROW" late 190 20
  expect '$status == 137 && $output == mapped && $(dumps) == 1'
  says ./*.dump cgroup $((200 * MIB)) 90
  [[ $(process_field ./*.dump limit_untouched) == True ]]
  arenashim report ./*.dump
  expect '$output == *"snapshot at "9?" % of the limit of 200 MiB (its cgroup; with memory not touched yet), 0."?" s after the start"*'
}

@test "files that fill the cgroup are no memory that runs out, and a dump can be written there" {
  real_cgroup 100M
  # shellcheck disable=SC2016
  in_cgroup ARENASHIM_DUMP_AT=80% bash -c 'dd if=/dev/zero of=big bs=1M count=200 status=none && exec "$1" touched 50 0' - "$GROW"
  rm big
  expect '$status == 0 && $(dumps) == 0'
  # shellcheck disable=SC2016
  in_cgroup ARENASHIM_DUMP_AT=94% ARENASHIM_TAG=stack:10 bash -c 'dd if=/dev/zero of=big bs=1M count=200 status=none && exec "$1" sites 20000 99' - "$GROW"
  expect '$status == 137 && $(dumps) -ge 1'
  (($(stat -c %s "$(newest)") > 3 * MIB))
  says "$(newest)" cgroup $((100 * MIB)) 94
}

@test "run shows the moment of what was killed" {
  real_cgroup 200M
  # shellcheck disable=SC2016
  run --separate-stderr timeout 60 bash -c 'echo $$ >"$1/cgroup.procs"; ARENASHIM_RECORD=0 ARENASHIM_DUMP_AT=90% exec "$2" run -o d/ "$3" touched 400 1000' - "$CGROUP" "$TOOL" "$GROW"
  expect '$status == 137 && $stderr == *"signal KILL"*"snapshot at 9"?" % of the limit of 200 MiB (its cgroup), 0."?" s before the end"*'
}

@test "RLIMIT_AS and RLIMIT_DATA: before requests fail" {
  for limit in "v address_space 400" "d data 200"; do
    read -r option kind mib <<<"$limit"
    for how in "touched 800 0" "small 800 0" "grown 800 0" "threads 4 200"; do
      rm -f ./*
      # shellcheck disable=SC2016,SC2086
      run_shim ARENASHIM_DUMP_AT=90% bash -c 'ulimit -"$1" "$2"; shift 2; exec "$@"' - "$option" $((mib * 1024)) "$GROW" $how
      expect '$status == 1 && $stderr == *"allocation expected to succeed"* && $(dumps) -ge 1 && $(dumps) -le 3'
      for file in *.dump; do says "$file" "$kind" $((mib * MIB)) 90; done
    done
  done
}

@test "a request that is refused because of the limit is a reason, one that no limit could grant is none" {
  # shellcheck disable=SC2016
  for mib in 380 1000; do
    run_shim ARENASHIM_DUMP_AT=90% bash -c 'ulimit -v 409600; exec "$1" refused 30 "$2"' - "$GROW" $mib
    expect "\$status == 0 && \$output == done && \$(dumps) == $((mib < 400))"
    rm -f ./*.dump
  done
}

@test "a limit that the program may no longer ask for is the one that it had" {
  # shellcheck disable=SC2016
  run_shim ARENASHIM_DUMP_AT=90% bash -c 'ulimit -v 409600; exec "$1" sandbox 800 0' - "$GROW"
  expect '$status == 1 && $(dumps) -ge 1'
  for file in *.dump; do says "$file" address_space $((400 * MIB)) 90; done
}

@test "a program with another root goes by the limit that it had, and by what it holds" {
  real_cgroup 200M
  mkdir tmp
  in_cgroup ARENASHIM_DUMP_AT=80% ARENASHIM_DUMP=/tmp/%n.dump "$GROW" chroot 400 1000
  expect '$status == 137 && -s tmp/1.dump'
  says tmp/1.dump cgroup $((200 * MIB)) 80
}

# ---- a cgroup of our own making: its charge stays what we say ----

@test "threads that reach the limit together write one dump, and its children none" {
  made_cgroup $((200 * MIB)) $((184 * MIB)) 0
  in_made ARENASHIM_DUMP_AT=90% "$GROW" threads 8 8
  expect '$status == 0 && $(dumps) == 1'
  says ./*.dump cgroup $((200 * MIB)) 92
  rm ./*.dump
  in_made ARENASHIM_DUMP_AT=90% "$GROW" children 4 8
  expect '$status == 0 && $(dumps) == 4'
  rm ./*.dump
  in_made ARENASHIM_DUMP_AT=90% "$GROW" family 4 8
  expect '$status == 0 && $(dumps) == 1'
}

@test "while one thread writes, those that take memory wait" {
  made_cgroup $((200 * MIB)) $((184 * MIB)) 0
  mkfifo pipe # nobody reads it, which takes the writer a second to find out
  in_made ARENASHIM_DUMP_AT=90% ARENASHIM_DUMP="$PWD/pipe" "$GROW" threads 4 8
  expect '$status == 0 && $stderr == *"no process reads this pipe"* && ${lines[0]} -ge 500'
}

@test "a process that takes little of a full cgroup writes none" {
  made_cgroup $((200 * MIB)) $((199 * MIB)) 0
  in_made ARENASHIM_DUMP_AT=90% "$GROW" touched 2 0
  expect '$status == 0 && $(dumps) == 0'
  in_made ARENASHIM_DUMP_AT=90% bash -c 'ls / | cat'
  expect '$status == 0 && $(dumps) == 0'
}

@test "the nearest limit counts: the cgroup's own, or that of one above it, less what can be taken back" {
  made_cgroup max 1000 0 $((200 * MIB)) $((190 * MIB)) 0
  in_made ARENASHIM_DUMP_AT=90% "$GROW" touched 8 0
  says ./*.dump cgroup $((200 * MIB)) 95
  rm ./*.dump
  made_files files/in $((100 * MIB)) $((95 * MIB)) 0
  made_files files $((1000 * MIB)) $((700 * MIB)) 0
  in_made ARENASHIM_DUMP_AT=90% "$GROW" touched 16 0
  says ./*.dump cgroup $((100 * MIB)) 95
  rm ./*.dump
  made_files files/in $((100 * MIB)) $((100 * MIB)) $((60 * MIB))
  made_files files max 0 0
  in_made ARENASHIM_DUMP_AT=90% "$GROW" touched 16 0
  expect '$status == 0 && $(dumps) == 0'
  in_made ARENASHIM_DUMP_AT=39% "$GROW" touched 16 0
  says ./*.dump cgroup $((100 * MIB)) 40
}

@test "limits are read again: a limit that comes down, a charge that others raise" {
  made_cgroup $((2000 * MIB)) $((100 * MIB)) 0
  for change in "memory.max $((110 * MIB))" "memory.current $((1900 * MIB))"; do
    made_files files/in $((2000 * MIB)) $((100 * MIB)) 0
    read -r name value <<<"$change"
    rm -f ./*.dump
    (sleep 0.5; echo "$value" >"files/in/$name") &
    in_made ARENASHIM_DUMP_AT=90% "$GROW" touched 60 40000
    wait
    expect '$status == 0 && $(dumps) == 1'
    says ./*.dump cgroup "$(<files/in/memory.max)" 90
  done
}

# ---- a size ----

@test "a size: what is mapped is compared, and a further dump comes at 5 % more" {
  run_shim ARENASHIM_DUMP_AT=50M "$GROW" touched 100 0
  expect '$status == 0 && $output == done && -z $stderr && $(dumps) -ge 3 && $(dumps) -le 16'
  last=0
  for ((n = 1; n <= $(dumps); n++)); do
    file=$(echo limits_grow.*."$n".dump)
    says "$file" size $((50 * MIB)) 100
    used=$(process_field "$file" limit_used)
    ((used * 100 >= last * 105)) && last=$used
  done
  arenashim report "$file"
  expect '$output == *"snapshot with "*" MiB mapped, 0."?" s after the start"*'
  rm ./*
  run_shim ARENASHIM_DUMP_AT=1G "$GROW" touched 100 0
  expect '$status == 0 && $(dumps) == 0'
}

@test "with ARENASHIM_DUMP its pattern is used, and there is a dump at exit; off with 0, with an empty value, or disabled" {
  run_shim ARENASHIM_DUMP_AT=90M ARENASHIM_DUMP=%n.dump "$GROW" touched 80 0
  expect '$status == 0 && -z $stderr && -f 1.dump'
  [[ $(process_field 1.dump reason) == limit && $(process_field "$(newest)" reason) == exit ]]
  rm ./*
  for value in DUMP_AT= DUMP_AT=0 "DUMP_AT=10M ARENASHIM_DISABLE=1"; do
    # shellcheck disable=SC2086
    run_shim ARENASHIM_$value "$GROW" touched 80 0
    expect '$status == 0 && -z $stderr && $(dumps) == 0'
  done
}

@test "where it cannot be written there is one line a dump, and the program goes on" {
  mkdir closed elsewhere && cd closed
  run_shim ARENASHIM_DUMP_AT=95M ARENASHIM_DUMP=/proc/none/%n.dump TMPDIR="$PWD/../elsewhere" "$GROW" touched 80 0
  expect '$status == 0 && $output == done && $stderr == *"can'\''t write the dump to /proc/none/1.dump"*"written to"*"elsewhere/1.dump instead"*'
}

@test "20,000 call sites: the request that writes the dump takes at most 200 ms" {
  run_shim ARENASHIM_TAG=stack:10 ARENASHIM_DUMP_AT=100M "$GROW" sites 20000 120
  expect '$status == 0 && $(dumps) -ge 1 && ${lines[0]} -le 200000'
  (($("$TOOL" export --format json "$(newest)" | /usr/bin/python3 -c 'import json, sys; print(len(json.load(sys.stdin)["sites"]))') >= 20000))
}

@test "a program that takes huge objects alone" {
  run_shim ARENASHIM_DUMP_AT=300M ARENASHIM_DUMP=h.%n.dump /usr/bin/python3 -c 'x = [bytearray(50 << 20) for _ in range(12)]'
  expect_ok
  [[ $("$TOOL" report h.1.dump) == *"snapshot with "*" mapped"* ]]
}
