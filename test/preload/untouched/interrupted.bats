# Which calls a dump's signal interrupts, as libarenashim(7) lists them, and the two ways that interrupt none.
load ../../common

MAN=$TOP/tools/man/libarenashim.7

# listed WHICH: the calls that the man page names there, one a line.
listed() {
  awk -v start=".\\\\\" $1" '$0 == start { on = 1; next } /^\.\\"/ { on = 0 } on' "$MAN" | tr '\n' ' ' | sed 's/, */\n/g; s/ *$/\n/'
}

@test "the man page's lists of calls that end with EINTR, and of those that go on, are right" {
  run_shim ARENASHIM_SIGNAL=USR2 ARENASHIM_DUMP=d.%n "$BIN/interrupted" all
  expect_ok
  [[ $(ls d.* | wc -l) -ge 21 ]] # a snapshot for each, and the end
  diff <(sed -n 's/ EINTR$//p' <<<"$output") <(listed interrupted)
  diff <(sed -n 's/ restarted$//p' <<<"$output") <(listed restarted)
}

@test "a dump by a call interrupts nothing" {
  run_shim ARENASHIM_DUMP=d.%n "$BIN/interrupted" call
  expect '$status == 0 && $output == "poll not interrupted" && -f d.1 && -f d.2'
}

@test "a signal for a thread that waits for a condition interrupts nothing" {
  env LD_PRELOAD="$SHIM" ARENASHIM_SIGNAL=USR2 ARENASHIM_DUMP=d.%n "$BIN/interrupted" thread >out &
  until [[ -s out ]]; do sleep 0.05; done
  sleep 0.2
  kill -USR2 "$(head -n 1 out)"
  wait $!
  [[ $(sed -n 2p out) == "poll not interrupted" && -f d.1 && -f d.2 ]]
}
