# ARENASHIM_METRICS: a process writes its figures as text, now and then and at its end; the same lines that
# `arenashim metrics` prints of a dump of that moment; and where it can't, it runs on after one line.
load ../../common

metrics() { /usr/bin/python3 "$TOP/test/tools/metrics.py" "$@"; }
PYTHON=/usr/bin/python3
CODE='x = [bytearray(n) for n in range(2000)]; y = bytearray(500000); del x[::3]'

setup() { mkdir files && cd files || return; } # where no others are

# The dump's own scratch memory stands in its ledger, and other pages are resident when it is written.
comparable() { grep -v '^arenashim_\(mapped\|resident\)_bytes\|scratch of another report\|^arenashim_read' "$1"; }

@test "the last text is what the command makes of the dump at exit, in both formats" {
  local mode name
  for mode in TAG=off TAG=site TAG=stack:8 SAMPLE=4096; do
    for name in m.%p.prom m.%p.txt; do
      run_shim PYTHONMALLOC=malloc "ARENASHIM_$mode" ARENASHIM_METRICS=$name ARENASHIM_DUMP=d $PYTHON -c "$CODE"
      expect_ok
      expect '-z $output$stderr'
      mv m.*."${name##*.}" "own.${name##*.}"
      "$TOOL" metrics -n 0 d -o "made.${name##*.}"
      diff <(comparable own.*) <(comparable made.*) || { echo "$mode $name"; return 1; }
      [[ $(ls) == d$'\n'made.*$'\n'own.* ]] || { ls; return 1; }
      [[ $name == *.prom ]] || metrics check openmetrics own.txt
      [[ $name != *.prom ]] || metrics check prometheus own.prom
      rm -f d own.* made.*
    done
  done
}

@test "while it runs: after a second, and then not for ten" {
  run_shim ARENASHIM_METRICS=m.%p.prom $PYTHON -c '
import glob, os, time
def seen():
    keep.append([bytearray(100000) for i in range(50)])  # slow paths
    found = glob.glob("m.*.prom")
    return os.stat(found[0]).st_ino if found else None
keep, start, when, last = [], time.monotonic(), [], None
while time.monotonic() < start + 12:
    now = seen()
    if now != last:
        when.append(time.monotonic() - start)
        last = now
    time.sleep(0.05)
    del keep[:-1]
print(*["%.1f" % w for w in when])
text = open(glob.glob("m.*.prom")[0]).read()
print("running 1" if "process_running{" in text and text.split("process_running{")[1].split("\n")[0].endswith(" 1") else "not running")'
  expect_ok
  read -r first second more <<<"${lines[0]}"
  [[ -n $second && -z $more && ${lines[1]} == 'running 1' ]] || { echo "$output"; return 1; }
  awk -v a="$first" -v b="$second" 'BEGIN { exit !(a >= 0.2 && a < 5 && b - a >= 9.8) }' || { echo "$output"; return 1; }
  metrics check prometheus m.*.prom
  [[ $(metrics value m.*.prom arenashim_process_running) == 0 && $(ls) == m.*.prom ]] || { ls; cat m.*; return 1; }
}

# only REGEXP: one file is there, of such a name; removes it.
only() { [[ $(ls) =~ $1 ]] && rm ./* || { ls; return 1; }; }

@test "the name has the pid, and never a number that changes" {
  run_shim ARENASHIM_METRICS=a.prom ARENASHIM_DISABLE=0 "$BIN/exit_paths" exit
  only ^a\.[0-9]+\.prom$
  run_shim ARENASHIM_METRICS=a.txt "$BIN/exit_paths" exit
  only ^a\.txt\.[0-9]+$
  run_shim ARENASHIM_METRICS=./ "$BIN/exit_paths" exit
  only ^exit_paths\.[0-9]+\.prom$
  run_shim ARENASHIM_METRICS=%%p.%e-%p "$BIN/exit_paths" exit
  only ^%p\.exit_paths-[0-9]+$
  local value
  for value in m.%n m.%t m.%x m.%; do
    run_shim "ARENASHIM_METRICS=$value" "$BIN/exit_paths" exit
    expect '$status == 7 && $(stderr_lines) == 1 && $stderr == *"legal is 0 or a path pattern"*%p*"using no metrics"'
  done
  for value in '' 0; do
    run_shim "ARENASHIM_METRICS=$value" "$BIN/exit_paths" exit
    expect '$status == 7 && -z $stderr'
  done
  [[ -z $(ls) ]] || { ls; return 1; }
}

@test "the number of a dump does not count them" {
  run_shim ARENASHIM_METRICS=m ARENASHIM_DUMP=d.%n $PYTHON -c '
import glob, time
end = time.monotonic() + 20
while not glob.glob("m.*") and time.monotonic() < end: x = [bytearray(100000) for i in range(50)]; time.sleep(0.05)'
  [[ -f d.1 ]] || { ls; return 1; }
}

@test "parent and children write their own" {
  run_shim ARENASHIM_METRICS=m.%p.prom $PYTHON -c '
import os
x = [bytearray(1000) for i in range(1000)]
for i in range(3):
    if os.fork() == 0:
        y = bytearray(100 * 4096)
        break
else:
    for i in range(3): os.wait()'
  expect_ok
  expect '-z $stderr'
  local file count=0
  for file in m.*.prom; do
    [[ $file == "m.$(sed -n 's/.*pid="\([0-9]*\)".*/\1/p;T;q' "$file").prom" ]]
    metrics check prometheus "$file"
    ((++count))
  done
  ((count == 4))
}

# one_line TEXT: the program ran on after that line alone.
one_line() {
  expect '$status == 7 && -z $output' || return
  [[ $stderr == "arenashim: can't write the metrics to "*": $1; the program goes on without it" ]] || { echo "$stderr"; return 1; }
}

@test "what can't be written is one line: no directory, a full disk, one that is read only, no file" {
  run_shim ARENASHIM_METRICS=none/ "$BIN/exit_paths" exit
  one_line 'No such file or directory'
  # shellcheck disable=SC2016
  run --separate-stderr bash -c 'mkfifo "pipe.$$"; LD_PRELOAD="$1" ARENASHIM_METRICS=pipe.%p exec "$2" exit' - "$SHIM" "$BIN/exit_paths"
  one_line 'it is no regular file'
  unshare -m true 2>/dev/null || skip "a mount of its own needs root"
  mkdir disk
  local options text
  while IFS=: read -r options text; do
    # shellcheck disable=SC2016
    run --separate-stderr unshare -m bash -c 'mount -t tmpfs -o size=4k tmpfs disk && mount -o "remount,$3" disk
      LD_PRELOAD="$1" ARENASHIM_METRICS="$PWD/disk/" "$2" exit; status=$?; ls -A disk; exit $status' - "$SHIM" "$BIN/exit_paths" "$options"
    one_line "$text" || { echo "$options"; return 1; }
  done <<<$'size=4k:No space left on device\nro:Read-only file system'
}

@test "one line in a process, however often it could not be written" {
  run_shim ARENASHIM_METRICS=none/ $PYTHON -c '
import time
end = time.monotonic() + 1.5
while time.monotonic() < end: x = [bytearray(100000) for i in range(50)]; time.sleep(0.05)'
  expect_ok
  (($(stderr_lines) == 1))
}

@test "no descriptor is left open, and errno and the stack of a thread are the program's" {
  local program
  for program in errno_kept descriptors; do
    run_shim ARENASHIM_METRICS=m "$BIN/$program"
    expect_ok || { echo $program; return 1; }
  done
  run_shim ARENASHIM_METRICS=m "$BIN/stack_depth" 3584
  expect_ok
}
