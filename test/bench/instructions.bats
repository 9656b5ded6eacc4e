# Executed instructions of a malloc+free pair, against those of the golden file: no change makes any of
# them worse unseen. Counts are callgrind's, repeatable whatever else the machine does.
# After a change that is meant to cost more, or costs less: `make golden`, and the commit says why.
load ../common
export PAIRS=$BIN/../bench/pairs
GOLDEN=$HERE/instructions.golden
LIMIT=34       # untagged small pairs, whatever the golden file says
TOLERANCE=0.5  # percent

setup_file() { "$HERE/instructions.sh" "$SHIM" --golden >"$BATS_FILE_TMPDIR/counts"; }

no_worse() { # NAME [LIMIT]
  local line status=0
  line=$(awk -v name="$1" -v limit="${2-1e9}" -v tolerance=$TOLERANCE '
    /^#/ || $1 != name { next }
    FNR == NR { golden = $2; next }
    { now = $2 }
    END {
      if (golden == "" || now == "") { print name ": no count"; exit 1 }
      printf "%s: %s instructions, golden %s", name, now, golden
      if (now < golden * (1 - tolerance / 100)) printf " (better: make golden)"
      print ""
      exit now > golden * (1 + tolerance / 100) || now > limit
    }' "$GOLDEN" "$BATS_FILE_TMPDIR/counts") || status=1
  echo "$line"
  echo "# $line" >&3
  return $status
}

@test "the shim is what is counted" {
  LD_PRELOAD=$SHIM ARENASHIM_STATS=1 "$PAIRS" deep 60000 2>&1 | grep -E '^ +0 +pairs +700[0-9][0-9] '
}

@test "one object deep" { no_worse deep $LIMIT; }
@test "random replacement in 1,000 slots" { no_worse random $LIMIT; }
@test "1,000 bytes, which go to jemalloc" { no_worse large; }
@test "realloc of a small object that grows" { no_worse realloc; }
@test "after somebody attached and detached, exactly and by samples: the same" {
  for loop in deep random large realloc; do
    awk -v a=$loop -v b=$loop-off '{ n[$1] = $2 } END { printf "# %s: %s, %s\n", b, n[b], n[a]
      exit !(n[b] > 0 && n[b] <= n[a] * 1.003) }' "$BATS_FILE_TMPDIR/counts" >&3
  done
}
@test "one object deep, tagged by call site" { no_worse deep-site; }
@test "one object deep, tagged by stack" { no_worse deep-stack8; }
@test "one object deep, below 40 calls, tagged by the whole stack" { no_worse deep-stack64; }
