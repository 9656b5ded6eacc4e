# errno and descriptors are the program's: the shim leaves both as it found them.
load ../../common

@test "errno is 0 in constructors and at main, and kept over every call that succeeds" {
  "$BIN/errno_kept" names >names
  (($(wc -l <names) > 15))
  for tag in off site stack:8; do
    for way in start all threads $(cat names); do
      run_shim ARENASHIM_TAG=$tag "$BIN/errno_kept" "$way"
      expect_ok
      expect '-z $output$stderr'
    done
  done
  for asked in ARENASHIM_STATS=r.%p ARENASHIM_DUMP=d.%p ARENASHIM_SIGNAL=USR1 ARENASHIM_SAMPLE=4K \
    ARENASHIM_DUMP=/nowhere/d ARENASHIM_STATS=/dev/stdout; do
    for way in start all threads; do
      run_shim "$asked" "$BIN/errno_kept" "$way"
      expect_ok
      expect '! $output$stderr =~ "errno "[0-9]'
    done
  done
  for way in start threads; do
    run_shim ARENASHIM_DISABLE=1 "$BIN/errno_kept" $way
    expect_ok
  done
}

# descriptors LIMIT REDIRECTIONS [NAME=VALUE...]: those that a program has open at main, in $output.
descriptors() {
  run bash -c 'limit=$1 redirections=$2; shift 2; exec 3>&1
    for fd in {4..1100}; do eval "exec $fd>&-"; done; option=-n; [[ $limit != -S* ]] || option=-Sn; ulimit $option "${limit#-S}"; eval "exec 9>found $redirections"; exec env "$@"' \
    - "$1" "$2" LD_PRELOAD="$SHIM" ARENASHIM_TAG=off "${@:3}" "$BIN/descriptors" 9
  output=$(tr '\n' ' ' <found)
}

@test "no descriptor is ours, but for a report to stderr or stdout: the highest or above the limit, closed at exec" {
  for mode in ARENASHIM_STATS=r.%p ARENASHIM_DUMP=d.%p "ARENASHIM_DUMP=d.%p ARENASHIM_SIGNAL=USR1"; do
    # shellcheck disable=SC2086 # words
    descriptors 256 "3>&-" $mode
    expect '$output == "0 1 2 "'
  done
  for mode in ARENASHIM_STATS=1 ARENASHIM_STATS=/dev/stderr ARENASHIM_SIGNAL=USR1 ARENASHIM_STATS=/dev/stdout ARENASHIM_DUMP=/dev/fd/1; do
    for limit in 20000 1024 256 20; do # hard
      descriptors $limit "3>&-" $mode
      expect "\$output == '0 1 2 $((limit < 1024 ? limit - 1 : 1023))(cloexec) '"
    done
  done
  # above a soft limit, where programs don't look
  descriptors -S256 "3>&-" ARENASHIM_STATS=1
  expect '$output == "0 1 2 256(cloexec) "'
  descriptors 256 "3>&- 255>&1" ARENASHIM_STATS=1
  expect '$output == "0 1 2 254(cloexec) 255 "'
}

@test "descriptors 0 to 2 that are closed at the start stay closed" {
  for mode in ARENASHIM_STATS=1 ARENASHIM_STATS=r.%p ARENASHIM_DUMP=d.%p ARENASHIM_DUMP=/dev/stdout ARENASHIM_SIGNAL=USR1; do
    descriptors 256 "0>&- 1>&- 2>&- 3>&-" $mode
    expect '-z ${output// /}'
    descriptors 256 "0>&- 2>&- 3>&-" $mode
    expect '$output == "1 " || ($output == "1 255(cloexec) " && $mode == *stdout)'
  done
}

@test "a file of ours takes none of 0 to 2 at the end, either: other threads may print" {
  command -v strace >/dev/null || skip "no strace"
  for variable in STATS DUMP; do
    LD_PRELOAD= strace -f -o log env LD_PRELOAD="$SHIM" ARENASHIM_$variable="$PWD/f" "$BIN/close_fds" all || (($? == 7))
    grep -qE 'f\.tmp\.[0-9a-f]+", .* = 0$' log && grep -qE 'fcntl\(0, F_DUPFD_CLOEXEC, 3\) *= [3-9]' log
    refute grep -qE '^[0-9]+ p?write(64)?\([0-2],' <(sed '1,/f\.tmp\./d' log)
    [[ -s f ]] && rm f
  done
}
