# The formats of other tools: each of a dump whose figures are known. test/interop/export.bats has those tools read them.
load command

setup() {
  TOOL=$TOOLS/arenashim # the build with sanitizers
  dump small.dump <"$HERE/small.txt"
}

# exported FORMAT [OPTION...]: small.dump in `out`.
exported() {
  arenashim export "${DUMP:-small.dump}" --format "$@" -o out
  expect '$status == 0 && -z $stderr && -z $output'
}

# says EXPRESSION WANTED: of the JSON document d in `out`; f are its names of frames.
says() {
  local got
  got=$(/usr/bin/python3 -c 'import json, sys
d = json.load(open("out", encoding="utf-8"))
f = [x["name"] for x in d.get("frames") or d.get("shared", {}).get("frames", [])]
print(eval(sys.argv[1]))' "$1")
  [[ $got == "$2" ]] || { lines "$1" "got:    $got" "wanted: $2"; return 1; }
}

valid() { "$HERE/valid.py" "$1" out; }

@test "heap: addresses, innermost first and within the call; labels and what has no path" {
  arenashim export small.dump --format heap
  expect '$status == 0 && -z $stderr'
  [[ $output == "$(lines 'heap profile:      9:     3100 [  1065:    50500] @ heapprofile' \
    '     5:      300 [  1000:    40000] @ 0x40100f 0x402020' \
    '     2:     2000 [    40:     9000] @ 0x10000000002ff' \
    '     1:      700 [    20:     1000] @ 0x0' \
    '     1:      100 [     5:      500] @ 0x10000000002ff' '' 'MAPPED_LIBRARIES:')" ]]
}

@test "heap: only files that ran are named, at their code's place" {
  local id segment
  cp "$TOOLS/target" target # at fixed addresses
  id=$(readelf -n target | sed -n 's/.*Build ID: //p')
  segment=$(readelf -lW target | /usr/bin/python3 -c 'import re, sys
for line in sys.stdin:
  m = re.match(r" *LOAD +(\w+) (\w+) \w+ (\w+) (\w+) R E", line)
  if m: o, v, _, size = (int(x, 16) for x in m.groups()); print(f"{v:08x}-{v + size:08x} r-xp {o:08x}")')
  dump d <<<"process tags=2
module start=0x400000 end=0x800000 path=$PWD/target build_id=$id
module start=0x900000 end=0xa00000 path=$PWD/target build_id=00$id
module start=0xa00000 end=0xb00000 path=$PWD/small.dump build_id=$id
module start=0xb00000 end=0xc00000 path=/nowhere build_id=$id
module start=0xc00000 end=0xd00000 path=./target build_id=$id"
  arenashim export d --format heap
  [[ $(sed '1,/MAPPED/d' <<<"$output") == "$segment 00:00 0 $PWD/target"$'\n'"$segment 00:00 0 ./target" ]]
}

@test "dhat: totals, peak and end of each path, innermost frame first" {
  exported dhat
  valid "$HERE/schemas/dhat.json"
  says 'd["cmd"], d["pid"], d["te"], d["ftbl"][0]' "('demo -x input', 77, 1065, '[root]')"
  says '[[p[k] for k in ("tb", "tbk", "mb", "mbk", "gb", "gbk", "eb", "ebk")] for p in d["pps"]]' \
    '[[40000, 1000, 7000, 109, 6000, 100, 300, 5], [9500, 45, 4300, 4, 0, 0, 2100, 3], [1000, 20, 900, 1, 0, 0, 700, 1]]'
  says '[[d["ftbl"][i] for i in p["fs"]] for p in d["pps"]]' \
    "[['0x40100F: demo+0x401010 (in demo)', '0x40201F: demo+0x402020 (in demo)'], ['0x7F00000002FF: libgone.so+0x300 (in libgone.so)', '[level 3]'], ['(the tables were full)']]"
}

@test "speedscope: a profile for each value, the one asked for first in sight" {
  exported speedscope --value bytes
  says 'd["activeProfileIndex"], d["name"]' "(3, 'demo -x input')"
  says '[(p["name"], p["unit"], p["endValue"], p["weights"]) for p in d["profiles"]]' \
    "[('live', 'bytes', 3100, [300, 2100, 700]), ('allocs', 'none', 1065, [1000, 45, 20]), ('peak', 'bytes', 6000, [6000]), ('bytes', 'bytes', 50500, [40000, 9500, 1000]), ('waste', 'bytes', 6748, [6100, 508, 140])]"
  says '[[f[i] for i in s] for s in d["profiles"][0]["samples"]]' \
    "[['demo+0x402020', 'demo+0x401010'], ['[level 3]', 'libgone.so+0x300'], ['(the tables were full)']]"
}

@test "json: every section of the dump, as the schema says" {
  exported json
  valid "$TOP/tools/arenashim.schema.json"
  says 'd["process"]["program"], d["process"]["reason"], d["process"]["tags"], d["process"]["peak_bytes"]' "('demo', 'exit', 'stack', 9900)"
  says '[(a["number"], a["name"], a["running"], a["remote_frees"]) for a in d["arenas"]]' "[(0, 'demo', False, 13), (1, 'worker', True, 0)]"
  says '[(c["cell_bytes"], c["in_use"]) for c in d["classes"]]' '[(64, 5), (112, 4)]'
  says '[(l["kind"], l["bytes"]) for l in d["ledger"]]' "[('line', 3320), ('total', 3320), ('resident', 9999999)]"
  says '[h["name"] for h in d["health"] if h["problem"] and h["count"]]' "['stacks cut short']"
  says '[(r["name"], r["state"], r["used"], [f[i] for i in r["path"]]) for r in d["regions"]]' \
    "[('parser', 'live', 1500, ['demo+0x401010', 'demo+0x402020']), ('old', 'ended', 0, ['(no path)'])]"
  says '[(b["arena"], b["in_use"]) for b in d["blocks"]]' '[(0, 768), (None, 0)]'
  says '[(s["kind"], [f[i] for i in s["path"]]) for s in d["sites"]]' \
    "[('path', ['demo+0x401010', 'demo+0x402020']), ('path', ['libgone.so+0x300', '[level 3]']), ('full', ['(the tables were full)'])]"
  says '[(a["arena"], a["site"], a["allocs"], a["waste"]) for a in d["accounts"]]' '[(0, 0, 1000, 6100), (0, 1, 40, 496), (0, 2, 20, 140), (1, 1, 5, 12)]'
  says '[(x["module"], x["offset"], x["function"]) for x in d["frames"] if x["module"] is not None]' "[(0, 4202527, None), (0, 4198415, None), (1, 767, None)]"
}

@test "json: a dump without tags has no sites, and all the rest" {
  dump d <<<$'process pid=5\narena number=3 name=main total_allocs=7\nclass cell_bytes=16 in_use=2'
  DUMP=d exported json
  valid "$TOP/tools/arenashim.schema.json"
  says 'd["process"]["tags"], d["sites"], d["accounts"], d["frames"], d["arenas"][0]["total_allocs"], d["classes"][0]["in_use"]' \
    "('off', [], [], [], 7, 2)"
}

@test "pprof: seven values, arena and size class for each account" {
  exported pprof
  gzip -t <out
  HOME=$PWD go tool pprof -raw out >raw
  grep -qx 'Comment: demo -x input' raw
  [[ $(sed -n '/^Samples:/,/^Locations/p' raw | tr -s '\t ' ' ') == "Samples:
alloc_objects/count alloc_space/bytes inuse_objects/count inuse_space/bytes[dflt] peak_space/bytes mapped_space/bytes waste/bytes
 1000 40000 5 300 6000 0 6100: 1 2 
 arena:[0 demo] process:[demo 77] size_class:[64] thread:[demo]
 bytes:[40 bytes]
 40 9000 2 2000 0 0 496: 3 4 
 arena:[0 demo] process:[demo 77] size_class:[112-large] thread:[demo]
 bytes:[225 bytes]
 20 1000 1 700 0 0 140: 5 
 arena:[0 demo] process:[demo 77] size_class:[large] thread:[demo]
 bytes:[50 bytes]
 5 500 1 100 0 0 12: 3 4 
 arena:[1 worker] process:[demo 77] size_class:[112] thread:[worker]
 bytes:[100 bytes]
Locations" ]]
}

@test "jsonl: a line for each account of either memory, which says all of its process" {
  {
    cat "$HERE/small.txt"
    echo 'map_account arena=1 site=1 allocs=3 bytes=30000 ranges=2 live_bytes=20000 peak_bytes=25000 at_peak_bytes=24000'
    echo 'map_account site=1 allocs=1 live_bytes=7'
  } | dump d
  local DUMP=d
  exported json
  mv out json
  exported jsonl
  /usr/bin/python3 - json out <<'END'
import json, sys
dump, lines = json.load(open(sys.argv[1])), [json.loads(line) for line in open(sys.argv[2])]
assert len(lines) == len(dump["accounts"]) + len(dump["mapped"]) >= 5
process = {k: dump["process"][k] for k in ("host", "program", "pid", "processes", "sample_bytes")}
assert process["host"] == "box"
for line, account, memory in zip(lines, dump["accounts"] + dump["mapped"], ["heap"] * len(dump["accounts"]) + ["mapped"] * 2):
    site, arena = dump["sites"][account.pop("site")], account.pop("arena")
    frames = [dump["frames"][i] for i in site["path"]]
    wanted = {**process, "time": dump["process"]["unix_time"], "memory": memory, "kind": site["kind"],
              "arena": None if arena is None else dump["arenas"][arena]["name"], "path": [f["name"] for f in frames],
              "file": frames[0]["file"], "line": frames[0]["line"] or 0, **account}
    assert line == wanted, (line, wanted)
END
  # what changed: signed
  sed 's/^account allocs=[0-9]*/& live_bytes=1/' "$HERE/small.txt" | dump new
  DUMP=new exported jsonl --delta d
  /usr/bin/python3 -c 'import json
lines = [json.loads(line) for line in open("out")]
assert all(line["since"] for line in lines) and min(line["live_bytes"] for line in lines) < 0'
}

@test "estimates say so" {
  sed 's/ tags=2/ sample_bytes=4096 tags=2/' "$HERE/small.txt" | dump sampled.dump
  DUMP=sampled.dump exported pprof
  HOME=$PWD go tool pprof -raw out | grep -qx 'Comment: Estimates: one allocation per 4096 bytes on average was recorded'
  ! HOME=$PWD go tool pprof -raw out | grep waste
  HOME=$PWD go tool pprof -raw out | grep -q 'inuse_space/bytes\[dflt\] peak_space/bytes mapped_space/bytes *$'
  DUMP=sampled.dump exported speedscope
  says '[p["name"] for p in d["profiles"]]' "['live', 'allocs', 'peak', 'bytes']"
  DUMP=sampled.dump exported dhat
  says 'd["mode"]' 'heap, estimated from samples'
  DUMP=sampled.dump exported json
  says 'd["process"]["sample_bytes"], "waste" in d["accounts"][0], "temporary" in d["accounts"][0]' \
    '(4096, False, False)'
  valid "$TOP/tools/arenashim.schema.json"
}

@test "names that are no UTF-8 are escaped in every format that asks for it" {
  local bytes=$'\xff\xc3\xa9\xed\xa0\x80\xf0\x9f\x98\x80\xe2\x82"\\' # broken, é, a surrogate, a face, cut off
  {
    lines "process tags=2 program=$bytes command=$bytes" "arena name=$bytes" "module start=1 end=99 path=$bytes"
    lines node "node kind=1 module=1 address=16" "node parent=1 kind=2 label=$bytes" "site node=2" "account allocs=1 live_bytes=1"
  } | dump d
  local DUMP=d format
  local shown='\xffé\xed\xa0\x80😀\xe2\x82' # each byte that is no part of a character
  for format in json jsonl speedscope dhat pprof; do
    exported $format
    if [[ $format == pprof ]]; then
      gzip -dc <out >text
      LC_ALL=C grep -qaF "$shown" text
    else
      iconv -f UTF-8 -t UTF-16 out >/dev/null
      grep -qF "${shown//\\/\\\\}" out
    fi
  done
}

@test "numbers as large as they get" {
  dump d <<<$'process tags=2 unix_time=18446744073709551615\nnode\nsite\naccount allocs=18446744073709551615 bytes=18446744073709551615 live_bytes=18446744073709551615'
  local DUMP=d format
  for format in heap dhat speedscope; do exported $format; done
  exported json
  says 'd["accounts"][0]["bytes"]' 18446744073709551615
  exported pprof
  HOME=$PWD go tool pprof -raw out | grep -q '9223372036854775807'
}

@test "a dump in which nothing was allocated" {
  dump d <<<$'process tags=2'
  local DUMP=d format
  for format in heap dhat json speedscope pprof; do exported $format; done
  HOME=$PWD go tool pprof -raw out >/dev/null
}
