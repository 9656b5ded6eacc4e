# Exports are whole or not there: frames that repeat, and commands that die while they write.
load command

formats=(collapsed dhat heap json jsonl pprof speedscope)

# repeated: describes a function that calls itself, from two lines, and a row that is words alone.
repeated() {
  local id start i
  id=$(readelf -n "$TOOLS/target" | sed -n 's/.*Build ID: //p')
  start=0x$(nm "$TOOLS/target" | awk '$3 == "main" { print $1 }')
  printf '%s\n' 'process tags=2 depth=8 unix_time=1700000000' \
    "module start=0x400000 end=0x800000 path=$TOOLS/target build_id=$id" node
  for i in 0 1 2 3 4 5; do
    printf '%s\n' "node parent=$i kind=1 module=1 address=$((start + 9))" "site node=$((i + 1))" \
      "account site=$i allocs=1 live_bytes=10 live_objects=1"
  done
  printf '%s\n' 'site kind=3' 'account site=6 allocs=20 live_bytes=700 live_objects=1'
}

@test "frames that repeat are one frame, and what is words alone is a frame of its own" {
  TOOL=$TOOLS/arenashim # the build with sanitizers
  repeated | dump d
  for format in "${formats[@]}"; do
    arenashim export d --format $format -o out
    expect '$status == 0 && -z $stderr' || { echo "$format"; return 1; }
  done
  arenashim export d --format json -o out
  [[ $(/usr/bin/python3 -c 'import json
d = json.load(open("out"))
f = d["frames"]
print([x["name"] for x in f], f[1]["file"], f[1]["line"], f[1]["module"], [s["path"] for s in d["sites"]])') == \
    "['main', '(the tables were full)'] None None None [[0], [0, 0], [0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0], [1]]" ]]
}

# ended SIGNAL INJECT COMMAND...: the command is ended by a signal when it writes into its file.
ended() {
  local signal=$1 inject=$2
  shift 2
  run --separate-stderr strace -o trace -e trace=openat,write,linkat ${inject:+-e inject="$inject"} \
    -e inject=write:signal="$signal":when=1 "$@"
  grep -q "killed by SIG$signal" trace
}

# leaves_nothing COMMAND...: whatever ends it while it writes work/out, nothing stands beside the old file, which is as
# it was; the same where the file system knows no files without a name.
leaves_nothing() {
  local signal nameless inject signals=(INT TERM HUP PIPE ABRT SEGV)
  mkdir -p work
  echo old >work/out
  strace -o trace -e trace=openat "$@"
  nameless=$(grep -n O_TMPFILE trace | cut -d: -f1)
  [[ $nameless ]] || { cat trace; return 1; }
  for inject in '' "openat:error=EOPNOTSUPP:when=$nameless"; do
    for signal in "${signals[@]}" $([[ $inject ]] || echo KILL); do
      echo old >work/out
      ended "$signal" "$inject" "$@" || { tail -3 trace; return 1; }
      [[ $(<work/out) == old && $(ls -A work) == out ]] || { echo "$signal $inject"; ls -A work; return 1; }
    done
    strace -o trace -e trace=openat,write,linkat ${inject:+-e inject="$inject"} "$@"
    ! grep -qx old work/out && [[ $(ls -A work) == out ]] || { echo "${inject:-plain}"; ls -A work; return 1; }
  done
}

@test "an export or a page that is ended while it writes leaves no file behind" {
  dump small.dump <"$HERE/small.txt"
  leaves_nothing "$TOOL" export small.dump --format pprof -o work/out
  leaves_nothing "$TOOL" html small.dump -o work/out
}
