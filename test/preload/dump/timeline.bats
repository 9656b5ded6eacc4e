# The time axis: what a process held over its life, with marks and events, in dumps and records.
load ../../common

# agrees LOG DUMP [OPTION]: the dump's moments lie on the curve that the process wrote down.
agrees() {
  "$TOOL" export --format json "$2" >axis.json && /usr/bin/python3 "$HERE/timeline.py" "$1" "${@:3}" <axis.json
}

# json EXPRESSION FILE: what python makes of the export `d`.
json() { "$TOOL" export --format json "$2" | /usr/bin/python3 -c "import json, sys; d = json.load(sys.stdin); print($1)"; }

@test "moments lie on the curve of live bytes, the shares of call sites add up to them, marks stand where they were made" {
  run_shim ARENASHIM_DUMP=a.dump "$BIN/timeline_curve" 1200
  expect_ok
  echo "$output" >log
  agrees log a.dump
}

@test "without tags, too, as far as large objects are known" {
  run_shim ARENASHIM_TAG=off ARENASHIM_DUMP=a.dump "$BIN/timeline_curve" 1200
  expect_ok
  echo "$output" >log
  agrees log a.dump --untagged
}

@test "a process that runs without tags and files has an axis" {
  env LD_PRELOAD="$SHIM" "$BIN/timeline_curve" 1200 wait >log 3>&- &
  local pid=$!
  within 20 grep -q '^1\.[2-9]' log
  sleep 0.2
  "$TOOL" timeline "$pid" >text
  kill "$pid"
  grep -q 'mark: second at' text
  (($(grep -cE '^ *[0-9]+\.[0-9]{3} ' text) >= 5))
}

@test "with samples the shares still add up" {
  run_shim ARENASHIM_DUMP=a.dump ARENASHIM_SAMPLE=4096 "$BIN/timeline_curve" 800
  expect_ok
  [[ $(json 'all(m["rest_bytes"] + sum(s["bytes"] for s in m["shares"]) == m["live_bytes"] for m in d["moments"])' a.dump) == True ]]
  [[ $(json 'len(d["moments"]) >= 5' a.dump) == True ]]
}

@test "a killed process's record has its axis, up to the end" {
  run_shim ARENASHIM_TAG=stack:4 ARENASHIM_RECORD=a.record "$BIN/timeline_curve" 1200 kill
  expect '$status == 137'
  echo "$output" >log
  agrees log a.record
  arenashim timeline a.record
  expect_ok
  expect '$output == *"mark: second"*"held at"*'
}

@test "a child's axis is its own; its parent's says that it forked" {
  run_shim ARENASHIM_DUMP=%p.dump "$BIN/timeline_curve" 400 fork
  expect_ok
  local file child='' parent=''
  for file in *.dump; do
    if [[ $(json 'd["process"]["fork_child"]' "$file") == True ]]; then child=$file; else parent=$file; fi
  done
  [[ $(json '[e["kind"] for e in d["events"]]' "$parent") == "['mark', 'mark', 'fork']" ]]
  [[ $(json '[e["text"] for e in d["events"]]' "$child") == "['child']" ]]
  [[ $(json 'len(d["moments"])' "$child") == 1 ]]
  [[ $(json 'd["moments"][0]["time_ns"] < 300e6' "$child") == True ]]
}
