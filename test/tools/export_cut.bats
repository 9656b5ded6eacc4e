# Exports of paths that were cut: their outermost frame says so, in every format that has frames.
load command

setup() {
  TOOL=$TOOLS/arenashim # the build with sanitizers
  cuts | dump d
}

in_target() { nm "$TOOLS/target" | awk -v n="$1" '$3 == n { print "0x" $1 }'; } # SYMBOL: its address

# cuts: paths of three frames, with depth 3: one that begins at _start, one that was cut, the same below a label; a path
# of two frames, which is whole; one of wrappers alone, cut; a region whose path was cut.
cuts() {
  local start=$(($(in_target _start) + 9)) main=$(($(in_target main) + 9)) parse=$(($(in_target _ZN2ns6Parser5parseEi) + 20))
  local wrapper=$(($(in_target xmalloc) + 4))
  printf '%s\n' "process program=target tags=2 depth=${1:-3} unix_time=9999999999" \
    "module start=0x400000 end=0x800000 path=$TOOLS/target build_id=$(readelf -n "$TOOLS/target" | sed -n 's/.*Build ID: //p')" \
    node "node parent=0 kind=1 module=1 address=$parse" "node parent=1 kind=1 module=1 address=$main" \
    "node parent=2 kind=1 module=1 address=$start" "node parent=2 kind=1 module=1 address=$main" \
    'node parent=4 kind=2 label=phase' \
    "node parent=0 kind=1 module=1 address=$wrapper" "node parent=6 kind=1 module=1 address=$wrapper" \
    "node parent=7 kind=1 module=1 address=$wrapper" \
    'site node=3' 'site node=4' 'site node=5' 'site node=2' 'site node=8' \
    'region name=own node=4 state=1'
  for i in 0 1 2 3 4; do echo "account site=$i allocs=1 live_objects=1 live_bytes=$((10 + i))"; done
}

exported() { # FORMAT [OPTION...]: d in `out`
  arenashim export d --format "$@" -o out
  expect '$status == 0 && -z $stderr && -z $output'
}

# says EXPRESSION WANTED: of the JSON document d in `out`; f are its names of frames.
says() {
  local got
  got=$(/usr/bin/python3 -c 'import json, sys
d = json.load(open("out", encoding="utf-8"))
f = [x["name"] for x in d.get("frames") or d.get("shared", {}).get("frames", [])]
print(eval(sys.argv[1]))' "$1")
  [[ $got == "$2" ]] || { printf '%s\n' "$1" "got:    $got" "wanted: $2"; return 1; }
}

@test "collapsed: the root of a cut path says so, below a label; whole and short paths are as they were" {
  exported collapsed
  diff out - <<'END'
(cut at 3 frames);main;main;ns::Parser::parse 11
(cut at 3 frames);xmalloc 14
[phase];(cut at 3 frames);main;main;ns::Parser::parse 12
_start;main;ns::Parser::parse 10
main;ns::Parser::parse 13
END
}

@test "the depth is that of the dump, and of one frame" {
  cuts 2 | dump d
  exported collapsed
  grep -qx '(cut at 2 frames);main;ns::Parser::parse 13' out
  printf '%s\n' 'process tags=2 depth=1' node 'node kind=1 address=16' 'site node=1' 'account allocs=1 live_bytes=1' | dump d
  exported collapsed
  [[ $(<out) == '(cut at 1 frame);0x10 1' ]]
}

@test "a dump of call sites alone, and one without a depth, have no cut paths" {
  cuts | sed 's/tags=2/tags=1/' | dump d
  exported collapsed
  refute grep cut out
  cuts | sed 's/depth=3//' | dump d
  exported collapsed
  refute grep cut out
}

@test "json: a frame that is no function, and says what it is; of regions, too" {
  exported json
  "$HERE/valid.py" "$HERE/../../tools/arenashim.schema.json" out
  says '[[f[i] for i in s["path"]] for s in d["sites"]]' "[['ns::Parser::parse', 'main', '_start'], \
['ns::Parser::parse', 'main', 'main', '(cut at 3 frames)'], ['ns::Parser::parse', 'main', 'main', '(cut at 3 frames)', '[phase]'], \
['ns::Parser::parse', 'main'], ['xmalloc', '(cut at 3 frames)']]"
  says '[f[i] for i in d["regions"][0]["path"]]' "['ns::Parser::parse', 'main', 'main', '(cut at 3 frames)']"
  says '[(x["name"], x["function"], x["module"], x["address"]) for x in d["frames"] if x["cut"]]' \
    "[('(cut at 3 frames)', None, None, None)]"
}

@test "dhat and speedscope: the outermost frame" {
  exported dhat
  "$HERE/valid.py" "$HERE/schemas/dhat.json" out
  says '[d["ftbl"][p["fs"][-1]] for p in d["pps"]][1::3]' "['(cut at 3 frames)', '(cut at 3 frames)']"
  exported speedscope
  says '[f[s[0]] for s in d["profiles"][0]["samples"]]' "['_start', '(cut at 3 frames)', '[phase]', 'main', '(cut at 3 frames)']"
}

@test "pprof: a location of its own, in no module" {
  exported pprof
  HOME=$PWD go tool pprof -raw out >raw
  grep -qE '^ +[0-9]+: 0x0 \(cut at 3 frames\) ' raw
  HOME=$PWD go tool pprof -top -cum -nodefraction=0 out 2>/dev/null >top
  grep -qE ' 37B .* \(cut at 3 frames\)$' top # 11 + 12 + 14
}
