# Dumps and reports by call: what the program is at that moment, whoever calls meanwhile.
load ../../common


control() { # [NAME=VALUE...] CASE: it must succeed
  run_shim "${@:1:$#-1}" "$BIN/control" "${!#}"
  expect_ok
}

# site FILE NAME: live bytes and objects of the call sites in that function; nothing if there are none
site() {
  "$TOOL" report "$1" -n 0 --sort bytes | awk -v name=" $2" 'index($0, name) { print $1, $3 }'
}

@test "a dump and a report by call hold what is alive then, and a name is never taken twice" {
  control ARENASHIM_TAG=stack:8 now
  expect '-z $stderr && -z $output'
  [[ $(site first site_early) == "4000 100" && -z $(site first site_late) ]]
  [[ $(site second site_early) == "3960 100" && $(site second site_late) == "4800 100" ]]
  second=(second.*[0-9])
  ((${#second[@]} == 1))
  [[ $(site "${second[0]}" site_late) == "4800 100" ]]
  dump_agrees second
  for f in first second; do
    grep -q '^== arenashim .*, snapshot by a call of the program$' $f.txt
    /usr/bin/python3 "$TOP/test/preload/report/report.py" $f.txt 'running == 0' 'tagged'
  done
  [[ $(grep -c ' 4800 ' second.txt) -gt $(grep -c ' 4800 ' first.txt) ]]
}

@test "without tags too" {
  control ARENASHIM_TAG=off now
  expect '-z $stderr'
  dump_agrees second
  /usr/bin/python3 "$TOP/test/preload/report/report.py" second.txt 'not tagged' 'allocs >= 200'
}

@test "without a name: where the options say, the report else on stderr" {
  control ARENASHIM_DUMP=d.%n ARENASHIM_STATS=r.%n defaults
  expect '-z $stderr'
  [[ -f d.1 && -f r.2 && $(ls d.* | wc -l) == 2 && $(ls r.* | wc -l) == 2 ]] # and those at exit
  control ARENASHIM_DUMP=e.%n defaults
  expect '$stderr == "== arenashim "*", snapshot by a call of the program"*"sum of these lines"*'
}

@test "errors come by errno, nothing is said, nothing is left" {
  control ARENASHIM_TAG=site errors
  expect '-z $stderr && -z $output'
  [[ $(find . -type f ! -name "separate-*") == ./after ]]
  (ulimit -f 4 && run_shim ARENASHIM_TAG=stack:8 "$BIN/control" now && expect '$status == 1 && $stderr == *"errno 27"*')
  [[ $(find . -type f ! -name "separate-*") == ./after ]]
  control ARENASHIM_DISABLE=1 disabled
  expect '-z $stderr'
}

@test "in a visit of call sites: no dump, and it is said at once" {
  control ARENASHIM_TAG=stack:8 visit
  grep -q 'left out' r
}

@test "four threads call while signals come and the process forks: every file is there and whole" {
  control ARENASHIM_TAG=stack:8 ARENASHIM_SIGNAL=USR2 ARENASHIM_STATS="$PWD/s.%n" together
  expect '-z $stderr'
  [[ $(ls d.* | wc -l) == 40 && $(ls r.* | wc -l) == 40 && $(ls c.* | wc -l) == 10 ]]
  [[ -z $(find . -name '*.tmp.*') ]]
  dumps_agree --running d.* c.*
  for f in r.* s.*; do [[ $(grep -c 'resident size of the process' "$f") == 1 ]]; done
  [[ $("$TOOL" report "$(ls c.* | head -1)") == *"a child of pid"* ]]
}

@test "a handler forks in the middle of a call: the child goes on, the parent's file is the parent's" {
  control ARENASHIM_TAG=stack:8 handler
  expect '-z $stderr'
  (($(ls c.* | wc -l) >= 20))
  [[ -z $(find . -name '*.tmp.*') ]]
  dumps_agree --running d.* c.*
}
