# All of the resident memory by owner: in dumps, and what the command says of them.
load ../../common

# ledger DUMP: as JSON.
ledger() { "$TOOL" resident --json "$1"; }

# smaps_agree PROGRAM [ARG...]: while it waits for ever, a dump by a signal and its smaps say the same.
smaps_agree() {
  env ARENASHIM_SIGNAL=USR2 ARENASHIM_DUMP="$PWD/%n.dump" LD_PRELOAD="$SHIM" "$@" >out 2>&1 3>&- &
  local pid=$! status=0
  within 30 grep -q ready out
  kill -USR2 $pid
  within 10 test -f 1.dump
  cp /proc/$pid/smaps smaps
  kill -KILL $pid
  wait $pid || true
  ledger 1.dump | /usr/bin/python3 "$HERE/resident_smaps.py" smaps || status=$?
  rm -f ./*.dump smaps out
  return $status
}

@test "every row is what the program itself knows of its mappings, files, stacks and objects, by page" {
  run_shim ARENASHIM_TAG=stack:8 "$BIN/resident_books" "$PWD/file" "$PWD/a.dump"
  expect_ok
  echo "$output" >books
  ledger a.dump | /usr/bin/python3 "$HERE/resident_books.py" books
}

@test "what call sites mapped is shown by them, with what is touched of it" {
  run_shim ARENASHIM_TAG=stack:8 "$BIN/resident_books" "$PWD/file" "$PWD/a.dump"
  expect_ok
  arenashim resident --all a.dump
  expect_ok
  grep -qE '^ *3145728 +0 +8388608 +3145728 +0 +0 +1  mapped by anonymous \(resident_books.c:[0-9]+\)$' <<<"$output"
}

@test "from outside, too, what call sites mapped is shown by them; and no sum is called the largest" {
  env ARENASHIM_TAG=stack:8 LD_PRELOAD="$SHIM" "$BIN/resident_books" "$PWD/file" wait >books 3>&- &
  local pid=$!
  within 30 grep -q ready books
  arenashim resident --all $pid
  expect_ok
  grep -qE '^ *3145728 +0 +8388608 +3145728 +0 +0 +1  mapped by anonymous \(resident_books.c:[0-9]+\)$' <<<"$output"
  expect '$output == *"mapped by the program itself, not through malloc, 3145728 bytes of it by anonymous ("*'
  kill -KILL $pid
  "$TOOLS/make_dump" sum.dump <<<$'process pid=7 program=demo
mapping kind=27 resident=4194304 mapped=4194304 count=24
mapping kind=30 resident=4194304'
  arenashim resident sum.dump
  expect '$output == *"in 24 places, not through malloc"* && $output != *largest* '
}

@test "of live objects a part is said only where it is one: bytes that are asked for need not be in memory" {
  env ARENASHIM_TAG=stack:8 LD_PRELOAD="$SHIM" "$BIN/resident_books" "$PWD/file" "$PWD/a.dump" >books
  arenashim resident a.dump
  expect '$output == *"what the program asked malloc for, 10240000 bytes of it for large_objects ("*' && ! [[ $output == *"rounding of large"* ]]
  arenashim resident --all a.dump
  expect '$output == *"  shared memory without a file"* && $output != *"dev/zero"*'
  env ARENASHIM_TAG=stack:8 LD_PRELOAD="$SHIM" "$BIN/resident_cost" 8200 3000 "$PWD/b.dump"
  arenashim resident b.dump
  expect '$output == *"24600000 bytes of it for keep (resident_cost.c:"*") and "*" bytes for rounding of large objects, which no call site has"*'
  env ARENASHIM_TAG=stack:8 LD_PRELOAD="$SHIM" "$BIN/resident_books" "$PWD/file" wait >books 3>&- &
  local pid=$!
  within 30 grep -q ready books
  arenashim resident $pid
  kill -KILL $pid
  expect '$output == *"what the program asked malloc for, most by huge ("*"): 16777216 bytes, touched or not"*'
}

@test "why resident sizes are not known, and where they are" {
  "$TOOLS/make_dump" killed.dump <<<'process pid=7 program=demo reason=5 flags=64'
  arenashim resident killed.dump
  ((status == 2 && $(stderr_lines) == 1))
  expect '$stderr == *"process 7 ended without a dump, "*"arenashim timeline killed.dump"*'
  "$TOOLS/make_dump" runs.dump <<<'process pid=7 program=demo reason=4 flags=64'
  arenashim resident runs.dump
  expect '$stderr == *"process 7 runs: "*"arenashim resident 7"*'
  "$TOOLS/make_dump" sites.dump <<<$'process pid=7 program=demo tags=2 reason=4 flags=64\nnode\nsite\naccount allocs=1'
  arenashim report --sort resident sites.dump
  expect '$stderr == *"only in a dump that the program writes itself"*'
}

@test "without tags the objects' rounding is theirs" {
  run_shim ARENASHIM_TAG=off "$BIN/resident_books" "$PWD/file" "$PWD/a.dump"
  expect_ok
  echo "$output" | sed 's/^small_objects - .*/small_objects - 4480000 4480000/; /^small_rounding/d' >books
  ledger a.dump | /usr/bin/python3 "$HERE/resident_books.py" books
}

@test "in a signal handler, too, it agrees with smaps: a program with its own mappings, python3, perl" {
  smaps_agree "$BIN/resident_books" "$PWD/file" wait
  smaps_agree /usr/bin/python3 -c 'import json, time; x = [str(i) for i in range(100000)]; print("ready", flush=True); time.sleep(60)'
  smaps_agree env PYTHONMALLOC=malloc /usr/bin/python3 -c \
    'import json, time; x = [str(i) for i in range(100000)]; print("ready", flush=True); time.sleep(60)'
  smaps_agree perl -e '$| = 1; @a = map { "x" x ($_ % 700) } 1..50000; print "ready\n"; sleep 60 while 1'
}

@test "from outside it says the same of a running process, and agrees with smaps" {
  env ARENASHIM_TAG=off LD_PRELOAD="$SHIM" "$BIN/resident_books" "$PWD/file" wait >books 3>&- &
  local pid=$! status=0
  within 30 grep -q ready books
  "$TOOL" resident --json $pid >ledger
  cp /proc/$pid/smaps smaps
  arenashim dump $pid -o a.dump
  kill -KILL $pid
  expect_ok
  # jemalloc's own figures are not read from outside: its free places count as objects.
  sed -i 's/^small_objects - .*/small_objects - 4480000 4480000/; /^small_rounding/d; /^large_objects/d; /ready/d' books
  for from in ledger <(ledger a.dump); do
    /usr/bin/python3 "$HERE/resident_books.py" books <"$from"
  done
  /usr/bin/python3 "$HERE/resident_smaps.py" smaps <ledger
}

@test "from outside objects with an alignment are objects, and no tables of jemalloc's" {
  env LD_PRELOAD="$SHIM" /usr/bin/python3 -c 'import ctypes, time
libc, p = ctypes.CDLL(None), ctypes.c_void_p()
for i in range(20000):
    libc.posix_memalign(ctypes.byref(p), 64, 3000)
    ctypes.memset(p, 1, 3000)
print("ready", flush=True)
time.sleep(60)' >out 3>&- &
  local pid=$!
  within 30 grep -q ready out
  "$TOOL" resident --json $pid >ledger
  kill -KILL $pid
  /usr/bin/python3 -c 'import json
sums = {}
for row in json.load(open("ledger"))["rows"]:
    sums[row["kind"]] = sums.get(row["kind"], 0) + row["resident"]
assert sums.get("large_objects", 0) + sums.get("huge_objects", 0) > 56000000 and sums["large_tables"] < 5000000, sums'
}

@test "a fork's child has pages in common with its parent, and they count" {
  env LD_PRELOAD="$SHIM" PYTHONMALLOC=malloc /usr/bin/python3 -c 'import os, time
x = [str(i) for i in range(100000)]
p = os.fork()
if p: print("ready", p, flush=True)
time.sleep(60)' >out 3>&- &
  local pid=$! child
  within 30 grep -q ready out
  child=$(sed 's/ready //' out)
  "$TOOL" resident --json "$child" >ledger
  cp "/proc/$child/smaps" smaps
  kill -KILL "$child" $pid
  /usr/bin/python3 "$HERE/resident_smaps.py" smaps <ledger
}

# looked_at HOW COMMAND...: a small program's dump at its end, when it has been looked at so, has its memory within 1 %.
looked_at() {
  rm -f a.dump go
  mkfifo go
  env ARENASHIM_DUMP="$PWD/a.dump" LD_PRELOAD="$SHIM" /bin/cat go 3>&- &
  local pid=$! before after
  within 10 grep -q libarenashim /proc/$pid/maps
  sleep 0.1
  before=$(/usr/bin/python3 "$HERE/looked_at.py" pages $pid)
  "${@:2}" $pid >out
  after=$(/usr/bin/python3 "$HERE/looked_at.py" pages $pid)
  echo done >go
  wait $pid
  echo "$* : present pages $before, then $after"
  [[ $1 != harmless ]] || ((before == after))
  ledger a.dump | /usr/bin/python3 -c 'import json, sys
l = json.load(sys.stdin)
assert abs(l["resident"] - l["named"]) < l["resident"] / 100, (l["resident"], l["named"])'
}

@test "looking at a running process maps nothing in it, and its dump at the end is right also when others read all of it" {
  looked_at harmless eval '"$TOOL" ps;:'
  looked_at harmless "$TOOL" resident
  looked_at harmless "$TOOL" dump -o b.dump
  looked_at harmless "$TOOL" top --once
  looked_at reads /usr/bin/python3 "$HERE/looked_at.py" read
}

# closed TAG FILE...: resident_books writes its dump where the kernel lets it open none of these.
closed() {
  local paths=() file tag=$1
  for file in "${@:2}"; do paths+=(-P "$file"); done
  strace -qq -o trace "${paths[@]}" -e trace=openat -e inject=openat:error=EACCES -E ARENASHIM_TAG="$tag" \
    -E LD_PRELOAD="$SHIM" "$BIN/resident_books" "$PWD/file" "$PWD/a.dump" >books || return 1
  grep -q INJECTED trace
}

@test "where pagemap is closed, to a process that changed its user, mincore and smaps say the same" {
  command -v strace >/dev/null || skip "no strace"
  closed off /proc/self/pagemap
  # Pages that were only read are not told from others: those of the planted 4 MiB are taken from all that are anonymous.
  sed -i '/^shared\|^read_only/!d' books
  ledger a.dump | /usr/bin/python3 "$HERE/resident_books.py" books
  ledger a.dump | /usr/bin/python3 -c 'import json, sys
l = json.load(sys.stdin)
assert abs(l["resident"] - l["named"]) < l["resident"] / 100, (l["resident"], l["named"])
rows = {(r["kind"], r["name"]): r["resident"] for r in l["rows"]}
assert abs(rows["small_objects", ""] - 4480000) < 1 << 20, rows'
}

@test "where /proc cannot be read at all, all screens say so in a line, and show no zeros" {
  command -v strace >/dev/null || skip "no strace"
  closed stack:8 /proc/self/pagemap /proc/self/smaps /proc/self/maps /proc/self/statm /proc/self/status
  arenashim resident a.dump
  ((status == 2 && $(stderr_lines) == 1))
  expect '$stderr == *"a.dump: resident sizes were not recorded: "*"/proc"*'
  arenashim a.dump
  expect_ok
  [[ $output != *"resident 0"* && $output != *"resident   0"* ]]
  arenashim top --once a.dump
  expect_ok
  [[ $output != *"in memory"* && $output != *"resident 0"* ]]
}

# cost BYTES COUNT: while resident_cost writes its dump, how often it reads pagemap, and what it maps.
cost() {
  local fd
  ARENASHIM_TAG=site LD_PRELOAD="$SHIM" strace -o trace "$BIN/resident_cost" "$@" "$PWD/a.dump" || return 1
  sed -i '1,/^getpgid/d' trace
  fd=$(sed -nE '/"\/proc\/self\/pagemap"/ s/.* = ([0-9]+)$/\1/p' trace)
  grep -c "^pread64($fd, " trace
  sed -nE 's/^mmap\(NULL, ([0-9]+),.*/\1/p' trace | awk '{ n += $1 } END { print n + 0 }'
}

@test "a dump asks the kernel about windows of pages, not about objects, and less than a MiB is its own" {
  command -v strace >/dev/null || skip "no strace"
  for objects in "600 100000" "100 600000" "2000000 30"; do
    # shellcheck disable=SC2086 # two words
    readarray -t n < <(cost $objects)
    echo "$objects: pagemap is read ${n[0]} times, ${n[1]} bytes are mapped"
    ((n[0] > 0 && n[0] < 300 && n[1] < 1 << 20))
  done
  strace -o trace -e trace=mincore env ARENASHIM_TAG=site LD_PRELOAD="$SHIM" "$BIN/resident_cost" 100 600000 a.dump
  (($(grep -c ^mincore trace) > 0))
}

# sites_cost PATHS: as cost, of resident_sites, but for the stacks, of which a few pages are touched; its holes.
sites_cost() {
  rm -f a.dump
  ARENASHIM_TAG=stack:8 LD_PRELOAD="$SHIM" strace -o trace "$BIN/resident_sites" "$1" "$PWD/a.dump" || return 1
  sed '1,/^getpgid/d; /MAP_STACK/d' trace | sed -nE 's/^mmap\(NULL, ([0-9]+),.*/\1/p' | awk '{ n += $1 } END { print n }'
}

@test "of many call sites, too, less than a MiB: they are looked at in windows, and each has its own" {
  command -v strace >/dev/null || skip "no strace"
  for paths in 1000 20000; do
    readarray -t n < <(sites_cost $paths)
    echo "$paths: ${n[1]} bytes are mapped, ${n[0]} pages given back"
    ((n[1] > 0 && n[1] < 1 << 20))
    "$TOOL" export --no-fold --format json a.dump | /usr/bin/python3 "$HERE/resident_sites.py" $paths "${n[0]}"
  done
}

@test "top says what the memory is for, and looks at the pages for a hundredth of the time" {
  command -v strace >/dev/null || skip "no strace"
  env ARENASHIM_TAG=site LD_PRELOAD="$SHIM" "$BIN/resident_books" "$PWD/file" wait >books 3>&- &
  local pid=$! ticks
  within 30 grep -q ready books
  "$TOOL" resident --json $pid >ledger
  timeout 4 strace -o trace -e trace=openat,write "$TOOL" top --json --interval 0.1 $pid >lines || (($? == 124))
  kill -KILL $pid
  ticks=$(grep -c '"memory":{' lines)
  # The kernel's own figures are read with all of the pages, and pagemap for copies as well.
  echo "$ticks ticks, pages read in $(grep -c "/$pid/status" trace)"
  ((ticks >= 5 && $(grep -c "/$pid/status" trace) >= 1 && $(grep -c "/$pid/status" trace) * 4 <= ticks))
  /usr/bin/python3 -c 'import json
parts = {p["part"]: p["resident"] + p["swapped"] for p in json.load(open("ledger"))["parts"]}
for line in map(json.loads, filter(lambda l: l.endswith("\n"), open("lines"))):
    for key in parts.keys() | line["memory"].keys():
        assert abs(parts.get(key, 0) - line["memory"].get(key, 0)) <= 400 << 10, (key, parts, line["memory"])
    assert abs(sum(line["memory"].values()) - line["resident_bytes"]) < line["resident_bytes"] / 50'
}

# number WHERE DUMP: of the ledger.
number() { ledger "$2" | /usr/bin/python3 -c "import json, sys; print(json.load(sys.stdin)$1)"; }

# within_tenth FELL PROMISED
within_tenth() { ((10 * $1 >= 9 * $2 && 10 * $1 <= 11 * $2 && $2 > 1000000)) || { echo "fell by $1, promised $2"; return 1; }; }

@test "malloc_trim gives back what was promised, with tags and without, within a tenth" {
  for tag in off site stack:8; do
    run_shim ARENASHIM_TAG=$tag "$BIN/resident_trim" trim "$PWD/$tag.dump"
    expect_ok
    within_tenth "$output" "$(number '["trim"]' $tag.dump)"
  done
}

@test "so does the end of the objects that pin free cells" {
  run_shim ARENASHIM_TAG=stack:8 "$BIN/resident_trim" pins "$PWD/a.dump"
  expect_ok
  local fell=$output
  within_tenth "$fell" "$(number '["parts"][0]["pinned_gain"]' a.dump)"
  arenashim resident a.dump
  expect '$output == *"free cells between live objects, "*"% pinned by 1334 objects of pin_keep (resident_trim.c:30): freeing these, and malloc_trim, would give back "*'
}

@test "what call sites have in memory: touched parts of objects, not the rest" {
  run_shim ARENASHIM_TAG=stack:8 "$BIN/resident_books" "$PWD/file" "$PWD/a.dump"
  expect_ok
  arenashim report --sort resident a.dump
  expect_ok
  [[ $(grep -E "^ *10240000 .* large_objects \(resident_books" <<<"$output") =~ 500\ +10240000\ +0\ +52.5% ]]
  [[ $(grep -E "^ *16777216 .* huge \(resident_books" <<<"$output") =~ 2\ +5242880\ +0\ +26.9% ]]
  [[ $(grep -E "^ *4000000 .* small_objects \(resident_books" <<<"$output") =~ 40000\ +4000000\ +0\ +20.5% ]]
  arenashim report --sort resident --by arena a.dump
  ((status == 2 && $(stderr_lines) == 1))
  "$TOOLS/make_dump" old.dump <<<$'version 1.2\nprocess tags=2\nnode\nsite\naccount allocs=1'
  arenashim report --sort resident old.dump
  ((status == 2))
  expect '$stderr == *"resident sizes of call sites were not recorded"*'
}

@test "the page has the resident memory first, and its parts with their sentences" {
  run_shim ARENASHIM_TAG=stack:8 "$BIN/resident_books" "$PWD/file" "$PWD/a.dump"
  expect_ok
  arenashim html a.dump -o a.html
  expect_ok
  grep -qE '"[0-9.]+ MiB: [0-9]+% objects, [0-9]+% free memory' a.html
  arenashim resident a.dump
  expect '$output =~ "malloc_trim would give back "([0-9]+)" bytes"'
  printf -v mib %.2f "$((BASH_REMATCH[1] * 1000 / 1048576))e-3"
  grep -qF "\"free memory kept for reuse: malloc_trim would give back $mib MiB\"" a.html
}

@test "rows that no dump has are shown as they are, and end in no crash" {
  "$TOOLS/make_dump" odd.dump <<<'process pid=7 program=demo tags=2
mapping kind=999 name=later resident=18446744073709551615 swapped=18446744073709551615 site=77
mapping kind=15 depth=18446744073709551615
mapping kind=30 resident=1'
  for option in --all --json --exact; do
    arenashim resident $option odd.dump
    ((status == 0))
    expect '$stderr == *"1 references in it lead nowhere"*'
  done
}

@test "a dump that lacks the section says so in one line" {
  "$TOOLS/make_dump" old.dump <<<'version 1.2
drop mapping
narrow site 16
process pid=7 program=demo'
  arenashim resident old.dump
  ((status == 2 && $(stderr_lines) == 1))
  expect '$stderr == *"old.dump: resident sizes were not recorded"*'
}
