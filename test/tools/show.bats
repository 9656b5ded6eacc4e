# `arenashim FILE`: the screen of `run` again; of several dumps, the table of their processes first.
load command

setup() {
  unset "${!ARENASHIM_@}" LD_PRELOAD
  dump small.dump <"$HERE/small.txt"
}

@test "the screen that run printed, but for how the program ended" {
  TOOL=$(dirname "$TOOLS")/../arenashim
  arenashim run -o d "$TOOLS/planted"
  local first=$stderr
  arenashim d
  expect '$status == 0 && -z $stderr && ${lines[0]} == "planted, pid "*": at exit"'
  diff <(sed 1,1d <<<"$first") <(sed 1,2d <<<"$output")
}

@test "several: all processes in a table, the largest first, then the summary of their sums" {
  sed 's/pid=77/pid=78/; s/program=demo/program=other/; s/peak_bytes=9900/peak_bytes=99000/' "$HERE/small.txt" | dump other.dump
  arenashim small.dump other.dump
  expect '$status == 0 && -z $stderr && ${lines[0]} == "process               pid  ended             peak       live  dump"'
  expect '${lines[1]} == "other                  78  exited        96.7 KiB   3.03 KiB  other.dump"'
  expect '${lines[2]} == "demo                   77  exited        9.67 KiB   3.03 KiB  small.dump"'
  expect '${lines[3]} == "all together            2  processes    <=106 KiB   6.05 KiB their sums"'
  expect '${lines[4]} == "several programs: the sums of 2 processes"'
  # the screen of their merge, but for what is typed next
  local screen=${output#*"their sums"$'\n'}
  "$TOOL" merge -o merged small.dump other.dump 2>/dev/null
  diff <("$TOOL" merged | sed 's/merged$//') <(sed 's/small.dump other.dump$//' <<<"$screen")
  expect '$output == *"next: "*" leaks small.dump other.dump"$'"'\n'"'*'
  arenashim top --once -n 1 merged # sums have no process id
  expect '${lines[0]} == "several programs  tags stack:8  the sums of 2 processes"'
  mkdir fleet
  cp small.dump other.dump fleet
  arenashim fleet
  expect '$output == *"next: "*" leaks fleet"$'"'\n'"'*'
  "$TOOL" small.dump - <<<other.dump | grep -q '^next: .* leaks FILE\.\.\.$'
}

@test "several: a pid in two containers, or given again, is two processes; of one process one dump is shown" {
  local name
  for name in 'a host=pod-1' 'b host=pod-2' 'c host=pod-2 start_ns=1000 lived_ns=1' 'd host=pod-2 start_ns=5000 lived_ns=1' \
    'e host=pod-3 start_ns=1000 lived_ns=5 reason=1 signal=10' 'f host=pod-3 start_ns=1000 lived_ns=9'; do
    sed "s/ host=box/ ${name#* }/; s/pid=77/pid=1/" "$HERE/small.txt" | dump "${name%% *}.dump"
  done
  arenashim a.dump b.dump
  expect '$(grep -c "exited" <<<"$output") == 2 && $output == *"all together            2  processes"*'
  arenashim c.dump d.dump
  expect '$(grep -c "exited" <<<"$output") == 2 && $output == *"all together            2  processes"*'
  arenashim e.dump f.dump
  expect '$output == *"snapshot"*"exited"* || $output == *"exited"*"snapshot"*'
  expect '$status == 0 && $output != *"all together"* && $output == *"demo, pid 1: at exit, held most"*'
  arenashim a.dump e.dump f.dump
  expect '$output == *"all together            2  processes"*"the sums of 2 processes"*'
  expect '$stderr == *"1 of 3 files are earlier dumps of processes that have a later one here"*'
}

@test "a snapshot says so; what can't be read is named, and the rest is shown" {
  sed 's/^process/& reason=1 signal=10/' "$HERE/small.txt" | dump snapshot.dump
  arenashim snapshot.dump
  expect '$status == 0 && ${lines[0]} == "demo, pid 77" && ${lines[1]} == "snapshot on signal USR1"* && $output == *"alive then: "*'
  echo text >foreign
  arenashim foreign
  says 'arenashim: foreign: not a dump: `arenashim run PROGRAM` or ARENASHIM_DUMP=FILE makes one'
  arenashim small.dump foreign
  expect '$status == 2 && $(stderr_lines) == 1 && $output == *"demo, pid 77"* && $stderr == *"foreign: not a dump"*'
  dump off.dump <<<$'process pid=5'
  arenashim off.dump
  says 'arenashim: off.dump: call sites were not recorded: run the program with ARENASHIM_TAG=stack:8'
  run --separate-stderr sh -c '"$1" small.dump >/dev/full' sh "$TOOL"
  says 'arenashim: the report could not be written: check where its output goes'
}

@test "on a terminal it fits 80 x 24, with all that it has to say" {
  local text
  text=$(sed 's/^process/& reason=1 signal=10/; /^ledger/d' "$HERE/small.txt"
    printf '%s\n' 'ledger name=resident kind=2 bytes=182000000' 'health name=a flags=2 count=1')
  dump full.dump <<<"$text"
  output=$(PATH="${TOOL%/*}:$PATH" python3 "$HERE/run_tty.py" 24 80 -- arenashim full.dump | sed 's/\x1b\[[0-9;]*m//g')
  fits 80
  (($(wc -l <<<"$output") < 24))
  [[ $output == *'malloc held at most 0.0% of the resident 174 MiB'* && $output == *'note: 1 a'* && $output == *'doubtful: 3'* && $output == *'next: '* ]]
}

# made DEPTH: a dump of a path of so many frames, all in a library of the system, which has no debug information.
made() {
  local i
  printf '%s\n' "process program=p tags=2 depth=$1 live_bytes=9 peak_bytes=9" 'module start=1 end=256 path=libfoo.so' node
  for i in 0 1 2; do printf 'node parent=%d kind=1 module=1 address=%d\n' "$i" $((i + 2)); done
  printf '%s\n' 'site node=3' 'account allocs=9 live_objects=9 live_bytes=90' 'node parent=0 kind=1 module=1 address=9' 'site node=4' \
    'account site=1 allocs=1 live_objects=1 live_bytes=9'
}

@test "paths that were cut before a function of the program's own are said, where they matter" {
  made 3 | sed 's,path=libfoo.so,path=/usr/lib/libfoo.so,' | dump cut.dump
  arenashim cut.dump
  expect '$status == 0 && $output == *$'"'\n'"'"1 of 2 paths was cut at 3 frames, inside libraries: --tag stack:64"$'"'\n'"'*'
  made 4 | sed 's,path=libfoo.so,path=/usr/lib/libfoo.so,' | dump whole.dump
  arenashim whole.dump
  expect '$status == 0 && $output != *" cut at "*'
  made 3 | dump own.dump # the frame is the program's own
  arenashim own.dump
  expect '$status == 0 && $output != *" cut at "*'
}

@test "a program without debug information is told to be compiled with it" {
  TOOL=$(dirname "$TOOLS")/../arenashim
  gcc -O1 -w -fno-inline -fno-builtin -include stdlib.h -o bare -x c - <<<'void *keep(void) { void *p = malloc(500000); *(volatile char *)p = 1; return p; } int main(void) { return keep() == 0; }'
  arenashim run -o d ./bare
  expect '$status == 0 && $stderr == *$'"'\n'"'"bare has no debug information: compile it with -g to see lines"$'"'\n'"'*'
  ! grep -A1 '^resident' <<<"$stderr" | grep -q '[.]$' # what would change it is no longer than a line
  ln -s bare nick
  arenashim run -o d ./nick
  expect '$stderr == *$'"'\n'"'"nick (bare) has no debug information: compile it"*'
  gcc -g -O1 -w -fno-inline -fno-builtin -include stdlib.h -o bare -x c - <<<'void *keep(void) { void *p = malloc(500000); *(volatile char *)p = 1; return p; } int main(void) { return keep() == 0; }'
  arenashim run -o d ./bare
  expect '$status == 0 && $stderr != *"debug information"*'
}
