# 100,000 call sites over 500,000 nodes are read and reported in under a second.
load command

@test "a large dump, names included" {
  libc=$(ldd "$TOOL" | awk '/libc\.so/ { print $3 }')
  "$HERE/large.sh" 100000 500000 "$libc" | dump large.dump
  best=999999
  for _ in 1 2 3; do # the best of three: other tests run beside this one
    t=$( { TIMEFORMAT=%U; time "$TOOL" report -n 20 large.dump >out 2>err; } 2>&1 )
    ms=$(awk -v t="$t" 'BEGIN { print int(t * 1000) }')
    ((ms < best)) && best=$ms
  done
  echo "$best ms of user time"
  [[ ! -s err ]]
  ((best < 1000))
  grep -qE 'more rows' out
  [[ $(awk '$NF == "total" { print $3 }' out) == 5000050000 ]]
  "$TOOL" report large.dump >all # a pipe gets all
  (($(wc -l <all) > 90000))
}

@test "the other views of a large dump" {
  libc=$(ldd "$TOOL" | awk '/libc\.so/ { print $3 }')
  "$HERE/large.sh" 100000 500000 "$libc" | dump large.dump
  for view in tree leaks waste 'diff large.dump' 'check --max-live 1 --max-growth 1 --baseline large.dump'; do
    set -- $view
    t=$( { TIMEFORMAT=%U; time "$TOOL" "$@" large.dump >out 2>err || [[ $1 == check ]]; } 2>&1 )
    echo "$view: $t s of user time"
    [[ ! -s err && -s out ]]
    awk -v t="$t" 'BEGIN { exit t >= 10 }'
  done
}
