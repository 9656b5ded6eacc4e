# `arenashim ps`: the processes under the shim.
load command

@test "wrong words are told in one line" {
  arenashim ps 12
  error '12: ps takes no PID and no FILE'
  arenashim ps --all
  error '--all: no such option'
}

@test "its columns, and what it says when there is none to show" {
  arenashim ps
  expect '$status == 0 && ${lines[0]} == "pid  live  resident  arenas  running for  tags  container  program"'
  arenashim ps --json
  expect '$status == 0 && $output != pid*'
  run --separate-stderr sh -c '"$1" ps >/dev/full' sh "$TOOL"
  expect '$status == 2 && $stderr == *"the list could not be written"*'
}
