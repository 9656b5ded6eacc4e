# Profiles of merges, differences and mapped memory, as go tool pprof, npm's pprof-format and speedscope read them: on
# every number they say what we say.
load ../common

export NODE_PATH=${NODE_PATH:-$(dirname "$TOOL")/browser/node_modules}
SPEEDSCOPE=$NODE_PATH/speedscope/dist/release/index.html

setup_file() {
  cd "$BATS_FILE_TMPDIR" || return
  export HOME=$PWD XDG_CONFIG_HOME=$PWD XDG_CACHE_HOME=$PWD
  mkdir early late grown_early grown_late sampled_early sampled_late
  gcc -std=gnu17 -O0 -g -fno-builtin -pthread -o old "$HERE/export_readers.c"
  gcc -std=gnu17 -O0 -g -fno-builtin -pthread -DNEW -no-pie -o new "$HERE/export_readers.c"
  recorded early late old
  recorded early late new
  recorded grown_early grown_late old grow
  recorded sampled_early sampled_late old ARENASHIM_SAMPLE=512
  for how in '' --by-function --keep-processes; do
    "$TOOL" merge $how -o "merge$how" late 2>/dev/null
    exported "merged$how" "merge$how"
  done
  exported less --delta early/old.dump late/old.dump
  exported less_of_sets --delta early late
  exported more --delta grown_early/old.dump grown_late/old.dump
  exported mapped --kind mapped late/old.dump
  exported mapped_of_set --kind mapped late
  exported sampled sampled_late
  for how in live allocs bytes peak waste; do exported "$how" --value "$how" late/old.dump; done
  can_read || return 0
  # all but those with negative numbers
  node "$HERE/export_saved.js" "$SPEEDSCOPE" merged*.pprof more.pprof mapped*.pprof sampled.pprof {live,allocs,bytes,peak,waste}.pprof >saved
}

# recorded EARLY LATE PROGRAM [ARG|NAME=VALUE]: its dumps at SIGUSR1 and at the end, in these directories.
recorded() {
  local options=(LD_PRELOAD="$SHIM" ARENASHIM_TAG=stack:16 ARENASHIM_SIGNAL=USR1 ARENASHIM_DUMP=%n.dump) args=()
  case ${4-} in *=*) options+=("$4") ;; ?*) args=("$4") ;; esac
  rm -f ./*.dump
  env "${options[@]}" "./$3" "${args[@]}" && mv 1.dump "$1/$3.dump" && mv 2.dump "$2/$3.dump"
}

# exported NAME ARG...: what export makes of these, as NAME.pprof and NAME.json.
exported() {
  "$TOOL" export --no-fold --format pprof -o "$1.pprof" "${@:2}" && "$TOOL" export --no-fold --format json -o "$1.json" "${@:2}"
}

can_read() { [[ -d $NODE_PATH/pprof-format && -f $SPEEDSCOPE ]]; }

setup() {
  cd "$BATS_FILE_TMPDIR" || return
  can_read || skip "no pprof-format or speedscope in $NODE_PATH: npm could not fetch them"
}

# agrees LEAST COMMAND...: it ends with a count of at least so many, and no difference.
agrees() {
  run --separate-stderr timeout -k 5 120 "${@:2}"
  echo "$output$stderr"
  expect_ok
  [[ ${lines[-1]} =~ ^[a-z]+=([0-9]+)\ differences=0$ ]] && ((BASH_REMATCH[1] >= $1))
}

# read_by_two NAME PATHS FUNCTIONS: pprof-format and go agree with us, on at least so many.
read_by_two() {
  node "$HERE/export_pprof_format.js" "$1.pprof" >"$1.read"
  agrees "$2" /usr/bin/python3 "$HERE/export_readers.py" pprof-format "$1.read" "$1.json"
  agrees "$3" /usr/bin/python3 "$HERE/export_pprof.py" "$1.pprof" "$1.json"
}

# shown_by_speedscope NAME PATHS VALUE: and speedscope on the value that it shows.
shown_by_speedscope() {
  agrees "$2" /usr/bin/python3 "$HERE/export_readers.py" speedscope saved "$1.json" "$1.pprof" "$3"
}

@test "a merge of two builds" {
  read_by_two merged 70 100
  shown_by_speedscope merged 11 inuse_space
}

@test "a merge by function, whose functions are at no address" {
  read_by_two merged--by-function 70 100
  shown_by_speedscope merged--by-function 11 inuse_space
  [[ $(go tool pprof -raw merged--by-function.pprof 2>/dev/null | grep -cE '^ +[0-9]+: 0x0 M=[0-9]+ late ') == 1 ]] # of two builds
}

@test "a merge with processes apart: each is a label and an outermost frame" {
  read_by_two merged--keep-processes 140 100
  shown_by_speedscope merged--keep-processes 20 inuse_space
  /usr/bin/python3 - merged--keep-processes.{read,json} <<'END'
import collections, json, sys
read, ours = (json.load(open(f)) for f in sys.argv[1:])
theirs, wanted = collections.Counter(), collections.Counter()
for s in read["samples"]:
    if any(s["values"]):
        process = s["path"][-1].strip("[]")
        assert s["labels"]["process"] == process and s["labels"]["arena"].split(" ", 1)[1] == f"{process}/{s['labels']['thread']}", s
        theirs[process] += s["values"][3]
for a in ours["accounts"]:
    wanted[ours["arenas"][a["arena"]]["name"].split("/")[0]] += a["live_bytes"]
assert theirs == wanted and len(theirs) == 2, (theirs, wanted)
END
}

@test "a difference, in which some of it is negative: speedscope takes none" {
  read_by_two less 15 60
  read_by_two less_of_sets 30 60
  /usr/bin/python3 - less.read <<'END'
import json, sys
values = [n for s in json.load(open(sys.argv[1]))["samples"] for n in s["values"]]
assert min(values) < 0 < max(values), values
END
  run node "$HERE/export_saved.js" "$SPEEDSCOPE" less.pprof
  expect '$status == 1 && $output == *"something went wrong"*'
}

@test "a difference in which nothing shrinks" {
  read_by_two more 15 60
  shown_by_speedscope more 3 inuse_space
}

@test "mapped memory, of a process and of a merge; and every value that may be shown first" {
  read_by_two mapped 50 100
  read_by_two mapped_of_set 50 100
  shown_by_speedscope mapped 2 mapped_space
  shown_by_speedscope mapped_of_set 2 mapped_space
  shown_by_speedscope live 5 inuse_space
  shown_by_speedscope allocs 5 alloc_objects
  shown_by_speedscope bytes 5 alloc_space
  shown_by_speedscope peak 5 peak_space
  shown_by_speedscope waste 5 waste
}

@test "samples: estimates, without waste" {
  read_by_two sampled 10 20
  shown_by_speedscope sampled 2 inuse_space
  [[ $(<sampled.read) != *waste* && $(<live.json) == *waste* ]]
}

@test "the comparison sees a number that is wrong" {
  node "$HERE/export_pprof_format.js" live.pprof >read
  local change
  for change in '["accounts"][-1]["live_bytes"] += 1' '["mapped"][0]["live_bytes"] -= 1' '["accounts"][0]["allocs"] += 1'; do
    /usr/bin/python3 -c 'import json, sys; d = json.load(open("live.json")); exec("d" + sys.argv[1]); json.dump(d, open("changed", "w"))' "$change"
    refute /usr/bin/python3 "$HERE/export_readers.py" pprof-format read changed
    refute /usr/bin/python3 "$HERE/export_pprof.py" live.pprof changed
    [[ $change == *accounts*live_bytes* ]] || continue
    refute /usr/bin/python3 "$HERE/export_readers.py" speedscope saved changed live.pprof inuse_space
  done
}
