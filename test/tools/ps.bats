# `arenashim ps`: the processes under the shim.
load command

@test "wrong words are told in one line" {
  arenashim ps 12
  error '12: ps takes no PID and no FILE'
  arenashim ps --every
  error '--every: no such option'
}

@test "its columns, and what it says when there is none to show" {
  arenashim ps
  expect '$status == 0 && $(tr -s " " <<<"${lines[0]# }") =~ ^\ ?"pid live resident arenas running for tags container program"$'
  arenashim ps --json
  expect '$status == 0 && $output != *running*'
  run --separate-stderr sh -c '"$1" ps >/dev/full' sh "$TOOL"
  expect '$status == 2 && $stderr == *"the list could not be written"*'
}

@test "processes with and without tags, those that hold most first" {
  env PYTHONMALLOC=malloc ARENASHIM_TAG=stack:4 LD_PRELOAD="$SHIM" /usr/bin/python3 -c 'x = [bytearray(5000) for i in range(10000)]
open("ready", "w").write("x"); import time; time.sleep(60)' 3>&- &
  tagged=$!
  env LD_PRELOAD="$SHIM" sleep 60 3>&- &
  plain=$!
  within 20 test -s ready
  within 20 listed "$plain"
  arenashim ps
  kill "$tagged" "$plain"
  expect_ok
  grep -qE "^ *$tagged +5[0-9]{7} +[0-9]{8} +1 +[0-9.]+ +stack:4 +[^ ]+  python3$" <<<"$output"
  grep -qE "^ *$plain +>=[0-9]+ +[0-9]{6,7} +[0-9]+ +[0-9.]+ +off +[^ ]+  sleep$" <<<"$output"
  (($(grep -nE "^ *$tagged " <<<"$output" | cut -d: -f1) < $(grep -nE "^ *$plain " <<<"$output" | cut -d: -f1)))
  within 20 refute listed "$plain"
}
listed() { "$TOOL" ps --json | grep -q "\"pid\":$1,"; }

@test "processes of others are not read" {
  [[ $(id -u) == 0 ]] || skip "only root can become somebody else"
  env LD_PRELOAD="$SHIM" sleep 60 3>&- &
  other=$!
  within 20 listed "$other"
  cp "$TOOL" "$BATS_TEST_TMPDIR/arenashim" && chmod 755 "$BATS_TEST_TMPDIR" "$BATS_TEST_TMPDIR/arenashim"
  run --separate-stderr setpriv --reuid 65534 --clear-groups "$BATS_TEST_TMPDIR/arenashim" ps --json
  kill "$other"
  expect '$status == 0 && $output != *"\"pid\":$other,"*'
}

@test "those that can't be looked into are counted in a line, and listed where their record is near" {
  [[ $(id -u) == 0 ]] || skip "only root can become somebody else"
  local place tool own closed nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups)
  place=$(mktemp -d /tmp/arenashim-ps.XXXXXX)
  tool=$place/arenashim
  cp "$SHIM" "$TOOL" "$place" && mkdir "$place/records" && chmod -R a+rwX "$place"
  cd "$place/records"
  env LD_PRELOAD="$SHIM" sleep 60 3>&- & # root's
  own=$!
  within 20 listed "$own"
  run --separate-stderr "${nobody[@]}" "$tool" ps
  expect '$status == 0 && $(stderr_lines) == 2 && ${#lines[@]} == 1'
  [[ $stderr =~ "ps: "([0-9]+)" process"(es)?" of other users can't be looked into: as root they can"$'\n' ]]
  ((BASH_REMATCH[1] > 1))
  [[ $stderr == *'ps: no process that can be looked into runs under the shim'* ]]
  # one of the user's own that forbids it
  "${nobody[@]}" env LD_PRELOAD="$place/libarenashim.so" ARENASHIM_RECORD=r.record /usr/bin/python3 -c 'import ctypes, time
ctypes.CDLL(None).prctl(4, 0)
open("ready", "w").write("x"); time.sleep(60)' 3>&- &
  closed=$!
  within 20 test -s ready
  run --separate-stderr "${nobody[@]}" "$tool" ps --json
  expect '$status == 0 && $output == *"\"pid\":$closed,"*\"program\":\"python3\"* && ${#lines[@]} == 1'
  cd ..
  run --separate-stderr "${nobody[@]}" "$tool" ps
  expect '$stderr == *"processes can'"'"'t be looked into, 1 of yours among them, with other rights or PR_SET_DUMPABLE: as root they can"*'
  run --separate-stderr "${nobody[@]}" env ARENASHIM_RECORD="$place/records/x" "$tool" ps --json
  expect '$output == *"\"pid\":$closed,"*'
  kill "$own" "$closed"
  cd /
  rm -r "$place"
}

@test "--all: users and control groups" {
  [[ $(id -u) == 0 ]] || skip "only root can become somebody else"
  local place theirs open
  place=$(mktemp -d /tmp/arenashim-ps.XXXXXX)
  chmod 755 "$place"
  cp "$SHIM" "$place"
  setpriv --reuid 65534 --clear-groups env LD_PRELOAD="$place/libarenashim.so" sleep 60 3>&- &
  theirs=$!
  env LD_PRELOAD="$SHIM" sleep 60 3>&- &
  open=$!
  within 20 listed "$open"
  within 20 listed "$theirs"
  arenashim ps --all
  table=$output
  arenashim ps --all --json
  kill "$open" "$theirs"
  rm -r "$place"
  [[ $(head -n 1 <<<"$table") =~ " user " && $(head -n 1 <<<"$table") =~ " cgroup " ]]
  grep -qE "^ *$open +root +>=[0-9]+ +[0-9]+ .* (/[^ ]*)  sleep$" <<<"$table"
  grep -qE "^ *$theirs +nobody +>=[0-9]+ .*  sleep$" <<<"$table"
  grep "\"pid\":$open," <<<"$output" | grep -q '"readable":true,"user":"root","cgroup":"/'
  grep "\"pid\":$theirs," <<<"$output" | grep -q '"user":"nobody"'
}
