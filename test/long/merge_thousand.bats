# `arenashim merge` of a fleet: 1,000 dumps of 50 programs, in two builds, with and without names (merge_thousand.py).
load ../common

setup_file() {
  "$HERE/merge_thousand.py" "$SHIM" "$BATS_FILE_TMPDIR" || return
  cd "$BATS_FILE_TMPDIR" || return
  local option
  for option in '' --by-function --keep-processes; do
    # shellcheck disable=SC2086
    measured $option dumps >"cost$option" && mv all.tmp "all$option"
  done
}

setup() { cd "$BATS_FILE_TMPDIR" || return; }

sums() { /usr/bin/python3 "$TOP/test/tools/merge_sums.py" "$@"; }

# measured ARG...: merges these into all.tmp; prints seconds and the most KiB that it held.
measured() {
  /usr/bin/time -f '%e %M' -o time.tmp "$TOOL" merge -o all.tmp "$@" 2>/dev/null && cat time.tmp
}

kib() { echo $((($(stat -c %s "$1") + 1023) / 1024)); }

by_size() { find dumps -name '*.dump' -printf '%s %p\n' | sort -n | cut -d ' ' -f 2; }

@test "1,000 dumps of 50 programs; every sum is exact: merged, by function, with processes apart" {
  local dumps=(dumps/*.dump)
  ((${#dumps[@]} == 1000))
  [[ $(printf '%s\n' "${dumps[@]}" | sed 's/\.[0-9]*\.dump$//' | sort -u | wc -l) == 50 ]]
  sums all "${dumps[@]}"
  sums --total all--by-function "${dumps[@]}"
  sums --keep-processes all--keep-processes "${dumps[@]}"
}

@test "by function: the call paths of both builds are one, with the count that the programs' arguments give" {
  "$TOOL" export --format json --no-fold all--by-function >json 2>/dev/null
  /usr/bin/python3 - json truth <<'END'
import collections, json, sys
dump, known = json.load(open(sys.argv[1])), [line.split() for line in open(sys.argv[2])]
paths = [tuple(dump["frames"][i]["name"] for i in site["path"][:3]) for site in dump["sites"]]
sites = collections.Counter(path for path in paths if path and path[0].startswith("leaf_"))
counts = collections.Counter()
for account in dump["accounts"]:
    if paths[account["site"]] in sites:
        counts[paths[account["site"]]] += account["allocs"]
assert len(known) == 15 == len(counts), counts
for *path, count in known:
    # by a thread and by main, in either build
    assert counts[tuple(path)] == int(count) and sites[tuple(path)] == 2, (path, count, counts, sites)
END
}

@test "the order of files, and what was merged before, make no difference" {
  local option round
  for option in '' --by-function --keep-processes; do
    for round in 1 2 3; do
      # shellcheck disable=SC2086
      find dumps -name '*.dump' | shuf | "$TOOL" merge $option - 2>/dev/null | cmp - "all$option"
    done
    # shellcheck disable=SC2086
    find dumps -name '*[0-4].dump' | "$TOOL" merge $option -o a - 2>/dev/null
    # shellcheck disable=SC2086
    find dumps -name '*[5-9].dump' | "$TOOL" merge $option -o b - 2>/dev/null
    "$TOOL" merge -o c b a 2>/dev/null
    cmp c "all$option"
  done
}

@test "damaged ones are named and left out, and the sums are those of the others" {
  local file n=0
  mkdir damaged
  for file in $(by_size | tail -n 50); do
    head -c $((n++ * 7)) "$file" >"damaged/$n.dump" # within the header and the list of sections
  done
  run --separate-stderr "$TOOL" merge -o some dumps damaged
  expect '$status == 2'
  expect '${stderr##*$'"'\n'"'} == *": 1000 dumps of 50 programs on 1 host merged into some; 50 left out: they can'"'"'t be read"'
  for file in damaged/*.dump; do
    n=$(grep -cF "arenashim: $file: " <<<"$stderr")
    [[ $n == 1 ]] || { echo "$file: $n lines"; return 1; }
  done
  "$TOOL" report some 2>/dev/null | grep -E '^ *50  dumps that are left out: they could not be read$'
  "$TOOL" export --format json all >whole 2>/dev/null
  "$TOOL" export --format json some >lacking 2>/dev/null
  /usr/bin/python3 - whole lacking <<'END'
import json, sys
whole, lacking = (json.load(open(f)) for f in sys.argv[1:])
for part in ("sites", "arenas", "classes", "ledger"):
    assert whole[part] == lacking[part] and whole[part], part
END
}

@test "within 10 s; memory is bound by the largest file and by what is distinct, not by how many files" {
  local option seconds most least largest program build
  largest=$(kib "$(by_size | tail -n 1)")
  read -r _ least < <(measured "$(by_size | head -n 1)")
  for option in '' --keep-processes; do
    read -r seconds most <"cost$option"
    echo "merge $option: $seconds s, $most KiB; $least KiB of one small file; largest file $largest, result $(kib "all$option") KiB"
    ((${seconds%.*} < 10 && most - least <= 4 * (largest + $(kib "all$option"))))
  done
  # by function the names of all modules are read, too: no more than for one dump of each build
  read -r seconds most <cost--by-function
  mkdir few
  for program in $(by_size | sed 's/.*\///; s/\.[0-9]*\.dump//' | sort -u); do
    for build in old new; do
      cp "$(grep -lF "/$build/$program" dumps/"$program".*.dump | head -n 1)" few 2>/dev/null ||
        cp "$(compgen -G "dumps/$program.*.dump" | head -n 1)" few
    done
  done
  read -r _ least < <(measured --by-function few)
  echo "merge --by-function: $seconds s, $most KiB; $least KiB of $(ls few | wc -l) files with the same modules"
  ((${seconds%.*} < 10 && most < least + 1024))
}
