# No two figures on one screen, or of two views of one dump, contradict each other.
load ../../common

AGREE=$TOP/test/tools/agree.py

# agree [NAME=VALUE...] PROGRAM [ARG...]: each dump of it agrees with itself, in all views.
agree() {
  rm -rf dumps && mkdir dumps
  run_shim ARENASHIM_DUMP="$PWD/dumps/d.%p.%n" ARENASHIM_CHILDREN=off "$@"
  expect_ok
  local dump bad=0
  for dump in dumps/d.*; do
    /usr/bin/python3 "$AGREE" "$TOOL" "$dump" || bad=1
    rm -f "$dump".agree.html
  done
  ((bad == 0)) || { echo "$*"; return 1; }
}

steps='my %h = map { $_, "x" x $_ } 1..1500; kill USR2 => $$; %h = (); kill USR2 => $$; my @a = map { "y" x 600 } 1..900'

@test "running threads, a fork, many threads, a peak long ago: with tags" {
  for tag in stack:8 site; do
    agree ARENASHIM_TAG=$tag "$BIN/threads_paused"
    agree ARENASHIM_TAG=$tag ARENASHIM_SIGNAL=USR2 perl -e "$steps"
  done
  agree ARENASHIM_TAG=stack:8 "$BIN/producer_consumer"
  agree ARENASHIM_TAG=stack:8 "$BIN/threads_short" 300
  agree ARENASHIM_TAG=stack:8 perl -e 'my @a = map { "z" x 100 } 1..3000; if (!fork) { @a = (1); exit 0 } wait'
}

@test "the same without tags" {
  agree ARENASHIM_TAG=off "$BIN/threads_paused"
  agree ARENASHIM_TAG=off ARENASHIM_SIGNAL=USR2 perl -e "$steps"
  agree ARENASHIM_TAG=off "$BIN/producer_consumer"
  agree ARENASHIM_TAG=off "$BIN/threads_short" 300
}

@test "the same with samples" {
  agree ARENASHIM_TAG=stack:8 ARENASHIM_SAMPLE=4096 "$BIN/threads_paused"
  agree ARENASHIM_TAG=stack:8 ARENASHIM_SAMPLE=4096 ARENASHIM_SIGNAL=USR2 perl -e "$steps"
}

@test "blocks of a running thread hold what lives in them, and are no older than their arena" {
  run_shim ARENASHIM_DUMP=d ARENASHIM_STATS=s ARENASHIM_TAG=stack:8 "$BIN/threads_paused"
  expect_ok
  "$TOOL" export --format json d | /usr/bin/python3 -c '
import json, sys
d = json.load(sys.stdin)
workers = [a for a in d["arenas"] if a["name"] == "worker"]
assert [a["live_objects"] for a in workers] == [202] * 3, workers
for a in workers:
    in_use = sum(b["in_use"] for b in d["blocks"] if b["arena"] == a["number"])
    assert in_use == 201 * 48 + 32, in_use'
  # the text report has the same: in use, and the age, of arenas 1 to 3
  [[ $(awk '/^blocks:/ { on = 1 } /^size/ { on = 0 } on && $2 ~ /^[123]$/ && $4 == 9680 && $7 <= 204' s | wc -l) == 3 ]]
}

@test "one peak in the text report: of the process, of its only arena, of what call sites held" {
  run_shim ARENASHIM_STATS=s ARENASHIM_TAG=stack:8 perl -e "${steps//kill USR2 => \$\$;/}"
  expect_ok
  arena=$(awk '/arena threads/ { getline; print $5 }' s)
  process=$(awk '/bytes, as requested/ && on { print $NF } /^process peak/ { on = 1 }' s)
  [[ -n $arena && $arena == "$process" ]]
}
