# `arenashim dump PID`: a running process's dump from outside, and every view on it and on records.
load command

setup() {
  PROGRAM=$BIN/record_holds
  mkdir work && cd work || return
}

teardown() { [[ -z ${child:-} ]] || kill -9 "$child" 2>/dev/null || true; }

# held COMMAND...: record_holds waits, started by these words: $child, and its own $live and $objects.
held() {
  rm -f out
  "$@" "$PROGRAM" 2000 wait >out 3>&- &
  child=$!
  within 60 grep -qs '^ready' out
  read -r _ _ live objects <out
}
shim() { exec env LD_PRELOAD="$SHIM" "$@"; }
tagged() { shim ARENASHIM_TAG=stack:8 "$@"; }

@test "with tags it is what the process itself says, to the byte; a name for each, or the one that is asked for" {
  held tagged
  arenashim dump "$child"
  expect '$status == 0 && $output == "record_holds.$child.dump" && -z $stderr'
  [[ $(stat -c %a "$output") == 600 ]]
  [[ $(process_field "$output" live_bytes) == "$live" && $(process_field "$output" live_objects) == "$objects" ]]
  [[ $(process_field "$output" reason) == outside && $(process_field "$output" host) == "$(hostname)" ]]
  dump_agrees "$output" --running
  cp "$output" first
  arenashim dump "$child"
  expect '$status == 0 && $output == "record_holds.$child-2.dump"'
  cmp first "record_holds.$child.dump"
  echo old >mine
  arenashim dump -o mine "$child"
  expect '$status == 0 && -z $output'
  arenashim report mine
  expect '$output == "record_holds, pid $child, read while it ran, "*" 1248576 "*"keep (record_holds.c:"*'
  kill -0 "$child"
}

@test "without tags: arenas and size classes" {
  held shim
  arenashim dump -o d "$child"
  expect_ok
  arenashim report d --by class
  tr -s ' ' <<<"$output" | grep -E '^ ?22[0-9]{4} - (19|20)[0-9]{2} [0-9]+ - - (19|20)[0-9]{2} 0 >=[0-9]+ 112$'
  [[ $(process_field d tags) == off ]]
}

@test "what can't be read is told in one line, with what to do" {
  arenashim dump
  error 'name a PID: `arenashim ps` lists the processes under the shim'
  arenashim dump 12x
  error '12x: give a PID'
  arenashim dump 1 2
  error '2: one PID or FILE at a time, and 1 is named already'
  arenashim dump 4194304
  error 'process 4194304: there is none: `arenashim ps` lists those that can be read'
  arenashim dump $$
  error "process $$ does not run under libarenashim.so: start it by"
  held tagged
  arenashim dump "$child" -o "$PWD/none/d"
  error 'none/d can.t be written: No such file or directory: name another file with -o'
  mkdir closed && cd closed && chmod 555 .
  if ((EUID != 0)); then
    arenashim dump "$child"
    error 'can.t be written: Permission denied: name another file with -o'
  fi
  cd ..
}

@test "rights: another user, a root without CAP_SYS_PTRACE, a process that hides" {
  ((EUID == 0)) || skip "needs root to become others"
  cp "$TOOL" "$BATS_RUN_TMPDIR/arenashim" && chmod 755 "$BATS_RUN_TMPDIR" && TOOL=$BATS_RUN_TMPDIR/arenashim
  held tagged
  run --separate-stderr setpriv --reuid 65534 --clear-groups "$TOOL" dump "$child"
  error "process $child: its memory can't be read: it runs as user 0: do it as that user, or as root"
  run --separate-stderr setpriv --bounding-set=-sys_ptrace --inh-caps=-sys_ptrace "$TOOL" dump "$child"
  error "process $child: its memory can't be read: this root lacks CAP_SYS_PTRACE, as in most containers: give it"
}

@test "a user's own process can be read, without root" {
  ((EUID == 0)) || skip "needs root to become another"
  [[ $(cat /proc/sys/kernel/yama/ptrace_scope 2>/dev/null || echo 0) == 0 ]] || skip "the kernel lets only root"
  mkdir -m 777 open && cp "$TOOL" "$SHIM" "$PROGRAM" open
  PROGRAM=open/record_holds SHIM=$PWD/open/libarenashim.so
  chmod 755 "$BATS_RUN_TMPDIR" "$BATS_TEST_TMPDIR" ..
  held setpriv --reuid 65534 --clear-groups env LD_PRELOAD="$SHIM" ARENASHIM_TAG=stack:8
  run --separate-stderr setpriv --reuid 65534 --clear-groups open/arenashim dump -o open/d "$child"
  expect_ok
  [[ $(process_field open/d live_bytes) == "$live" ]]
}

@test "a process in namespaces of its own, by the number that it has here" {
  unshare -p -f -m --mount-proc true 2>/dev/null || skip "needs rights for namespaces"
  held tagged ARENASHIM_RECORD="$PWD/r" unshare -p -f -m --mount-proc
  within 10 pgrep -P "$child"
  inner=$(pgrep -P "$child")
  arenashim dump -o d "$inner"
  expect_ok
  [[ $(process_field d live_bytes) == "$live" && $(process_field d pid) == 1 ]]
  arenashim dump "$inner"
  expect '$output == "record_holds.$inner.dump"'
  arenashim report r.* # its pid, 1, is another process's here
  expect '$output == "record_holds, pid 1, read while it ran, "*'
  kill -9 "$inner"
  # the library has another path there
  mkdir root && held unshare -m sh -c 'mount --bind "$1" "$2" && shift 2 && exec "$@"' sh "$(dirname "$SHIM")" "$PWD/root" \
    env LD_PRELOAD="$PWD/root/$(basename "$SHIM")" ARENASHIM_TAG=stack:8
  arenashim dump -o d2 "$child"
  expect_ok
  [[ $(process_field d2 live_bytes) == "$live" ]]
}

# every_view FILE WORDS: each reads it, says when it was made, and shows nothing that it does not have.
every_view() {
  local view words=$2 format
  for view in report "report --by arena" "report --by class" "report --by function" leaks tree arenas waste; do
    # shellcheck disable=SC2086 # words
    arenashim $view "$1"
    expect '$status == 0 && -z $stderr && $output == *", $words"*' || { echo "$view"; return 1; }
    [[ $output != *"free cells that"* && $output != *"half-empty"* ]] || { echo "$view: $output"; return 1; }
  done
  expect '$output == *"waste is rounding alone: a record does not have what free cells are pinned"*'
  [[ $(row total) =~ ^([0-9]+)\ 100.0%\ ([0-9]+)\ -\  && ${BASH_REMATCH[1]} == "${BASH_REMATCH[2]}" ]]
  arenashim arenas "$1"
  expect '$output == *"blocks and regions are not in a record"*'
  arenashim check --max-live 1G "$1"
  expect '$status == 0 && $output == *" holds "*'
  arenashim check --max-live 1K "$1"
  expect '$status == 1'
  for format in pprof collapsed dhat heap json jsonl speedscope; do
    arenashim export --format $format -o out.$format "$1"
    expect '$status == 0 && -z $stderr' && [[ -s out.$format ]] || { echo "$format"; return 1; }
  done
  arenashim html "$1" -o page.html
  expect '$status == 0 && -z $stderr' && grep -q "$words" page.html || return
  arenashim "$1"
  expect '$status == 0 && $output == *"of rounding (a record has no half-empty slabs), by"*'
  arenashim diff "$1" "$1"
  expect '$status == 0 && $output == *" bytes wasted"*'
}

@test "every view, export and page of a record whose process runs, was killed, and of a dump from outside" {
  TOOL=$TOOLS/arenashim # under sanitizers
  held tagged ARENASHIM_RECORD="$PWD/r"
  every_view r 'read while it ran, '
  arenashim dump -o d "$child"
  every_view d 'read while it ran, '
  arenashim diff d r
  expect '$status == 0 && $output == *"call sites as they were: "*'
  kill -9 "$child"
  ended() { "$TOOL" report r | grep -q 'ended without a dump'; }
  within 10 ended
  every_view r 'killed, or ended without a dump; from its record'
}

@test "waste of a record and of a dump are not compared" {
  (shim ARENASHIM_DUMP=whole ARENASHIM_TAG=stack:8 "$PROGRAM" 2000 return >out)
  held tagged
  arenashim dump -o d "$child"
  arenashim diff d whole
  expect '$status == 0 && $output =~ [0-9]+\ +[0-9]+\ +-\ +-\ +"bytes wasted: of a record rounding alone"'
}
