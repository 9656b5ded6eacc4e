# Who may ask a process that runs: its memory is forbidden, its record's file is not.
load ../../common

# A user without rights, with copies of what it runs in a directory of its own.
setup() {
  as=()
  ((EUID != 0)) || as=(setpriv --reuid 65534 --regid 65534 --clear-groups)
  mkdir home && cp "$TOOL" "$SHIM" "$TOP/test/preload/record/no_memory.py" home
  chmod 755 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/test" "$BATS_TEST_TMPDIR" 2>/dev/null || true
  ((EUID != 0)) || chown -R 65534:65534 home
  cd home
  home=$PWD TOOL=$PWD/arenashim
  "${as[@]}" "$TOOL" --version >/dev/null || skip "no other user reaches this directory"
}

teardown() {
  [[ -z ${group:-} ]] || finish
  while mountpoint -q "$home/volume"; do umount -l "$home/volume"; done
}

# finish: the program that was served ends at once.
finish() {
  kill -KILL -- "-$group" 2>/dev/null || true
  wait "$group" 2>/dev/null || true
}

# serve NAME=VALUE... -- COMMAND...: a program that grows, run by COMMAND; `hidden=4` forbids its memory.
serve() {
  local -a set=()
  while [[ $1 != -- ]]; do set+=("$1") && shift; done
  shift
  rm -f ready
  setsid "${as[@]}" "$@" timeout --foreground 60 env LD_PRELOAD="$home/libarenashim.so" PYTHONMALLOC=malloc \
    ARENASHIM_TAG=off "${set[@]}" /usr/bin/python3 -c '
import ctypes, os, sys, time
if os.environ.get("hidden"):
    ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)  # PR_SET_DUMPABLE
kept = [bytearray(300) for i in range(20000)]
open("ready", "w").close()
while True:
    kept.append(bytearray(3000))
    [str(i) for i in range(1000)]  # so that it follows soon
    time.sleep(0.001)' 3>&- &
  group=$!
  within 20 test -e ready
  within 10 pgrep -g "$group" -f '^/usr/bin/python3'
  pid=$(pgrep -g "$group" -f '^/usr/bin/python3')
}

# as_user ARG...: `run` of the command, as that user.
as_user() { run --separate-stderr "${as[@]}" timeout -k 5 60 "$TOOL" "$@"; }

# asked WHAT [COMMAND...]: attached to for all requests, shown, written to a file, detached from.
asked() {
  local what=$1
  shift
  run --separate-stderr "${as[@]}" "$@" "$TOOL" attach "$what" --tag stack:8
  expect '$status == 0 && $output == "attached to $what: every request is recorded from now on"*"before: "*'
  sleep 0.3
  run --separate-stderr "${as[@]}" "$@" "$TOOL" top --once --interval 0.3 --sort growth -n 5 "$what"
  expect '$status == 0 && $output == *"tags stack:8"*"running for"*PyByteArray_Resize*'
  run --separate-stderr "${as[@]}" "$@" "$TOOL" dump -o d "$what"
  expect_ok
  run --separate-stderr "${as[@]}" "$@" "$TOOL" detach "$what"
  expect '$status == 0 && $output == "detached from $what"'
  run --separate-stderr "${as[@]}" "$TOOL" report -n 3 d
  expect '$status == 0 && $output == *"read while it ran"*"(while nobody was attached)"*'
}

@test "memory that is forbidden: the right to write the record suffices, by PID and by FILE" {
  serve ARENASHIM_RECORD="$home/r" hidden=4 --
  refute "${as[@]}" cat "/proc/$pid/maps"
  asked "$pid"
  asked r
  cd /
  export ARENASHIM_RECORD="$home/x" # where to look for it
  as_user detach "$pid"
  expect '$status == 0 && $output == "nobody is attached to $pid: nothing is recorded"'
}

@test "a missing right is told in one line with its remedy" {
  serve hidden=4 --
  for command in attach detach dump "top --once"; do
    # shellcheck disable=SC2086 # words
    as_user $command "$pid"
    expect '$status == 2 && $(stderr_lines) == 1 && $stderr == *"process $pid: its memory can'"'"'t be read: "*"start the program with ARENASHIM_RECORD=FILE"*'
  done
  finish
  serve ARENASHIM_RECORD="$home/r" hidden=4 --
  chmod 400 r
  ((EUID != 0)) || chown 0 r
  chmod 444 r
  as_user attach r
  expect '$status == 2 && $(stderr_lines) == 1 && $stderr == *"r: its record can'"'"'t be opened: Permission denied: its owner and root can"'
  as_user attach d.txt
  expect '$status == 2 && $stderr == *"give the PID of a process, or the file of its record"*'
  echo >none && chmod 666 none
  as_user attach none
  expect '$status == 2 && $stderr == *"none: not a record: name the file of ARENASHIM_RECORD, or a PID"'
}

@test "a record that another user has put there is not taken for the process's" {
  ((EUID == 0)) || skip "needs root for two users"
  serve ARENASHIM_RECORD="$home/r" hidden=4 --
  cp r s && chown 65533 s && chmod 666 s && mv s r
  as_user attach "$pid"
  expect '$status == 2 && $stderr == *"can'"'"'t be read"*'
}

@test "where only memory is forbidden, the process's mappings name the record" {
  serve ARENASHIM_RECORD="$home/%p.record" --
  mkdir /tmp/arenashim.$$ && cd /tmp/arenashim.$$ && chmod 777 .
  as_user top --once --interval 0.1 "$pid"
  expect_ok
  asked "$pid" /usr/bin/python3 "$home/no_memory.py"
  asked "$home/$pid.record" /usr/bin/python3 "$home/no_memory.py"
  rm -r /tmp/arenashim.$$
}

@test "a process in namespaces of its own, its record on a mount that both have" {
  local -a inside=(unshare -r -m -p -f --mount-proc)
  "${as[@]}" "${inside[@]}" true 2>/dev/null || skip "this machine has no namespaces for users"
  mkdir volume && chmod 777 volume && mkdir -p inner
  # shellcheck disable=SC2016
  serve ARENASHIM_RECORD=inner/%e.record hidden=4 -- "${inside[@]}" sh -c 'mount --bind volume inner && exec "$@"' sh
  asked "$(echo volume/python3.*)"
  (cd volume && asked "$pid")
  # and from another such namespace, where it cannot be seen
  run --separate-stderr "${as[@]}" "${inside[@]}" "$TOOL" attach volume/python3.* --tag site
  expect '$status == 0 && $output == *"every request is recorded"*"before: "*'
  run --separate-stderr "${as[@]}" "${inside[@]}" "$TOOL" top --once --interval 0.1 volume/python3.*
  expect '$status == 0 && $output == *"tags site"*"running for"*'
}

@test "a record whose process has ended is not asked" {
  serve ARENASHIM_RECORD="$home/r" --
  finish
  within 10 refute kill -0 "$pid"
  as_user attach r
  expect '$status == 2 && $(stderr_lines) == 1 && $stderr == *"r: its process has ended: "*" shows what it held"'
}

@test "a process that ends while its answer is waited for is not said to be attached to" {
  # It follows nothing, because it asks malloc for nothing; 216: struct record_control in the head.
  setsid "${as[@]}" timeout --foreground 60 env LD_PRELOAD="$home/libarenashim.so" ARENASHIM_TAG=off \
    ARENASHIM_RECORD="$home/r" /usr/bin/python3 -c '
import os, time
fd = os.open("r", os.O_RDONLY)
before = os.pread(fd, 4, 216)
open("ready", "w").close()
while os.pread(fd, 4, 216) == before:
    time.sleep(0.01)
os.kill(os.getpid(), 9)' 3>&- &
  group=$!
  within 20 test -e ready
  as_user attach r
  expect '$status == 2 && -z $output && $stderr == *"r: its process has ended: "*" shows what it held"'
}

@test "a record on another file system that has its number and name is not taken for it" {
  ((EUID == 0)) || skip "only root can mount"
  serve ARENASHIM_RECORD="$home/other" --
  finish
  mkdir volume && mount -t tmpfs none volume || skip "this machine mounts nothing"
  chmod 777 volume
  serve ARENASHIM_RECORD="$home/volume/r" --
  before=$(stat -c %i volume/r)
  mount -t tmpfs none volume && cp other volume/r
  [[ $(stat -c %i volume/r) == "$before" ]] || skip "this kernel numbers the files of all tmpfs in one row"
  cd /
  run --separate-stderr /usr/bin/python3 "$home/no_memory.py" "$TOOL" attach "$pid"
  expect '$status == 2 && $stderr == *"can'"'"'t be read"*'
  cmp "$home/other" "$home/volume/r"
}

@test "nobody else can write into a record, whatever the umask" {
  umask 0
  serve ARENASHIM_RECORD="$home/r" --
  [[ $(stat -c %a r) == 644 ]]
}
