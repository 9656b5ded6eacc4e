# Commands that get several FILEs or directories: what they show is the sums; check judges each, or the sum.
load command

# process PID LIVE [FIELD=VALUE...]: a dump of a process whose one site has so many bytes; and $mappings, if set.
process() {
  dump "$1.dump" <<END
process pid=$1 program=p host=h tags=2 depth=8 unix_time=1700000000 live_objects=1 live_bytes=$2 peak_bytes=$2 ${*:3}
arena name=p total_allocs=1 total_size=$2 live_objects=1 live_bytes=$2 live_rounded=$2 peak_bytes=$2
class cell_bytes=64 in_use=1 slabs=1
account allocs=1 bytes=$2 live_objects=1 live_bytes=$2 live_rounded=$2 peak_bytes=$2 at_peak_objects=1 at_peak_bytes=$2 smallest=$2 largest=$2
site node=1
node
node kind=1 module=1 address=0x500010
module start=0x500000 end=0x600000 bias=0x500000 path=/nowhere/p build_id=ab
${mappings:-}
END
}

setup() {
  mkdir old new
  process 1 100
  process 2 50
  mv 1.dump 2.dump old
  process 3 400
  process 4 30
  mv 3.dump 4.dump new
}

@test "every view of several is that of their merge" {
  local command
  "$TOOL" merge -o all old/*.dump new/*.dump
  for command in report tree arenas leaks waste 'report --by class' 'report --by module' 'export --format json' \
    'export --format collapsed' 'export --format pprof' 'html -o -'; do
    # shellcheck disable=SC2086
    cmp <("$TOOL" $command old new/*.dump 2>/dev/null) <("$TOOL" $command all 2>/dev/null) || { echo "$command"; return 1; }
  done
  find old new -name '*.dump' | "$TOOL" report - >list 2>/dev/null
  cmp list <("$TOOL" report all 2>/dev/null)
}

@test "one that can't be read is named, the others are shown, and the status says it" {
  arenashim report old nowhere
  expect '$status == 2 && $output == *"live     150 bytes in 2 objects"* && $output == *"left out: they could not be read"*'
  expect '$stderr == *"nowhere: can'"'"'t be read"*'
}

@test "snapshots of a process count once, with a line about them" {
  process 9 10 start_ns=5000000000 lived_ns=10 reason=2
  mv 9.dump early.dump
  process 9 20 start_ns=5000000000 lived_ns=20
  arenashim report early.dump 9.dump
  expect '$status == 0 && $output == "p, pid 9, at exit"*"live     20 bytes"*'
  expect '$stderr == *"1 of 2 files are earlier dumps of processes that have a later one here: they are left out"*'
}

@test "a directory of one dump is that dump" {
  rm old/2.dump
  arenashim report old
  expect '$status == 0 && $output == "p, pid 1, at exit"*'
}

@test "the page of several is merged.html" {
  arenashim html old new
  expect '$status == 0 && $output == "merged.html: open it in a browser" && -s merged.html'
}

@test "diff of two sets: directories, or files with -- between them" {
  arenashim diff old new
  expect_ok
  expect '$output == *"old  p, the sums of 2 processes"*"new  p, the sums of 2 processes"*'
  is_row '150 430 +280 +186.7%' 'live bytes'
  local directories=$output
  arenashim diff --sort live old/1.dump old/2.dump -- new/4.dump new/3.dump
  expect_ok
  expect '$output == "$directories"'
  arenashim diff -- old/1.dump new/4.dump
  expect_ok
  is_row '100 30 -70 -70.0%' 'live bytes'
  arenashim diff old/1.dump old/2.dump -- empty
  expect '$status == 2'
}

@test "check of several: each by itself, those that don't hold in full" {
  arenashim check --max-live 100 old new
  expect '$status == 1'
  expect '${lines[0]} == "old/1.dump: holds" && ${lines[1]} == "old/2.dump: holds" && ${lines[2]} == "new/3.dump: exceeded"'
  is_row 'EXCEEDED 400 100 - -' 'live bytes'
  expect '$output == *"new/4.dump: holds"*"4 dumps: 3 hold, 1 exceeded, 0 unknown"'
  arenashim check --max-live 400 old new
  expect '$status == 0 && ${#lines[@]} == 5'
  process 5 1 sample_bytes=512
  arenashim check --max-live 400 old 5.dump
  expect '$status == 2 && $output == *"5.dump: unknown"* && $stderr == *"5.dump: can'"'"'t be judged: it is sampled"*'
  arenashim check --max-live 400 5.dump old
  expect '$status == 2'
  arenashim check --max-live 60 old 5.dump
  expect '$status == 1'
  arenashim check --max-live 400 old nowhere
  expect '$status == 2 && $output == *"nowhere: unknown"*'
}

@test "check --sum: the sums; peaks of several may hold, and are never said to exceed" {
  arenashim check --sum --max-live 150 old
  expect '$status == 0'
  arenashim check --sum --max-live 149 old
  expect '$status == 1'
  arenashim check --sum --max-peak 150 old
  expect '$status == 0'
  arenashim check --sum --max-peak 149 old
  expect '$status == 2 && $stderr == *"2 files: can'"'"'t be judged"*'
  expect '$stderr == *"as peaks of several processes are: judge each process (without --sum)"'
  arenashim check --sum --baseline old --max-growth 200 new
  expect '$status == 2 && $output == *"holds"*"live bytes"*' # the baseline's peak is a bound
  arenashim check --sum --baseline old --max-growth 100 new
  expect '$status == 1'
  is_row 'EXCEEDED 430 300 150 +186.7%' 'live bytes'
}

@test "check --sum: sums that lack something don't hold" {
  arenashim check --sum --max-live 1000 old nowhere
  expect '$status == 2 && $stderr == *"the figures above are too low"*'
  arenashim check --sum --max-live 100 old nowhere
  expect '$status == 1'
  dump off.dump <<<'process pid=9 program=p host=h live_bytes=5 live_objects=1'
  arenashim check --sum --max-live 1000 old off.dump
  expect '$status == 2 && $stderr == *"the figures above are too low"*'
}

@test "check of each against one baseline, not against several" {
  arenashim check --baseline old/1.dump --max-growth 0 old new/4.dump
  expect '$status == 0'
  arenashim check --baseline old --max-growth 0 new
  says 'arenashim: --baseline=2 files: several dumps can be compared with a sum: add --sum'
}

@test "check --json: for one, for several, for their sum" {
  field() { /usr/bin/python3 -c 'import json, sys; d = json.load(open("out")); print(eval(sys.argv[1]))' "$1"; }
  "$TOOL" check --json --max-live 100 --max-allocs 5 old/1.dump >out
  [[ $(field 'd["format"], d["version"], d["verdict"], len(d["files"])') == "('arenashim check', 1, 'holds', 1)" ]]
  [[ $(field 'sorted(d["files"][0])') == "['file', 'growths', 'is_low', 'limits', 'pid', 'processes', 'program', 'verdict']" ]]
  [[ $(field '[(f["figure"], f["verdict"], f["is"], f["at_most"]) for f in d["files"][0]["limits"]]') == "[('live_bytes', 'holds', 100, 100), ('allocs', 'holds', 1, 5)]" ]]
  "$TOOL" check --json --max-live 100 old new nowhere >out 2>/dev/null && return 1
  [[ $(field '[(f["file"], f["verdict"]) for f in d["files"]]') == "[('old/1.dump', 'holds'), ('old/2.dump', 'holds'), ('new/3.dump', 'exceeded'), ('new/4.dump', 'holds'), ('nowhere', 'unknown')]" ]]
  [[ $(field 'd["verdict"]') == exceeded ]]
  "$TOOL" check --json --sum --baseline old --max-growth 0 new >out && return 1
  [[ $(field 'd["files"][0]["processes"]') == 2 ]]
  [[ $(field '[(f["figure"], f["is"], f["was"], f["was_bound"]) for f in d["files"][0]["growths"]]') == "[('live_bytes', 430, 150, False), ('peak_bytes', 430, 150, True), ('bytes', 430, 150, False)]" ]]
}

@test "the screen of several has their sum in its table, and takes directories" {
  arenashim old new/3.dump
  expect_ok
  expect '$output == *$'"'\n'"'"all together            3  processes      <=550 B      550 B their sums"*'
  expect '$output == *"p: the sums of 3 processes"*'
  mkdir empty
  arenashim empty
  says 'arenashim: empty: no NAME.dump and no NAME.record in this directory: name one that has some, or the files'
}

@test "whose resident size is missing is said by every view of a set, and by merges of merges" {
  local why="killed, or read while running: a record has no resident sizes" head
  process 5 10
  mappings="mapping kind=27 mapped=8000000 resident=6291456 count=1
mapping kind=30 mapped=9000000 resident=6291456" process 6 60
  mv 6.dump old
  process 7 70 reason=5 && mv 7.dump old
  head="of 1 of 4 processes; not of p (3): $why"
  "$TOOL" merge -o once old 2>/dev/null
  "$TOOL" merge -o early 5.dump old/7.dump && "$TOOL" merge -o twice early once new/3.dump 2>/dev/null
  arenashim resident old
  expect '$status == 0 && $output == *$'"'\n'"'"resident 6291456 bytes"$'"'\n'"'"$head"$'"'\n'"'*'
  arenashim resident once
  expect '$output == *"$head"*'
  arenashim resident twice
  expect '$output == *$'"'\n'"'"of 1 of 7 processes; not of p (6): $why"$'"'\n'"'*'
  arenashim resident --json once
  expect '$output == *"\"processes\":4,\"processes_without\":3,"*'
  arenashim report once
  expect '$output == *"resident 6.00 MiB of 1 of 4 processes: 100% mapped"*'
  arenashim html -o - once
  expect '$output == *"6.00 MiB of 1 of 4 processes: 100% mapped"*'
  arenashim resident early
  expect '$status == 2 && $stderr == *"early: resident sizes were not recorded of any process: not of p (2): $why"*'
  "$TOOL" merge --keep-processes -o kept old 2>/dev/null
  arenashim resident kept
  expect '$output == *"not of p 1, p 2, p 7: $why"*'
}
