# How long objects lived, by call site, against a program that frees each after a known number of allocations.
load ../../common

# lives FILE FUNCTION: "frees: class=share% ...", of each class that has a hundredth or more, and the sum of all beside the
# frees in percent.
lives() {
  "$TOOL" export --format json "$1" 2>/dev/null | /usr/bin/python3 -c '
import json, sys
d = json.load(sys.stdin)
sites = [i for i, s in enumerate(d["sites"])
         if any((d["frames"][f]["function"] or "") == sys.argv[1] for f in s["path"])]
sums, frees = [0] * 14, 0
for a in d["accounts"]:
    if a["site"] in sites:
        sums = [x + y for x, y in zip(sums, a["lives"])]
        frees += a["frees"]
all_ = sum(sums) or 1
print(" ".join(f"{i}={round(n * 100 / all_)}" for i, n in enumerate(sums) if n * 100 >= all_), "of", round(all_ * 100 / max(frees, 1)))
' "$2"
}

# is_about FILE FUNCTION CLASS=PERCENT...: these are its classes; shares and the sum may be a tenth off.
is_about() {
  local got wanted class share
  got=$(lives "$1" "$2")
  (($(wc -w <<<"$got") == $# - 2 + 2)) || { echo "$2: $got"; return 1; }
  for wanted in "${@:3}"; do
    class=${wanted%=*}
    share=$(tr ' ' '\n' <<<"$got" | sed -n "s/^$class=//p")
    ((share * 100 >= ${wanted#*=} * 85 && share * 100 <= ${wanted#*=} * 115)) || { echo "$2: $got"; return 1; }
  done
  ((${got##* } >= 90 && ${got##* } <= 110)) || { echo "$2: $got"; return 1; }
}

# child FILE...: the dump of a fork's child.
child() {
  local file
  for file in "$@"; do
    ! "$TOOL" report "$file" | grep -q 'a child of pid' || echo "$file"
  done
}

# all_lives FILE: how many lives it has.
all_lives() {
  "$TOOL" export --format json "$1" | /usr/bin/python3 -c 'import json, sys; print(sum(sum(a["lives"]) for a in json.load(sys.stdin)["accounts"]))'
}

@test "brief, lasting, mixed and large objects: each in its class, and as many as were freed" {
  for tag in stack:8 site; do
    run_shim ARENASHIM_DUMP=d ARENASHIM_TAG=$tag "$BIN/tags_lives" 200000
    expect '$status == 0 && -z $stderr'
    is_about d site_brief 0=100
    is_about d site_lasting 6=100 # 4,999 allocations lie between
    is_about d site_mixed 0=50 6=50
    is_about d site_large 4=100
    rm d
  done
}

@test "the report names the call site that mixes short and long lives" {
  run_shim ARENASHIM_DUMP=d "$BIN/tags_lives" 200000
  arenashim report --by lifetime d
  first=$(grep -A 1 'innermost first$' <<<"$output" | tail -n 1)
  expect '$status == 0 && $first =~ ^\ *\<(4|16.4k)\ +\<16.4k\ +[78].....[78].......\ +yes\ .*site_mixed && $output == *"mixed: 1 call site; "*'
}

@test "few objects are all counted, those that another thread freed as well" {
  run_shim ARENASHIM_DUMP=d "$BIN/tags_lives" 20
  [[ $(lives d site_brief) == "0=100 of "* ]]
  run_shim ARENASHIM_DUMP=e "$BIN/tags_lives" 5000
  [[ $(lives e site_remote) == *"7=100 of "* ]] || { lives e site_remote; return 1; } # 24,950 allocations
}

@test "the child of a fork begins again" {
  run_shim ARENASHIM_DUMP=%p.d "$BIN/tags_lives" 50000 20
  expect '$status == 0'
  got=$(all_lives "$(child ./*.d)")
  ((got < 2000)) || { echo "$got lives in a child that freed 100 objects"; return 1; }
}

@test "a killed process: its record has what a dump would have" {
  run_shim ARENASHIM_RECORD=r "$BIN/tags_lives" 200000 0 kill
  expect '$status == 137'
  is_about r site_brief 0=100
  is_about r site_lasting 6=100
  is_about r site_mixed 0=50 6=50
  is_about r site_large 4=100
  arenashim report --by lifetime r
  expect '$status == 0 && $output == *"mixed: 1 call site; "*'
}

@test "a killed child of a fork: its record has its own lives alone" {
  run_shim ARENASHIM_RECORD=%p.r "$BIN/tags_lives" 50000 500000 kill
  expect '$status == 0'
  record=$(child ./*.r)
  got=$(all_lives "$record")
  ((got > 2250000 && got < 2750000)) || { echo "$got lives in a child that freed 2,500,000 objects"; return 1; }
  [[ $(lives "$record" site_remote) == " of "* ]] # they are still there, or were freed before
}

@test "with samples nothing is known of it, and it is said" {
  run_shim ARENASHIM_DUMP=d ARENASHIM_SAMPLE=16K "$BIN/tags_lives" 20000
  arenashim report --by lifetime d
  expect '$status == 0 && $output == *"how long objects lived is not known"*'
}
