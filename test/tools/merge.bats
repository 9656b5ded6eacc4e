# `arenashim merge`: the sums are those of its dumps, to the byte, whatever their order, builds and addresses.
load command

sums() { /usr/bin/python3 "$HERE/merge_sums.py" "$@"; }

# shimmed DIRECTORY COMMAND...: a run that leaves its dump there; without address randomization it would prove little.
# Those of `many` have outer frames in a tree of their own.
shimmed() {
  local to=$1 depth=6
  shift
  [[ $to != many ]] || depth=24
  env LD_PRELOAD="$SHIM" ARENASHIM_DUMP="$BATS_FILE_TMPDIR/$to/" ARENASHIM_TAG=stack:$depth "$@" >/dev/null
}

# program NAME FLAG...: of one source; what it allocates differs by its argument.
program() {
  local name=$1
  shift
  gcc -g -Wl,--build-id "$@" -o "$BATS_FILE_TMPDIR/$name" "$BATS_FILE_TMPDIR/grows.c" -lpthread
}

setup_file() {
  cd "$BATS_FILE_TMPDIR" || return
  mkdir many builds
  cat >grows.c <<'END'
#include <pthread.h>
#include <stdlib.h>
void *kept[64];
__attribute__((noinline)) static void leaf(int n) { for (int i = 0; i < n; i++) kept[i] = malloc(100 + (size_t)i); }
__attribute__((noinline)) static void middle(int n) { leaf(n); kept[63] = malloc(5000); }
static void *work(void *n) { middle(*(int *)n); return NULL; }
int main(int argc, char **argv) {
  int n = argc > 1 ? atoi(argv[1]) : 1;
  pthread_t t;
  pthread_create(&t, NULL, work, &n);
  pthread_join(t, NULL);
  middle(n + 1);
  return 0;
}
END
  program old -O0 -no-pie
  program new -O2 -pie -DUNUSED=1
  local i
  for i in 1 2 3 4 5; do
    shimmed many ls -l /usr/bin
    shimmed many sort -R "$TOP/Makefile"
    shimmed many find "$TOP/tools/man"
    shimmed many grep -r arena "$TOP/tools/man"
    shimmed many sed -n 1p "$TOP/Makefile"
    shimmed many mawk '{ n[$1]++ }' "$TOP/Makefile"
    shimmed many perl -e '@a = map { $_ x 9 } 1 .. 999'
    shimmed many tar c -C "$TOP" tools/man -f /dev/null
    shimmed many stat "$TOP"
    shimmed many date
    shimmed many ./old "$i"
    shimmed many /usr/bin/python3 -S -c pass
    shimmed builds ./old "$((i * 7))"
    shimmed builds ./new "$i"
  done
}

setup() {
  ln -s "$BATS_FILE_TMPDIR/many" many
  ln -s "$BATS_FILE_TMPDIR/builds" builds
}

@test "60 dumps of 12 programs: every call site, arena, class and line is the sum, and order makes no difference" {
  local dumps=(many/*.dump) rate
  ((${#dumps[@]} == 60))
  arenashim merge -o all.dump many
  expect_ok
  expect '$stderr == "arenashim: 60 dumps of 12 programs on 1 host merged into all.dump"'
  sums all.dump "${dumps[@]}"
  for rate in 1 2 3; do
    shuf -e "${dumps[@]}" | "$TOOL" merge - 2>/dev/null | cmp - all.dump
  done
  # whatever was merged before
  "$TOOL" merge -o a "${dumps[@]:0:25}"
  "$TOOL" merge -o b "${dumps[@]:25}"
  "$TOOL" merge b a | cmp - all.dump
}

@test "two builds: apart by offset, together by function, and their names need no files then" {
  arenashim merge -o by_build builds
  expect_ok
  sums by_build builds/*
  arenashim report by_build --sort allocs
  expect '$(grep -c "leaf.*< middle.*< work" <<<"$output") == 2'
  arenashim merge --by-function -o by_function builds
  expect_ok
  sums --total by_function builds/*
  mkdir gone && mv "$BATS_FILE_TMPDIR"/{old,new} gone
  arenashim report by_function --sort allocs
  mv gone/* "$BATS_FILE_TMPDIR"
  expect '$(grep -c "leaf < middle < work" <<<"$output") == 1 && -z $stderr'
  # 7+14+..+35 and 1+..+5 by the threads
  expect '$(grep "leaf < middle < work" <<<"$output" | tr -s " " | cut -d" " -f4) == 120'
  # a merge of what was merged by function is the same again, and so is one in another order
  "$TOOL" merge by_function | cmp - by_function
  printf '%s\n' builds/* | sort -r | "$TOOL" merge --by-function - 2>/dev/null | cmp - by_function
  "$TOOL" merge --by-function -o a builds/old*
  "$TOOL" merge --by-function -o b builds/new*
  "$TOOL" merge a b | cmp - by_function
  "$TOOL" merge b a | cmp - by_function
  # a function of several builds is at no address
  "$TOOL" export --format json by_function 2>/dev/null | /usr/bin/python3 -c 'import json, sys
frames = json.load(sys.stdin)["frames"]
assert {(f["offset"], f["address"]) for f in frames if f["name"] == "leaf"} == {(None, None)}, frames'
}

@test "without names, by function is by build-id and offset" {
  cp "$BATS_FILE_TMPDIR/old" kept
  strip "$BATS_FILE_TMPDIR/old"
  arenashim merge --by-function -o by_function builds
  sums --total by_function builds/*
  arenashim report by_function --sort allocs
  cp kept "$BATS_FILE_TMPDIR/old"
  expect '$output == *"leaf < middle"*'
  expect '$output == *"old+0x"*'
}

@test "--keep-processes: each path ends in its process, arenas stay apart" {
  arenashim merge --keep-processes -o kept builds
  expect_ok
  sums --keep-processes kept builds/*
  printf '%s\n' builds/* | sort -r | "$TOOL" merge --keep-processes - 2>/dev/null | cmp - kept
  local file pid
  arenashim report kept
  for file in builds/*; do
    pid=${file%.dump} pid=${pid##*.}
    expect "\$output == *'< [${file:7:3} $pid]'*"
  done
  arenashim arenas kept
  expect "\$(grep -cE '(old|new) [0-9]+/(old|new)' <<<\"\$output\") == 10"
}

# BUILD=ID process PID LIVE [FIELD=VALUE...]: a dump of a process whose one site has so many bytes.
process() {
  dump "$1.dump" <<END
process pid=$1 program=p host=h tags=2 depth=8 unix_time=1700000000 live_objects=1 live_bytes=$2 peak_bytes=$2 ${*:3}
arena name=p total_allocs=1 total_size=$2 live_objects=1 live_bytes=$2 live_rounded=$2 peak_bytes=$2
account allocs=1 bytes=$2 live_objects=1 live_bytes=$2 live_rounded=$2 peak_bytes=$2 at_peak_objects=1 at_peak_bytes=$2 smallest=$2 largest=$2 pinned_bytes=8
site node=1
node
node kind=1 module=1 address=$((0x500010 + $1 * 4096))
module start=$((0x500000 + $1 * 4096)) end=$((0x600000 + $1 * 4096)) bias=$((0x500000 + $1 * 4096)) path=/nowhere/p build_id=${BUILD:-ab}
END
}

live() { process_field "$1" live_bytes; }

@test "of several dumps of a process the last counts; what has no start always does" {
  process 1 100 start_ns=5000000000 lived_ns=100 reason=2
  process 2 70 start_ns=5000000000 lived_ns=9
  mv 1.dump early.dump
  process 1 300 start_ns=5000000000 lived_ns=300 reason=2
  mv 1.dump late.dump
  process 1 200 start_ns=5000000000 lived_ns=200
  cp 1.dump copy.dump
  arenashim merge -o all early.dump late.dump 1.dump copy.dump 2.dump
  expect_ok
  expect '$stderr == *": 2 dumps of 1 program on 1 host merged into all; 3 left out: earlier ones of the same processes"'
  [[ $(live all) == 270 ]] # its own last dump, at its end
  process 3 5
  cp 3.dump 4.dump
  arenashim merge -o all 3.dump 4.dump
  [[ $(live all) == 10 ]]
}

@test "found again at other addresses; a merge says what it is" {
  process 1 100
  process 2 50
  arenashim merge -o all 1.dump 2.dump
  arenashim report all
  expect '$output == "p, the sums of 2 processes, the last 2023-11-14 22:13:20 UTC, on h, shim "*'
  expect '$output == *"live     150 bytes in 2 objects; peak <=150"*'
  is_row '150 150 2 100.0% 50..100 0.0% 16' 'p+0x10'
  [[ $(process_field all processes) == 2 && $(process_field all reason) == merged && $(process_field all peak_is_bound) == True ]]
  arenashim timeline all
  says "arenashim: all: it has no time axis: a merge has none: name the dump of one process"
}

@test "two builds at one path and offset are two call sites, without a build-id one" {
  process 1 100
  BUILD=cd process 2 50
  arenashim merge -o all 1.dump 2.dump
  sums all 1.dump 2.dump
  arenashim report all
  expect '$(grep -c "p+0x10" <<<"$output") == 2'
  BUILD='""' process 1 100
  BUILD='""' process 2 50
  arenashim merge -o all 1.dump 2.dump
  arenashim report all
  expect '$(grep -c "p+0x10" <<<"$output") == 1'
}

@test "waste of the sums is the sum of waste: rounding that was never touched is told before it is added" {
  local n=0 rounding
  for rounding in 'live_objects=1 live_bytes=100000 live_rounded=200000' 'live_objects=100 live_bytes=100 live_rounded=100'; do
    dump $((++n)).dump <<END
process pid=$n program=p host=h tags=2 depth=8
arena name=p
account allocs=100 $rounding smallest=1 largest=100000
site kind=3
END
  done
  arenashim merge -o all 1.dump 2.dump
  sums all 1.dump 2.dump
  arenashim waste all
  is_row '4095 100.0% 4095 0 100100 101' '(the tables were full)'
}

@test "peaks of several processes are bounds" {
  process 1 100
  process 2 50
  dump 2.dump <<END
process pid=2 program=p host=h tags=2 depth=8 peak_bytes=900
arena name=p total_allocs=1 total_size=900 frees=1 peak_bytes=900
account allocs=1 frees=1 bytes=900 peak_bytes=900 smallest=900 largest=900
site node=1
node
node kind=1 module=1 address=0x10
module end=0x100000 path=/nowhere/p build_id=ab
END
  arenashim merge -o all 1.dump 2.dump
  arenashim report all
  is_row '100 <=1000 2 100.0% 100..900 0.0% 8' 'p+0x10'
  arenashim report --by arena all
  expect '$output == *"<=1000"*'
}

@test "exact and sampled: estimates, as the largest period has them; a record: no pinned cells" {
  process 1 100
  process 2 50 sample_bytes=512
  process 3 50 sample_bytes=1024
  arenashim merge -o all 1.dump 2.dump 3.dump
  expect_ok
  [[ $(process_field all sample_bytes) == 1024 ]]
  arenashim report all
  expect '$output == *"~200 bytes in ~3 objects"*'
  process 2 50 flags=64
  arenashim merge -o all 1.dump 2.dump
  arenashim waste all
  expect '$output == *"waste is rounding alone"*'
  sums all 1.dump 2.dump
}

@test "without tags: counted as a doubt among others, no doubt where none has any" {
  process 1 100
  dump off.dump <<<'process pid=9 program=p host=h live_bytes=5 live_objects=1'
  arenashim merge -o all 1.dump off.dump
  expect_ok
  arenashim report all
  is_row 1 'processes without tags: their memory is of no call site'
  arenashim merge -o off off.dump off.dump
  arenashim report off
  expect '$output != *"without tags: their"*'
}

@test "frames of no module are one, whatever their addresses" {
  local pid
  for pid in 1 2; do
    dump $pid.dump <<END
process pid=$pid program=p host=h tags=2 depth=8 live_bytes=7 live_objects=1
arena name=p total_allocs=1 live_objects=1 live_bytes=7
account allocs=1 bytes=7 live_objects=1 live_bytes=7 live_rounded=8 peak_bytes=7 smallest=7 largest=7
site node=3
node
node kind=1 module=1 address=0x10
node parent=1 kind=1 address=$((0x7000 + pid))
node parent=2 kind=1 address=$((0x7100 + pid))
module end=0x100000 path=/nowhere/p build_id=ab
END
  done
  arenashim merge -o all 1.dump 2.dump
  sums all 1.dump 2.dump
  arenashim report all
  is_row '14 14 2 100.0% 7 0.0% 2' 'p+0x10 < [code of no file]'
}

@test "a damaged dump is read as far as it is whole, one that can't be read is left out: both are counted" {
  process 1 100
  process 2 50
  process 3 10
  head -c 20 1.dump >head.dump
  /usr/bin/python3 - <<'END' # the accounts of 3 are damaged
import struct
data = bytearray(open("3.dump", "rb").read())
head, count, item = struct.unpack_from("<I8xII", data, 12)
for i in range(count):
    number, _, offset, *_ = struct.unpack_from("<IIQQII", data, head + i * item)
    if number == 10:
        data[offset] ^= 1
open("3.dump", "wb").write(data)
END
  arenashim merge -o all 1.dump 2.dump 3.dump head.dump nowhere.dump
  expect '$status == 2'
  [[ $stderr == *"3.dump: its section \"accounts\" is damaged"* ]]
  [[ $stderr == *"head.dump: cut short after 20 bytes, within its header"* ]]
  [[ $stderr == *"nowhere.dump: can't be read: No such file"* ]]
  [[ $stderr == *"3 dumps of 1 program on 1 host merged into all; 2 left out: they can't be read" ]]
  [[ $(live all) == 160 ]]
  arenashim report all
  is_row 2 'dumps that are left out: they could not be read'
  is_row 1 'dumps of which parts were lost'
  arenashim merge -o none head.dump nowhere.dump
  expect '$status == 2 && ! -e none'
  [[ $stderr == *"none of the 2 files can be read: there is nothing to merge" ]]
}

@test "every way to damage a dump leaves the others' sums" {
  process 1 100
  process 2 50
  local n size
  size=$(stat -c %s 2.dump)
  for ((n = 0; n < size; n += 37)); do
    head -c "$n" 2.dump >cut.dump
    "$TOOL" merge -o all 1.dump cut.dump 2>/dev/null || [[ $? == 2 ]]
    [[ $(live all) =~ ^(100|150)$ ]] || { echo "cut at $n: $(live all)"; return 1; }
  done
}

@test "directories, lists, and OUT among the files" {
  mkdir in in/deeper empty
  process 1 100
  process 2 50
  mv 1.dump 2.dump in
  cp in/1.dump in/deeper/x.dump
  touch in/notes.txt
  arenashim merge -o in/all.dump in
  expect_ok
  [[ $(live in/all.dump) == 150 ]]
  arenashim merge -o in/all.dump in
  expect_ok
  expect '$stderr == *"in/all.dump is among the files: it is replaced, and not merged"*'
  [[ $(live in/all.dump) == 150 ]]
  arenashim merge -o x empty
  says 'arenashim merge: empty: no NAME.dump and no NAME.record in this directory: name one that has some, or the files'
  run --separate-stderr "$TOOL" merge -o x - </dev/null
  says "arenashim merge: -: no names on standard input: give a file's name a line, such as find prints"
  arenashim merge
  says 'arenashim merge: name the FILE that `arenashim run` or ARENASHIM_DUMP made'
}

@test "records: of a killed process, and not twice beside its dump" {
  mkdir both
  local pid options=(LD_PRELOAD="$SHIM" ARENASHIM_DUMP="$PWD/both/" ARENASHIM_RECORD="$PWD/both/%e.%p.record" ARENASHIM_TAG=site)
  env "${options[@]}" "$BATS_FILE_TMPDIR/old" 3
  env "${options[@]}" sleep 30 3>&- &
  pid=$!
  within 5 test -s both/sleep.$pid.record
  sleep 0.2
  kill -9 $pid
  wait $pid || true
  arenashim merge -o all both
  expect_ok
  expect "\$stderr == *': 2 dumps of 2 programs on 1 host merged into all'*"
  [[ $(process_field all of_record) == True && $(process_field all processes) == 2 ]]
}

@test "a merge is no more readable than any of its dumps" {
  process 1 1
  process 2 2
  umask 022
  chmod 644 1.dump
  chmod 600 2.dump
  "$TOOL" merge -o all 1.dump 2.dump
  [[ $(stat -c %a all) == 600 ]]
}

@test "memory is bound by what is distinct: 600 more files of the same cost a name each" {
  local i peak more
  mkdir copies
  peak() { # ARG...: KiB that a merge of these holds at most (time is smaller than it; a parent's memory counts till exec)
    /usr/bin/time -f %M -o kib "$TOOL" merge -o all "$@" 2>/dev/null && cat kib
  }
  for ((i = 0; i < 600; i++)); do ln -s "$(realpath many)/$(cd many && ls | sed -n "$((i % 60 + 1))p")" copies/$i.dump; done
  more=$(peak copies)
  peak=$(peak many)
  echo "KiB: $peak of 60, $more of 660"
  ((more < peak + 512))
}
