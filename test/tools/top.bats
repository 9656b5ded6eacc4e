# `arenashim top`: one screen as text, lines of JSON, and the screen itself in tmux's terminals.
load command

setup() {
  unset "${!ARENASHIM_@}" LD_PRELOAD
  export LC_ALL=C.UTF-8
  TOOL=$TOOLS/arenashim # under sanitizers
  running 1 </dev/null
}

teardown() { tmux_do kill-server 2>/dev/null || true; }

# running SECONDS [SED...]: live.dump, of a process that runs on, at that time, with changes; renamed into place.
running() {
  local script=${2-}
  sed "s/^process/& reason=1 signal=10 start_ns=5 lived_ns=${1}000000000/; $script" "$HERE/small.txt" | dump new.dump
  mv new.dump live.dump
}

# later SECONDS: the same, when its first site has allocated 500 times more, and another holds 500 bytes more.
later() {
  running "$1" 's/allocs=1000 frees=995/allocs=1500 frees=1495/; s/total_allocs=1060/total_allocs=1560/
    s/live_bytes=2000 live_rounded=2048/live_bytes=2500 live_rounded=2548/; s/live_bytes=3100/live_bytes=3600/'
}

tmux_do() { tmux -S "$BATS_TEST_TMPDIR/tmux" -f /dev/null "$@"; }

# screen WIDTH HEIGHT ARG...: `top ARG...` in a terminal; its end and status follow what it left.  A sanitized command
# searches for leaks only with LEAKS=1: the search goes round for ever when the terminal's signals reach it.
screen() {
  local command
  command=$(printf '%q ' env ASAN_OPTIONS="detect_leaks=${LEAKS-0}" "${environment[@]}" "$TOOL" top "${@:3}")
  tmux_do new-session -d -x "$1" -y "$2" "$command; echo ended: \$?; sleep 100"
}
environment=(A=)

press() { tmux_do send-keys "$@"; }
shown() { tmux_do capture-pane -p; }
has() { shown | grep -qF -- "$1"; }
sees() { within 10 has "$1" || { shown; return 1; }; } # TEXT: it comes
lacks() { within 10 refute has "$1" || { shown; return 1; }; } # TEXT: it goes
quits() { press q && sees 'ended: 0'; }

@test "--once of a dump that was made at the end: no rates, one reading" {
  dump small.dump <"$HERE/small.txt"
  local start=$SECONDS
  arenashim top --once --interval 30 small.dump
  expect_ok
  ((SECONDS - start < 20))
  diff - <(echo "$output") <<'END'
demo  pid 77  tags stack:8  at exit
live 3100 bytes  objects 9  waste 6748 bytes  mapped 3320 bytes  resident 9999999 bytes

live  growth/min  allocs/s  objects  waste  call path, innermost first
2100           -         -        3    508  libgone.so+0x300 < [level 3]
 700           -         -        1    140  (the tables were full)
 300           -         -        5   6100  demo+0x401010 < demo+0x402020
END
  arenashim top --once --by arena -n 2 small.dump
  expect '"${lines[*]:3:4}" == "3000 "*"0 demo (threads: 3) 1500 "*"region parser 2 more rows: -n 0 shows all"'
  arenashim top --once --by class --sort waste small.dump
  expect '"${lines[3]}" == "$(printf "%4s %11s %9s %8s %6s  cells of 64 B" 320 - - 5 6100)"'
  arenashim top --once --sort waste small.dump
  expect '"${lines[3]}" == *6100*"demo+0x401010 < demo+0x402020"'
}

@test "--once of a process that runs on: rates over the interval" {
  (sleep 1 && later 3) 3>&- &
  arenashim top --once --interval 4 --sort growth live.dump
  expect_ok
  expect '$output == *"allocs/s 250.0  growth/min +15000 (over 2 s)"*'
  expect '"${lines[4]}" == "2600 "*"+15000 "*" 0.0 "*" libgone.so+0x300 < [level 3]"'
  wait
  running 1
  (sleep 1 && later 3) 3>&- &
  arenashim top --once --interval 4 --sort rate live.dump
  expect '"${lines[4]}" == " 300 "*" 250.0 "*" demo+0x401010 < demo+0x402020"'
}

# value JSON-PATH: of each line of the last output.
value() { /usr/bin/python3 -c 'import json, sys
for line in sys.stdin: print(eval("d" + sys.argv[1], {"d": json.loads(line)}))' "$1" <<<"$output"; }

@test "--json: a line a reading, until the process has ended" {
  (sleep 1 && later 2 && sleep 2 && dump end.dump <"$HERE/small.txt" &&
    sed 's/pid=77/&/' "$HERE/small.txt" | sed 's/^process/& start_ns=5 lived_ns=9000000000/' | dump new.dump && mv new.dump live.dump) 3>&- &
  arenashim top --json --interval 0.5 -n 2 live.dump
  expect_ok
  wait
  (($(wc -l <<<"$output") >= 4))
  [[ $(value '["state"]' | sort -u) == file ]]
  [[ $(value '["moment"]' | uniq | tr '\n' ';') == 'snapshot on signal USR1, 1.0 s after the start;snapshot on signal USR1, 2.0 s after the start;at exit;' ]]
  [[ $(value '["allocs_per_second"]' | uniq | tr '\n' ' ') == 'None 500.0 '* ]]
  [[ $(value '["growth_bytes_per_minute"]' | uniq | tr '\n' ' ') == 'None 30000 '* ]]
  [[ $(value '["rows"][0]["path"]' | sort -u) == "['libgone.so+0x300', '[level 3]']" ]]
  [[ $(value '["rows"][0]["live_bytes"]' | uniq | tr '\n' ' ') == '2100 2600 2100 ' ]]
  [[ $(value '["rows_left_out"]' | sort -u) == 1 ]]
  [[ $(value '["resident_bytes"]' | sort -u) == 9999999 ]]
  arenashim top --json --by arena live.dump
  [[ $(value '["rows"][1]') == *"'live_objects': None"*"'name': 'region parser'"* ]]
}

@test "what is in memory has a line, and its parts are in the JSON; a dump that lacks them has neither" {
  { cat "$HERE/small.txt"; echo 'mapping kind=1 resident=6000000
mapping kind=15 resident=2000000
mapping kind=30 resident=8000000'; } | dump small.dump
  arenashim top --once small.dump
  expect_ok
  [[ $output == *$'\nin memory 7.63 MiB: 75% objects, 25% stacks\n'* ]]
  arenashim top --json small.dump
  [[ $(value '["memory"]') == "{'objects': 6000000, 'stacks': 2000000}" ]]
  [[ $(value '["memory_age_seconds"]') == 0.0 ]]
  dump small.dump <<<$'process pid=77 program=demo\ndrop mapping'
  arenashim top --json small.dump
  [[ $(value '["memory"]')$(value '["memory_age_seconds"]') == NoneNone ]]
}

@test "--json ends when the file is gone, and says so" {
  (sleep 1 && rm live.dump) 3>&- &
  arenashim top --json --interval 0.2 live.dump
  expect '$status == 0 && $(value "[\"pid\"]" | sort -u) == 77'
  expect '$(stderr_lines) == 1 && $stderr == *"live.dump: can'"'"'t be read: No such file or directory"*'
}

@test "without tags: arenas, and what is missing, by commands that there are" {
  sed 's/tags=2//; /^account/d; /^site/d' "$HERE/small.txt" | dump off.dump
  arenashim top --once off.dump
  expect_ok
  expect '$output == *"live (small objects) 3100 bytes"*"call sites are not recorded: start the program with ARENASHIM_TAG=stack:8"*'
  expect '$output == *"  0 demo (threads: 3)"* && $output != *"waste 6"*'
}

@test "wrong words are told in one line" {
  arenashim top
  error 'name a PID or FILE: `arenashim ps` lists'
  arenashim top live.dump live.dump
  error 'one PID or FILE at a time'
  mkdir set
  arenashim top set
  error 'set: top shows one process: name its PID or FILE'
  arenashim top --once --json live.dump
  error '--once or --json: one of them'
  for word in 0 0.05 3601 x 1s ''; do
    arenashim top --interval="$word" live.dump
    error '--interval=.*: give seconds, from 0.1 to 3600'
  done
  arenashim top --sort peak live.dump
  error '--sort=peak: use one of live, growth, rate, waste'
  arenashim top -n -1 live.dump
  error '-n -1: give a number of rows, 0 for all'
  arenashim top --once nothing.dump
  error 'nothing.dump: can.t be read: No such file'
  arenashim top live.dump
  error 'top: input and output are no terminal: use --once or --json'
  run --separate-stderr sh -c '"$1" top --once live.dump >/dev/full' sh "$TOOL"
  says 'arenashim: top: the screen could not be written: check where its output goes'
  environment=(TERM=nowhere)
  screen 120 10 live.dump
  sees 'top: TERM=nowhere: no terminal of that name is known here: set TERM, or use --once'
  sees 'ended: 2'
}

@test "the screen: its rows, then the rates of the next reading; q quits and leaves nothing" {
  LEAKS=1 screen 100 12 live.dump
  sees '   2.05 KiB          -          -          3      508 B  libgone.so+0x300 < [level 3]'
  sees 'demo  pid 77  tags stack:8  snapshot on signal USR1, 1.0 s after the start'
  sees '       LIVE growth/min   allocs/s    objects      waste  call path, innermost first'
  sees 'q quit  h help'
  later 2
  sees 'allocs/s 500  growth/min +29.3 KiB (over 1 s)'
  sees '   2.54 KiB  +29.3 KiB          0          3      508 B  libgone.so+0x300 < [level 3]'
  sees '      300 B        0 B        500          5   5.96 KiB  demo+0x401010 < demo+0x402020'
  quits
  refute has KiB
}

# first TEXT: the first row ends so.
first() { [[ $(shown | grep -A1 -iE '^ +live growth/min' | tail -1) == *"  $1" ]]; }

@test "keys sort, choose what rows are, and filter" {
  LEAKS=1 screen 100 12 live.dump
  sees LIVE
  later 2
  sees 'allocs/s 500'
  press r
  sees ALLOCS/S
  within 5 first 'demo+0x401010 < demo+0x402020'
  press g
  sees GROWTH/MIN
  within 5 first 'libgone.so+0x300 < [level 3]'
  press w
  sees WASTE
  within 5 first 'demo+0x401010 < demo+0x402020'
  press a
  sees 'region parser'
  press c
  sees 'cells of 64 B'
  press s l
  sees '(the tables were full)'
  press / LEVEL
  sees 'filter: LEVEL_'
  lacks '(the tables were full)'
  sees 'libgone.so+0x300'
  press BSpace BSpace BSpace BSpace BSpace é
  sees 'nothing has this text'
  press Escape
  sees '(the tables were full)'
  press /demo Enter
  sees '"demo" in: call path'
  lacks libgone
  quits
}

@test "enter shows a path, h the keys; up and down select" {
  LEAKS=1 screen 60 14 live.dump
  sees '(the tables were full)'
  press Down Enter
  sees 'objects 1  waste 140 B'
  press Up Enter Up Up Enter
  within 5 lines_have $'\nlibgone.so+0x300\n[level 3]\n'
  press Enter h
  sees 'freeze what is shown'
  press Escape
  sees LIVE
  quits
}

lines_have() { [[ $(shown) == *"$1"* ]]; } # several lines

@test "space freezes, and goes on" {
  screen 100 12 --interval 0.2 live.dump
  sees LIVE
  press Space
  sees FROZEN
  later 2
  sleep 0.6
  has '1.0 s after'
  press Space
  sees '2.0 s after'
  lacks FROZEN
  quits
}

@test "any window: 40 x 10, small ones, and back" {
  screen 100 30 live.dump
  sees LIVE
  tmux_do resize-window -x 40 -y 10
  sees 'libgo'
  within 5 lines_are 40 10 # what tmux shows can't be wider: that nothing runs over is seen by the last line
  [[ $(shown | tail -1) == 'q quit  h help'*... ]]
  [[ $(shown | sed -n 1p) == 'demo  pid 77  tags stack:8' ]]
  has '   2.05 KiB          -  libgo'
  for size in '20 4' '9 3' '5 2' '2 1' '1 1'; do
    # shellcheck disable=SC2086 # two words
    tmux_do resize-window -x ${size% *} -y ${size#* }
    sleep 0.2
    press Down End h h Enter Enter
  done
  tmux_do resize-window -x 100 -y 30
  sees 'libgone.so+0x300 < [level 3]'
  quits
}
lines_are() { [[ $(tmux_do display-message -p '#{pane_width} #{pane_height}') == "$1 $2" ]]; }

@test "the target goes: its last state stays until q" {
  screen 100 12 --interval 0.2 live.dump
  sees LIVE
  rm live.dump
  sees "live.dump: can't be read: No such file or directory"
  press Down
  sees 'nothing new will come: snapshot on signal USR1, 1.0 s after the start; q quits'
  press Down
  sees 'q quit  h help'
  has 'libgone.so+0x300 < [level 3]'
  quits
}

@test "the end of its process: what it held then, how it ended" {
  screen 100 12 --interval 0.2 live.dump
  sees LIVE
  sed 's/^process/& start_ns=5 lived_ns=9000000000/; s/live_bytes=2000/live_bytes=9000/' "$HERE/small.txt" | dump new.dump
  mv new.dump live.dump
  sees 'nothing new will come: at exit; q quits'
  sees '8.89 KiB'
  press x
  sees 'q quit  h help'
  quits
}

@test "colours by share, none under NO_COLOR" {
  screen 100 12 live.dump
  sees LIVE
  tmux_do capture-pane -pe | grep -F libgone | grep -q $'\x1b\[1m.*\x1b\[31m\|\x1b\[1;31m'
  tmux_do kill-server
  within 5 refute tmux_do list-sessions
  environment=(NO_COLOR=1)
  screen 100 12 live.dump
  sees LIVE
  refute grep -q $'\x1b\[[0-9;]*3[0-7]' <(tmux_do capture-pane -pe)
  quits
}

# top's process, and whether it has ended.
process() { pgrep -P "$(tmux_do list-panes -F '#{pane_pid}')" -f 'top .*live.dump'; }
gone() { refute kill -0 "$1" 2>/dev/null; }

@test "the terminal goes: it ends by itself, quietly" {
  local pid signal
  export ASAN_OPTIONS=detect_leaks=0
  screen 100 12 --interval 3600 live.dump
  sees LIVE
  pid=$(process)
  tmux_do kill-server
  within 5 gone "$pid"
  for signal in HUP TERM INT; do
    tmux_do kill-server 2>/dev/null || true
    within 5 refute tmux_do list-sessions
    screen 100 12 --interval 3600 live.dump
    sees LIVE
    kill -"$signal" "$(process)"
    sees 'ended: 0'
    refute has KiB
  done
  # without a signal
  /usr/bin/python3 "$HERE/top_hangup.py" "$TOOL" top --interval 3600 live.dump
}

@test "bytes of others are shown, not obeyed" {
  sed 's/^process/& reason=1/; s/program=demo/program="de\x1b]2;x\x07mo"/; s/level 3/\x1b[31mred\xff/; s/name=worker/name="\xe2\x80\xaex"/' "$HERE/small.txt" | dump live.dump
  screen 100 12 live.dump
  sees 'de\x1b]2;x\x07mo'
  sees '[\x1b[31mred\xff]'
  press a
  sees '\u202ex (threads: 1)'
  quits
}

@test "a terminal without UTF-8 gets what it can show" {
  sed 's/^process/& reason=1/; s/level 3/w\xc3\xb6rd \xe4\xb8\xad end/' "$HERE/small.txt" | dump live.dump
  screen 100 12 live.dump
  sees '[wörd 中 end]'
  quits
  tmux_do kill-server
  within 5 refute tmux_do list-sessions
  environment=(LC_ALL=C)
  screen 100 12 live.dump
  sees '[w?rd ? end]'
  quits
}

# grower: starts a program that keeps ten objects of 5000 bytes every 50 ms; sets $pid. It writes how many a second.
grower() {
  env PYTHONMALLOC=malloc LD_PRELOAD="$SHIM" "$@" /usr/bin/python3 -c '
import time
kept, start = [], time.monotonic()
while True:
    kept += [bytearray(4999) for i in range(10)]
    time.sleep(0.05)
    open("rate", "w").write(str(len(kept) / (time.monotonic() - start)))' 3>&- &
  pid=$!
  within 10 test -s rate
}

@test "a process that runs: its rates are those that it has, its names those of its functions" {
  grower ARENASHIM_TAG=stack:8
  run --separate-stderr timeout 6 "$TOOL" top --json -n 1 --interval 0.5 --sort growth "$pid"
  expect '$status == 124'
  [[ $(value '["state"]' | sort -u) == running && $(value '["pid"]' | sort -u) == "$pid" ]]
  /usr/bin/python3 - "$(cat rate)" 3<<<"$output" <<'END'
import json, os, sys
lines = [json.loads(line) for line in os.fdopen(3)]
first, last, rate = lines[1], lines[-1], float(sys.argv[1])
assert len(lines) > 4 and lines[0]["allocs_per_second"] is None
row, then = last["rows"][0], next(r for r in first["rows"])
assert any("PyByteArray" in frame for frame in row["path"]), row
assert row["path"] == then["path"] and row["live_bytes"] == row["live_objects"] * 5000
seconds = last["lived_seconds"] - first["lived_seconds"]
assert abs((row["allocs"] - then["allocs"]) / seconds / rate - 1) < 0.3, (row, then, seconds, rate)
assert abs(row["growth_bytes_per_minute"] / (rate * 5000 * 60) - 1) < 0.3, (row, rate)
END
  screen 100 12 --interval 0.2 "$pid"
  sees 'running for'
  within 10 growth_seen
  kill -KILL "$pid"
  sees ': this was its last state; q quits'
  has PyByteArray
  quits
}
growth_seen() { [[ $(shown | sed -n 6p) =~ 'MiB '.*'+'.*' MiB '.*PyByteArray ]]; }

@test "a record of a process that was killed: what it held then" {
  grower ARENASHIM_TAG=stack:8 ARENASHIM_RECORD="$PWD/x.record"
  kill -KILL "$pid"
  wait "$pid" || true
  arenashim top --once x.record
  expect '$status == 0 && ${lines[0]} == "python3  "*"  tags stack:8  killed after "* && $output == *PyByteArray*'
  arenashim top --json x.record
  expect '$status == 0 && $(value "[\"state\"]") == killed'
}

@test "a process without tags: arenas, and what is missing; its call sites once it is attached to" {
  grower ARENASHIM_TAG=off
  arenashim top --once "$pid"
  expect '$status == 0 && $output == *"call sites are not recorded: \`arenashim attach $pid\` samples them from now on"*"  0 (threads: 1)"*'
  expect '${lines[0]} == "python3  pid $pid  tags off  running for "*'
  screen 100 12 --interval 0.2 "$pid"
  sees "arenashim attach $pid"
  "$TOOL" attach "$pid"
  sees PyByteArray # without a key
  press a
  lacks PyByteArray
  sleep 0.6 # some readings
  refute has PyByteArray
  press s
  sees PyByteArray
  kill -KILL "$pid"
  quits
  arenashim top --once "$pid"
  error "process $pid"
}

@test "a damaged dump is said on the last line, and what is whole is shown" {
  head -c $(($(stat -c %s live.dump) - 300)) live.dump >cut.dump
  screen 120 12 --interval 0.2 cut.dump
  sees 'live 3.03 KiB'
  quits
}
