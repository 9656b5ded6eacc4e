# `arenashim timeline`: the time axis as a table and as a drawing.
load command

# axis: three moments; the call site of `first` grows, that of `second` takes its place.
axis() {
  cat <<'END'
process pid=7 program=demo tags=2 depth=8 unix_time=1700000000 start_ns=1699999000000000000 lived_ns=400000000000 live_bytes=300 peak_bytes=5000
arena name=demo
node
node parent=0 kind=1 address=0x1111
node parent=0 kind=1 address=0x2222
site kind=4
site node=1
site node=2
account arena=0 site=1 allocs=9 frees=8 live_objects=1 live_bytes=100 live_rounded=100 bytes=9000
account arena=0 site=2 allocs=9 frees=8 live_objects=1 live_bytes=200 live_rounded=200 bytes=9000
moment time_ns=1000000000 live_bytes=1000 mapped_bytes=10000 resident_bytes=8000 allocs=5 rest_bytes=100 flags=1
moment time_ns=200000000000 live_bytes=4096 mapped_bytes=20000 resident_bytes=9000 allocs=15 rest_bytes=96 flags=1
moment time_ns=400000000000 live_bytes=300 mapped_bytes=20000 allocs=18 rest_bytes=0 flags=1
share moment=0 site=1 bytes=900
share moment=1 site=1 bytes=1000
share moment=1 site=2 bytes=3000
share moment=2 site=1 bytes=100
share moment=2 site=2 bytes=200
event time_ns=500000000 kind=1 text=begin count=1
event time_ns=150000000000 kind=2 count=3
event time_ns=300000000000 kind=1 text=end count=1
END
}

setup() {
  TOOL=$TOOLS/arenashim # the build with sanitizers
  axis | dump a.dump
}

@test "in a pipe: all moments with their events, and who held most at the highest" {
  arenashim timeline a.dump
  expect '$status == 0 && -z $stderr'
  is_row '1.000 1000 10000 8000 5' 'mark: begin at 0.500'
  is_row '200.000 4096 20000 9000 15' 'most, 3 forks at 150.000'
  is_row '400.000 300 20000 - 18' 'mark: end at 300.000'
  [[ $output == *$'\nheld at 3m 20s: 4096 bytes\n'* ]]
  is_row '3000 73.2%' '0x2222'
  is_row '1000 24.4%' '0x1111'
  is_row '96 2.3%' '(all other call sites)'
}

@test "--at: the last moment that is not later, by time since the start or of the day" {
  arenashim timeline --at 100 a.dump
  expect '$status == 0 && $output == *"held at 1.00 s: 1000 bytes"*'
  is_row '900 90.0%' '0x1111'
  arenashim timeline --at 6.5m a.dump
  expect '$status == 0 && $output == *"held at 3m 20s"*'
  arenashim timeline --at 1h a.dump
  expect '$status == 0 && $output == *"held at 6m 40s: 300 bytes"*'
  # it began at 21:56:40 UTC
  TZ=UTC arenashim timeline --at 21:59:00 a.dump
  expect '$status == 0 && $output == *"held at 1.00 s"*'
  TZ=UTC arenashim timeline --at 22:02 a.dump
  expect '$status == 0 && $output == *"held at 3m 20s (2023-11-14 22:00:00): "*'
  TZ=UTC arenashim timeline --at 23:00 a.dump # of the day before, when it had not begun
  expect '$status == 0 && $output == *"held at 1.00 s (2023-11-14 21:56:41): "*'
  TZ=UTC arenashim timeline --at '2023-11-14 22:02:30' a.dump
  expect '$status == 0 && $output == *"held at 3m 20s (2023-11-14 22:00:00): "*'
  TZ=UTC arenashim timeline --at 2023-11-13T23:59 a.dump
  expect '$status == 0 && $output == *"held at 1.00 s ("*'
}

@test "what is no time, and what has no axis, is said in a line" {
  local word
  for word in x 25:00 1:2:3:4 -5 '' 10w; do
    arenashim timeline "--at=$word" a.dump
    error "--at=$word: give a time since the start"
  done
  axis | grep -vE '^(moment|share|event)' | dump none.dump
  arenashim timeline none.dump
  error 'none.dump: it has no time axis'
}

@test "a dump of version 1.1 lacks the axis, and nothing else" {
  { echo 'version 1.1'; echo 'drop moment'; echo 'drop share'; echo 'drop event'
    axis | grep -vE '^(moment|share|event)'; } | dump old.dump
  arenashim report old.dump
  expect '$status == 0 && -z $stderr'
  { echo 'drop share'; axis | grep -v ^share; } | dump cut.dump
  arenashim timeline cut.dump
  expect '$status == 0 && $stderr == *"shares of moments"*'
  is_row '4096 100.0%' '(all other call sites)'
}

@test "shares that lead nowhere are no one's" {
  { axis; echo 'share moment=9 site=1 bytes=7'; echo 'share moment=1 site=99 bytes=90'; } | dump bad.dump
  arenashim timeline bad.dump
  expect '$status == 0 && $stderr == *"2 references in it lead nowhere"*'
  is_row '3000 73.2%' '0x2222'
}

@test "on a terminal it is drawn, as wide as the window" {
  local width
  for width in 40 60 100 200; do
    LC_ALL=C.UTF-8 terminal "$width" timeline a.dump
    fits "$width"
    [[ $output == *"└──"* && $output == *"^     3m 20s  most: 4.00 KiB live"* ]] || { echo "$output"; return 1; }
    [[ $output == *"a     0.50 s  mark: begin"* && $output == *"b     2m 30s  3 forks"* && $output == *"c     5m 00s  mark: end"* ]]
    # the highest moment is in the middle; there, and only there, the area is two rows high
    grep -qE '^ {11}a +b? *\^ +c *$' <<<"$output" || { echo "$output"; return 1; }
  done
}

@test "the JSON has it, as the schema says" {
  "$TOOL" export --format json a.dump >a.json
  /usr/bin/python3 - <<'END'
import json
d = json.load(open("a.json"))
assert [m["live_bytes"] for m in d["moments"]] == [1000, 4096, 300]
assert d["moments"][1]["shares"] == [{"site": 1, "bytes": 1000}, {"site": 2, "bytes": 3000}]
assert d["moments"][2]["resident_bytes"] is None and d["moments"][1]["rest_bytes"] == 96
assert d["events"][1] == {"time_ns": 150000000000, "kind": "fork", "text": "", "value": 0, "count": 3}
END
  /usr/bin/python3 -c 'import jsonschema, json, sys
jsonschema.validate(json.load(open("a.json")), json.load(open(sys.argv[1])))' "$TOP/tools/arenashim.schema.json"
}
