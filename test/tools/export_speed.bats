# 100,000 call sites over 500,000 nodes, names included, are exported in seconds in every format.
load command

setup_file() {
  cd "$BATS_FILE_TMPDIR" || return
  "$HERE/large.sh" 100000 500000 "$(ldd "$TOOL" | awk '/libc\.so/ { print $3 }')" | dump large.dump
}

@test "a large dump in each format" {
  cd "$BATS_FILE_TMPDIR" || return
  local format seconds
  for format in collapsed dhat heap json jsonl pprof speedscope; do
    seconds=$( { TIMEFORMAT=%U; time "$TOOL" export large.dump --format $format -o out 2>err; } 2>&1 )
    echo "$format: $seconds s of user time, $(stat -c %s out) bytes"
    [[ ! -s err && -s out ]]
    awk -v s="$seconds" 'BEGIN { exit !(s < 10) }'
  done
}
