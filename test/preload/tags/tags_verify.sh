#!/bin/bash
# Compares every call path of real programs with libunwind's own answer.
# Usage: test/preload/tags/tags_verify.sh short|long      (SHIM, BIN: see common.bash)
#
# One line a program and mode: captures; how many of them, once warm, the path tree replayed by itself, in percent
# (all but those that libunwind finished, or that were cut short); frames learned from unwind information; walks that
# libunwind finished; paths cut; requests of libunwind's own; compared; different.
# Exit status 1 if one differs, or if fewer than 99 % were replayed.
set -u
top=$(cd "$(dirname "$0")/../../.." && pwd)
: "${SHIM:=$top/build/libarenashim.so}" "${BIN:=$top/build/test/preload}"
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
length=${1:-short}

cat >"$work/small.cc" <<'CC'
#include <string>
int main() { return static_cast<int>(std::to_string(7).size()); }
CC
cat >"$work/work.py" <<'PY'
import ast, json, sys
n = int(sys.argv[1])
for i in range(n):
    text = '\n'.join(f'def f{k}(a, *b):\n  return [x * {k} + i for i, x in enumerate(b) if a[x]]' for k in range(6))
    compile(ast.parse(text), 'made', 'exec')
    rows = json.loads(json.dumps([{'k': str(j), 'v': [j] * 3} for j in range(40)]))
    rows.sort(key=lambda r: r['k'])
PY
cat >"$work/work.pl" <<'PL'
my %rows;
for my $i (1 .. shift) {
  my $key = "key" . ($i * 7919 % 900);
  push @{$rows{$key}{list}}, "value $i";
  $rows{$key}{$_}++ for ("a", "b" . $i % 5);
  delete $rows{"key" . ($i % 900)} if $i % 3 == 0;
}
print join(",", map { sort keys %{$rows{$_}} } sort keys %rows) =~ tr/,//, "\n";
PL
cat >"$work/work.sql" <<'SQL'
CREATE TABLE people(id INTEGER PRIMARY KEY, name TEXT, city TEXT);
CREATE INDEX by_city ON people(city);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ROWS)
  INSERT INTO people SELECT i, 'name ' || i, 'city ' || (i * 7919 % 50) FROM n;
SELECT city, count(*), group_concat(name) FROM people GROUP BY city ORDER BY 2 LIMIT 5;
UPDATE people SET name = upper(name) || city WHERE id % 3 = 0;
SELECT count(*) FROM people a JOIN people b ON a.id = b.id * 2 AND a.city < b.city;
SQL

run() { # PROGRAM [ARG...]
  env TAGS_COUNTS="$work/counts" LD_PRELOAD="$SHIM:$BIN/tags_counts.plugin.so" "$@" >/dev/null </dev/null
}
programs() { # REPEATS of the small work
  local python=/usr/bin/python3
  PYTHONMALLOC=malloc run "$python" -S "$work/work.py" $(($1 * 15))
  run "$python" -S "$work/work.py" "$1"
  run perl "$work/work.pl" $(($1 * 8000))
  sed "s/ROWS/$(($1 * 6000))/" "$work/work.sql" >"$work/rows.sql"
  run sqlite3 :memory: ".read $work/rows.sql"
  run g++ -std=c++17 -O1 -c -o "$work/o" "$2"
  run clang++ -std=c++17 -O1 -c -o "$work/o" "$2"
}

# shellcheck disable=SC2016 # awk's
row='{ warm = $2 - $3; share = warm > 0 ? 100 * (1 - ($4 + $5) / warm) : 100
  printf "%-9s %-8s %8d captures %7.3f %% replayed; %5d learned %5d unwound %3d cut %3d nested; %8d compared %3d different\n",
    mode, $1, $2, share, $3, $4, $5, $6, $9, $10
  bad += $10 > 0 || share < 99; all += $9; different += $10
} END { printf "%-9s total %d compared, %d different\n", mode, all, different; exit bad > 0 || all == 0 && mode ~ /verify/ }'
tell() { # MODE
  awk -v mode="$1" "$row" "$work/counts" || failed=1
  rm -f "$work/counts"
}

failed=0
if [[ $length == long ]]; then
  ARENASHIM_TAG=stack:8 programs 60 "$top/test/real/inputs/templates.cc"
  tell stack:8
  ARENASHIM_TAG=verify:8 programs 60 "$top/test/real/inputs/templates.cc"
  tell verify:8
  ARENASHIM_TAG=verify:32 programs 16 "$top/test/real/inputs/templates.cc"
  tell verify:32
  ARENASHIM_TAG=verify:64 programs 16 "$top/test/real/inputs/templates.cc"
  tell verify:64
else
  ARENASHIM_TAG=verify:64 programs 1 "$work/small.cc"
  tell verify:64
fi
exit "$failed"
