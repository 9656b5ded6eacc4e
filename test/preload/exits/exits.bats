# The ways a program ends: its status and output are its own, and the report is written or not, as promised.
load ../../common

# ends WAY STATUS REPORTS: exit_paths WAY has that status, and leaves that many reports.
ends() {
  run_shim ARENASHIM_STATS="$BATS_TEST_TMPDIR/r.%p" "$BIN/exit_paths" "$1"
  expect "\$status == $2"
  expect '-z $stderr'
  local found
  found=$(find "$BATS_TEST_TMPDIR" -name 'r.*' -size +0 | wc -l)
  echo "reports: $found"
  ((found == $3))
}

@test "return from main reports" { ends return 7 1; }
@test "exit reports" { ends exit 7 1; }
@test "pthread_exit of main reports" { ends pthread_exit 0 1; }
@test "exit with threads running reports" { ends threads 7 1; }
@test "_exit reports" { ends _exit 7 1; }
@test "quick_exit reports" { ends quick_exit 7 1; }
@test "abort does not report" { ends abort 134 0; }
@test "a signal's death does not report" { ends term 143 0; }
@test "exec reports only for the program that follows" { ends exec 0 1; }

@test "exit with threads running, 30 times" {
  for _ in {1..30}; do
    run_shim ARENASHIM_STATS="$BATS_TEST_TMPDIR/r.%p" "$BIN/exit_paths" threads
    expect '$status == 7'
  done
  (($(find "$BATS_TEST_TMPDIR" -name 'r.*' -size +0 | wc -l) == 30))
}

@test "a report to stderr outlives fclose of stdout and stderr" {
  run_shim ARENASHIM_STATS=stderr "$BIN/close_fds" std
  expect '$status == 7'
  expect '$output == "to stdout"'
  expect '-n $stderr'
}

@test "a report to a file outlives the closing of all descriptors" {
  run_shim ARENASHIM_STATS="$BATS_TEST_TMPDIR/r.%p" "$BIN/close_fds" all
  expect '$status == 7'
  [[ -s $(echo "$BATS_TEST_TMPDIR"/r.*) ]]
}

@test "a report to stderr does not go where its descriptor's number went" {
  : >innocent
  run_shim ARENASHIM_STATS=stderr "$BIN/close_fds" reuse "$PWD/innocent"
  expect '$status == 7'
  [[ ! -s innocent ]]
}

@test "a library's destructor frees after the report" {
  run_shim ARENASHIM_STATS="$BATS_TEST_TMPDIR/r.%p" "$BIN/late_free" "$BIN/late.plugin.so"
  expect '$status == 7'
  expect '$output == "late: done"'
  expect '-z $stderr'
}

@test "a report to stderr that nobody reads does not end the program by SIGPIPE" {
  run bash -c '{ sleep 0.3; env LD_PRELOAD="$1" ARENASHIM_STATS=stderr "$2" exit 2>&1 >/dev/null; echo $? >&3; } 3>rc | true; cat rc' \
    - "$SHIM" "$BIN/exit_paths"
  expect '$output == 7'
}

# stderr is a pipe here: a file would be at its limit, too.
@test "a report beyond the file size limit does not end the program by SIGXFSZ" {
  run bash -c '(ulimit -f 0; exec env LD_PRELOAD="$1" ARENASHIM_STATS="$PWD/r.%p" "$2" exit) 2>&1 | cat; exit ${PIPESTATUS[0]}' \
    - "$SHIM" "$BIN/exit_paths"
  expect '$status == 7'
  expect '$output == "arenashim: can'"'"'t write the report to "*"File too large"*'
  ((${#lines[@]} == 1))
}

@test "20 reports by signal while threads are busy" {
  run_shim ARENASHIM_SIGNAL=USR2 ARENASHIM_STATS="$BATS_TEST_TMPDIR/r.%p.%n" "$BIN/signal_report" 12 20 20000
  expect_ok
  expect '$output == *survived'
  # signals that arrive while one report is being written may merge; the one at exit comes on top
  (($(find "$BATS_TEST_TMPDIR" -name 'r.*' -size +0 | wc -l) >= 2))
}
