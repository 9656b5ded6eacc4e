# `arenashim run`: what it records, shows and passes on, with the command as it would be installed.
load command

setup_file() { installed bin lib; }
setup() {
  TOOL=$BATS_FILE_TMPDIR/bin/arenashim
  PROGRAM=$TOOLS/run_child
  unset "${!ARENASHIM_@}" LD_PRELOAD
  mkdir work && cd work || return # bats keeps files of its own beside it
}

# line N: of stderr; the report's empty first line does not count.
line() { sed -n "$1p" <<<"$stderr"; }

# the_dump [PROGRAM [PROCESS]]: the one dump in the one default directory here, of a process of that name.
the_dump() {
  local all=(arenashim."${1:-run_child}".*) dumps
  dumps=("$all"/"${2:-${1:-run_child}}".*.dump)
  ((${#all[@]} == 1 && ${#dumps[@]} == 1)) && [[ -f $dumps ]] && echo "$dumps"
}

# tty ROWS COLS [EXPECT TYPE]... -- COMMAND...: $coloured as it is written, $output without colours.
tty() {
  run --separate-stderr timeout -k 5 60 env TERM="${TERM:-xterm}" python3 "$HERE/run_tty.py" "$@"
  coloured=$output
  output=$(sed 's/\x1b\[[0-9;]*m//g' <<<"$output")
}

# background ARG...: `run` of the command goes on as $launcher, its program is $child; see `end`.
# Without job control a shell lets what it starts in the background ignore INT and QUIT.
background() {
  rm -f out
  env --default-signal=INT,QUIT "$TOOL" run "$@" >out 2>err 3>&- &
  launcher=$!
  within 60 grep -qs -- '^ready' out
  child=$(sed -n 's/^ready //p' out)
}
end() {
  status=0
  wait "$launcher" || status=$?
  output=$(<out) stderr=$(<err)
}

@test "a planted leak and a planted waste stand in the first lines, each by its function and line" {
  arenashim run "$TOOLS/planted"
  expect '$status == 0 && -z $output'
  expect '$(line 1) =~ ^planted,\ pid\ [0-9]+:\ exit\ status\ 0\ after\ [0-9.]+\ s$'
  expect '$(line 2) =~ ^80\.[0-9]k\ allocations\ of\ 22\.[0-9]\ MiB\ in\ all\;\ at\ most\ 17\.[0-9]\ MiB\ held'
  expect '$(line 3) =~ ^resident\ 1[0-9]\.[0-9]\ MiB:\ [45][0-9]%\ fragmentation,'
  expect '$(line 5) == "not freed at the end: 9."*" MiB in 10."?"k objects, of these"'
  expect '$(line 6) =~ ^\ +9\.[0-9]+\ MiB\ +9[0-9]\.[0-9]%\ +Journal::remember\ planted\.cc:14\ \<\ main$'
  wasted=$(grep -A1 '^wasted at the end: ' <<<"$stderr" | tail -n 1)
  expect '$wasted =~ ^\ +7\.[0-9]+\ MiB\ +9[0-9]\.[0-9]%\ +Cache::keep_one_in_fifty\ planted\.cc:29\ \[Entry\]\ \<\ main$'
  expect '$(grep -A3 "^most allocations; 37\.[0-9]% of all" <<<"$stderr") == *count_words*'
}

@test "a call site has a name, though _start alone is the program's own on its path" {
  { # the 32 places of the table that libc has for them don't do; the last call's frame is gone
    echo 'extern int __cxa_atexit(void (*)(void *), void *, void *); static void bye(void *p) { (void)p; }'
    for n in {1..40}; do echo "__attribute__((constructor)) static int c$n(void) { return __cxa_atexit(bye, 0, 0); }"; done
    echo 'int main(void) { return 0; }'
  } >atexit.c
  gcc -O2 -w -o atexit atexit.c
  arenashim run -o d ./atexit
  expect '$status == 0 && $stderr == *%*"  __new_exitfn"*'
  ! grep -E '%  +$' <<<"$stderr"
  arenashim report d -n 0
  expect '$output == *"__new_exitfn"*" < _start"*' # else the program doesn't do what it is for
}

@test "what a library allocates is told by the line of the program that called it" {
  arenashim run "$PROGRAM" open 200
  where=$(grep -n 'the C library allocates' "$HERE/run_child.cc")
  expect '$status == 0 && $stderr == *" open_files run_child.cc:${where%%:*} < main"*'
}

@test "plain output has 80 columns and 23 lines; next are commands with the dump's name" {
  arenashim run "$TOOLS/planted"
  ! grep -v "^......$TOOL" <<<"$stderr" | grep -E '^.{81}'
  (($(wc -l <<<"$stderr") <= 23))
  dump=$(the_dump planted)
  expect '$(tail -n 4 <<<"$stderr") == $(printf "\nnext: $TOOL leaks $dump\n      $TOOL waste $dump\n      $TOOL html $dump")'
  eval "$(sed -n 's/^next: //p' <<<"$stderr")" | grep remember
  run --separate-stderr env PATH="${TOOL%/*}:$PATH" arenashim run -o d "$TOOLS/planted"
  expect '$(tail -n 4 <<<"$stderr") == $(printf "\nnext: arenashim leaks d\n      arenashim waste d\n      arenashim html d")'
  arenashim report "$dump"
  expect '$status == 0 && $output == *remember*'
}

@test "on a terminal the report fits it" {
  for columns in 60 80 132; do
    tty 24 $columns -- "$TOOL" run "$TOOLS/planted"
    expect '$status == 0 && $output == *Journal::remember*Cache::keep_one_in_fifty*"next: "*'
    ! grep -v "^......$TOOL" <<<"$output" | grep -E "^.{$((columns + 1))}"
    (($(wc -l <<<"$output") <= 23))
  done
  tty 24 80 -- "$TOOL" run bash -c : # long names
  [[ $(grep -c '^.\{77\}\.\.\.$' <<<"$output") -gt 1 ]]
  ! grep -v "^......$TOOL" <<<"$output" | grep -E '^.{81}'
}

@test "on a terminal the report is coloured, unless NO_COLOR is set or the terminal is dumb" {
  local hot=$'\033[1;31m' title=$'\033[1m' end=$'\033[m'
  tty 24 80 -- "$TOOL" run -o d "$TOOLS/planted"
  [[ $coloured == *"${title}not freed at the end: "*"$end"$'\n'"$hot 9."*"Journal::remember planted.cc:14 < main$end"$'\n'* ]]
  [[ $coloured == *$'\n  156 KiB    1.5%  Cache::'* && $coloured == *$'\n'"next: "* ]]
  NO_COLOR=1 tty 24 80 -- "$TOOL" run -o d "$TOOLS/planted"
  [[ $coloured == *Journal* && $coloured != *$'\033'* ]]
  TERM=dumb tty 24 80 -- "$TOOL" run -o d "$TOOLS/planted"
  [[ $coloured == *Journal* && $coloured != *$'\033'* ]]
  arenashim run -o d "$TOOLS/planted"
  [[ $stderr == *Journal* && $stderr != *$'\033'* ]]
}

@test "the program's streams are its own; the report goes to stderr, after all that the program says" {
  run --separate-stderr sh -c 'printf abc | "$1" run cat' sh "$TOOL"
  expect '$status == 0 && $output == abc && $stderr == *"cat, pid "*'
  run --separate-stderr sh -c '"$1" run sh -c "echo out; echo err >&2; exec ls nowhere"' sh "$TOOL"
  expect '$status == 2 && $output == out && $(line 1) == err && $stderr == *nowhere*"ls, pid "*" (started as sh): exit status 2 after "*'
}

@test "-o names the program's dump, and replaces an old one; its children's stand beside it" {
  arenashim run -o it.dump "$PROGRAM" exit 7
  expect '$status == 7 && $stderr == *"exit status 7"*"arenashim html it.dump"'
  first=$(<it.dump tr -d '\0' | md5sum)
  arenashim run --output=it.dump "$TOOLS/planted"
  [[ $(ls) == it.dump && $(<it.dump tr -d '\0' | md5sum) != "$first" ]]
  arenashim run -o it.dump sh -c 'ls >list; exec ls'
  expect '$stderr == *$'"'\n'"'"2 dumps: it.dump and 1 beside it, NAME.PID.dump"*'
  [[ $(ls) =~ ^it\.dump$'\n'list$'\n'ls\.[0-9]+\.dump$ ]]
  arenashim run -o it.dump sh -c 'ls >list; exec ls'
  expect '$stderr == *$'"'\n'"'"2 dumps: it.dump and 1 beside it, NAME.PID.dump"*' # not those of the run before
  [[ $(ls | wc -l) == 4 ]]
}

@test "names of dumps that a shell would not read as they stand are quoted" {
  arenashim run -o "it's 100% %e" "$PROGRAM"
  expect '$status == 0 && $stderr == *"arenashim html '"'it'\\\\''s 100% %e'"'"'
  [[ $(ls) == "it's 100% %e" ]]
  arenashim run -o -x "$PROGRAM"
  expect '$stderr == *"arenashim html ./'"'-x'"'"'
}

@test "the exit status is the program's; arguments that look like options are, too" {
  for code in 0 1 2 126 255; do
    arenashim run "$PROGRAM" exit $code
    expect '$status == $code && $stderr == *"exit status $code after"*'
  done
  arenashim run -- echo -o x --tag=off --help -- y
  expect '$status == 0 && $output == "-o x --tag=off --help -- y"'
}

@test "a program that a signal ends: the report first, then the same end; TERM leaves a dump" {
  arenashim run "$PROGRAM" kill 15
  expect '$status == 143 && $stderr == *": signal 15 (TERM) after"*" KiB"*"next: "*'
  for signal in 15 9 2; do
    run python3 -c 'import subprocess, sys; print(subprocess.run(sys.argv[1:]).returncode)' "$TOOL" run "$PROGRAM" kill $signal
    expect '${lines[0]} == -$signal || ${lines[-1]} == -$signal'
  done
}

@test "no dump: what is known of it, and what makes one" {
  export ARENASHIM_RECORD=0 # run_ends.bats has what records say
  arenashim run "$PROGRAM" drop 5
  expect '$status == 5 && $stderr == "arenashim: run_child (pid "*", exit status 5) left no dump (looked in arenashim.run_child."*" and /tmp, not below other roots); if no line above says why, ARENASHIM_VERBOSE=1 shows which processes start with the shim"'
  arenashim run "$PROGRAM" kill 9
  expect '$status == 137 && $stderr == "arenashim: run_child (pid "*", signal 9 (KILL)) left no dump: the signal ended it before one was written; kill -63 makes one while it runs, ARENASHIM_DUMP_AT=90% before memory runs out"'
  ARENASHIM_SIGNAL=TERM arenashim run "$PROGRAM" kill 2
  expect '$status == 130 && $stderr == "arenashim: run_child (pid "*", signal 2 (INT)) left no dump: the signal ended it before one was written; \`ARENASHIM_SIGNAL=TERM,INT arenashim run ...\` makes one first"'
  [[ -z $(ls) ]]
  ARENASHIM_SIGNAL= arenashim run "$PROGRAM" kill 2
  expect '$stderr == *"; \`ARENASHIM_SIGNAL=INT arenashim run ...\` makes one first"'
  ARENASHIM_SIGNAL=SIGUSR2,10,TERM arenashim run "$PROGRAM" kill 2
  expect '$stderr == *"; \`ARENASHIM_SIGNAL=SIGUSR2,10,TERM,INT arenashim run ...\` makes one first"'
}

@test "TERM, INT and HUP leave a dump, and a program that handles one itself still does" {
  for signal in 1 2 15; do
    arenashim run -o d "$PROGRAM" kill $signal
    expect '$status == $((128 + signal)) && $stderr == *": signal $signal ("*"next: "*'
  done
  tty 24 80 ready '^C' -- "$TOOL" run -o d "$PROGRAM" wait
  expect '$status == 130 && $output == *"signal 2 (INT)"*"next: $TOOL leaks d"*'
  tty 24 80 ready '^C' 'came 1' '^\' -- "$TOOL" run -o d "$PROGRAM" count 2
  expect '$status == 0 && $output == *"exit status 0"*'
}

@test "Python sees the keyboard's interrupt" {
  tty 24 80 ready '^C' -- "$TOOL" run -o d /usr/bin/python3 -c 'import time
try: print("ready", flush=True); time.sleep(50)
except KeyboardInterrupt: print("interrupted")'
  expect '$status == 0 && $output == *interrupted*"exit status 0"*"next: "*'
}

@test "signals sent to the command reach the program, once" {
  for signal in HUP INT USR1 USR2 ALRM WINCH; do
    background -o dump "$PROGRAM" count "$(kill -l $signal)"
    kill -$signal "$launcher"
    within 60 grep -qs -- '^came 1$' out
    kill -TERM "$launcher"
    end
    expect '$status == 0 && $output == "ready $child"$'"'\n'"'"came 1" && $stderr == *"exit status 0"*'
  done
}

@test "TERM and HUP sent to the command end a program that does not handle them, and then the command" {
  background "$PROGRAM" wait
  kill -TERM "$launcher"
  end
  expect '$status == 143 && $stderr == *"signal 15 (TERM)"*"next: "*'
  background "$PROGRAM" wait
  kill -HUP "$launcher"
  end
  expect '$status == 129 && $stderr == *"signal 1 (HUP)"*"next: "*'
  [[ $(echo "arenashim.run_child.$launcher"/*) == */"run_child.$child.dump" ]] # the one asked for is gone
}

@test "what the command was started to ignore stays ignored" {
  trap '' HUP
  background "$PROGRAM" wait
  trap - HUP
  kill -HUP "$launcher" "$child"
  kill -TERM "$launcher"
  end
  expect '$status == 143 && $stderr == *"signal 15 (TERM)"*'
}

@test "the terminal's interrupt reaches the program once, and the command outlives it" {
  tty 24 80 ready '^C' 'came 1' '^C' 'came 2' '^C' 'came 3' '^\' -- "$TOOL" run "$PROGRAM" count 2
  expect '$status == 0 && $output != *"came 4"* && $output == *"exit status 0"*"next: "*'
  tty 24 80 ready '^C' -- "$TOOL" run "$PROGRAM" wait
  expect '$status == 130 && $output == *"signal 2 (INT)"*'
}

@test "job control: stopped by the keyboard, continued by fg" {
  tty 24 160 '# ' "PS1='# '; '$TOOL' run '$PROGRAM' count 2" ready '^Z' Stopped fg fg '' 'continued 1' '^C' 'came 1' '^\' \
    next: 'echo st''atus=$?' 'status=' exit -- bash --norc -i
  expect '$status == 0 && $output == *"status=0"*'
}

@test "children: a dump each in one directory, a table of all, then the summary of the one that held most" {
  arenashim run sh -c 'ls | sort >list; kill -9 $$'
  expect '$status == 137 && $stderr != *"left no dump"*'
  table=$(grep -A5 '^process ' <<<"$stderr")
  [[ $table =~ ^'process               pid  ended             peak       live  dump'$'\n'sort\ +([0-9]+)\ \ exited\ +[0-9.]+\ [KM]iB\ +[0-9.]+\ [KM]?i?B\ \ sort\.([0-9]+)\.dump$'\n'ls\ +([0-9]+)\ \ exited\ +[0-9.]+\ [KM]iB\ +[0-9.]+\ [KM]?i?B\ \ ls\.([0-9]+)\.dump$'\n'sh\ +[0-9]+\ \ signal\ KILL\ +[0-9.]+\ [KM]iB\ +[0-9.]+\ [KM]iB\ \ sh\.[0-9]+\.dump$'\n''3 dumps: arenashim.sh.'[0-9]+'/NAME.PID.dump (ARENASHIM_CHILDREN=off: one)'$ ]]
  [[ ${BASH_REMATCH[1]} == "${BASH_REMATCH[2]}" && ${BASH_REMATCH[3]} == "${BASH_REMATCH[4]}" ]]
  sort=$(echo arenashim.sh.*/sort.*.dump)
  expect '$stderr == *$'"'\n\n'"'"sort, pid ${BASH_REMATCH[1]}, started by sh: it held most"*"next: $TOOL leaks $sort"*'
  for file in arenashim.sh.*/{ls,sort}.*.dump; do
    arenashim report "$file"
    expect '$status == 0 && -z $stderr'
  done
  rm -r arenashim.*
  export ARENASHIM_CHILDREN=off
  arenashim run bash -c 'ls | sort >list; :'
  expect '$stderr == *"bash, pid "* && $stderr != *dumps:*'
  the_dump bash
}

@test "the largest first; of many as many as fit, and how many more there are" {
  arenashim run -o d bash -c 'for i in {1..23}; do ls >list; done; printf -v all "%9000000s"'
  table=$(sed -n '/^process /,/dumps: /p' <<<"$stderr")
  [[ $(sed -n 2p <<<"$table") =~ ^bash\ +[0-9]+\ \ status\ 0\ +[0-9.]+\ MiB\ .*\ d$ ]]
  [[ $(wc -l <<<"$table") == 13 && $(sed -n '12,13p' <<<"$table") == "and 14 more"$'\n'"24 dumps: d and 23 beside it, NAME.PID.dump "* ]]
  expect '$stderr == *$'"'\n\n'"'"bash, pid "*": exit status 0 after "*"next: $TOOL leaks d"*'
  for columns in 60 132; do
    tty 24 $columns -- "$TOOL" run -o d bash -c 'for i in {1..3}; do ls >list; done; sleep 3 & :'
    ! grep -v "^......$TOOL" <<<"$output" | grep -E "^.{$((columns + 1))}"
  done
  for rows in 24 40; do # three at the least; else the screen is full
    tty $rows 80 -- "$TOOL" run -o d bash -c 'for i in {1..23}; do ls >list; done'
    [[ $(sed -n '/^process /,/dumps: /p' <<<"$output" | wc -l) == $((rows == 24 ? 6 : rows - 25)) ]]
    ! grep -v "^......$TOOL" <<<"$output" | grep -E '^.{81}'
  done
}

@test "-o DIRECTORY/ has all dumps, and is made; names that are there already stay" {
  for round in 1 2; do
    arenashim run -o all/ bash -c 'ls >/dev/null; :'
    expect '$status == 0 && $stderr == *$'"'\n'"'"2 dumps: all/NAME.PID.dump"*"next: $TOOL leaks all/bash."*'
    [[ $(ls all | wc -l) == $((2 * round)) && $(ls all) =~ ^bash ]]
  done
  echo mine >mine
  arenashim run -o all sh -c 'cp mine all/cat.$$.dump; exec cat mine'
  expect '$output == mine && $stderr == *"next: $TOOL leaks all/cat."*"-2.dump"*'
  [[ $(cat all/cat.*[0-9].dump) == *mine* && $(ls all | wc -l) == 7 ]] # cp and cat; mine
}

@test "runs in one directory at one time keep apart, with and without -o" {
  for i in 1 2 3 4; do
    "$TOOL" run -o "d$i" bash -c 'ls >/dev/null; sleep 0.5; ls >/dev/null; :' 2>"e$i" 3>&- &
  done
  wait
  for i in 1 2 3 4; do
    grep "^4 dumps: d$i and 3 beside it" "e$i"
    [[ -f d$i ]]
  done
  [[ $(ls | grep -c '^[ls]*[a-z]*\.[0-9]*\.dump$') == 12 && -z $(ls -d arenashim.* 2>&-) ]]
}

@test "the program's last dump is reported; earlier ones are listed" {
  export ARENASHIM_SIGNAL=USR1
  background -o d "$PROGRAM" count 2
  kill -USR1 "$child"
  for _ in {1..6000}; do ! compgen -G "arenashim.*/run_child.$child.dump" || break; read -rt 0.01 <> <(:) || true; done
  kill -TERM "$launcher"
  end
  expect '$status == 0 && $stderr =~ $'"'\n'"'run_child\ +$child\ \ status\ 0\ .*\ d$'"'\n'"'run_child\ +$child\ \ snapshot\ .*\ \ run_child\.$child\.dump$'"'\n'"'2\ dumps:'
  expect '$stderr != *CHILDREN=off*' # they are of one process
  arenashim report d
  expect '$output == "run_child, pid $child, at exit, "*'
}

@test "processes that outlive the program are named, not hindered, and leave their dumps where it is said" {
  mkfifo go
  arenashim run -o d bash -c '(read -r <go; exec ls) >late 2>err 3>&- & :'
  expect '$status == 0 && $stderr == *"still running: bash (pid "*")"$'"'\n'"'"  their dumps come when they end: arenashim.bash."*"/NAME.PID.dump"*'
  where=$(echo arenashim.bash.*)
  echo >go
  for _ in {1..6000}; do compgen -G "$where/ls.*.dump" && break; read -rt 0.01 <> <(:) || true; done
  arenashim report "$where"/ls.*.dump
  expect '$status == 0'
  [[ ! -s err ]]
  arenashim run -o d bash -c 'exec 3>&-; setsid sleep 2 >/dev/null 2>&1 & :'
  expect '$stderr == *"still running: sleep (pid "*'
}

@test "how orphans end is known: the command is their parent when their own has ended" {
  arenashim run bash -c '(bash -c "echo \$\$ >pid; until [[ -e gone ]]; do :; done; exit 7" &) ; until [[ -s pid ]]; do :; done; >gone; while [[ -e /proc/$(<pid) && $(</proc/$(<pid)/stat) != *\)\ Z* ]]; do :; done'
  expect '$stderr =~ $'"'\n'"'bash\ +$(<pid)\ \ status\ 7\ '
}

@test "the dump stands where the command was started, wherever the program goes" {
  arenashim run sh -c 'cd /; exec ls >/dev/null'
  expect '$status == 0'
  the_dump sh ls
}

@test "LD_PRELOAD and ARENASHIM_ variables of the user reach the program" {
  other=$(ldconfig -p | awk '$1 == "libm.so.6" { print $NF; exit }')
  export ASAN_OPTIONS=verify_asan_link_order=0 LD_PRELOAD=$other ARENASHIM_VERBOSE=0 ARENASHIM_TAG=stack:3
  arenashim run sh -c 'echo "$LD_PRELOAD $ARENASHIM_VERBOSE $ARENASHIM_TAG $ARENASHIM_SIGNAL"'
  expect '$output == */"libarenashim.so:$other 0 stack:3 TERM,INT,HUP,63"'
  LD_PRELOAD="/elsewhere/libarenashim.so $other:/there/libarenashim.so" arenashim run sh -c 'echo "$LD_PRELOAD"'
  expect '$output == "$BATS_FILE_TMPDIR/lib/libarenashim.so:$other"' # one shim is enough
  export ARENASHIM_SIGNAL=
  arenashim run --tag site sh -c 'echo "$ARENASHIM_TAG,$ARENASHIM_SIGNAL"'
  expect '$output == site,'
  arenashim run --tag verify:4 "$PROGRAM"
  arenashim report "$(the_dump)"
  expect '$output == *"tags     verify:4"*'
}

@test "estimates are marked" {
  export ARENASHIM_SAMPLE=64K
  arenashim run "$TOOLS/planted"
  expect '$status == 0 && $(line 2) == "~"*" allocations of ~"*" MiB in all; at most ~"*" MiB held"*'
  expect '$(line 7) == "not freed at the end: ~"*" MiB in ~"*" objects, of these"'
  expect '$(line 3) == "~: estimates, one allocation per 64.0 KiB was tagged" && $(line 8) =~ ^\ *~.*Journal::remember'
  expect '$(line 4) =~ ^\ \ \ the\ peak\ may\ be\ ~[0-9.]+\ [KM]iB\ too\ high,\ by\ their\ noise$'
  expect '$stderr == *"held at the peak: ~"*" MiB, of these"* && $stderr != *"wasted at the end"*'
  expect '$stderr == *$'"'\n'"'"waste is not known with samples: run without ARENASHIM_SAMPLE"$'"'\n'"'*'
  expect '$stderr == *$'"'\n'"'"most allocations"$'"'\n'"'*'
}

@test "the shim is looked for beside the command and where make install puts it" {
  mkdir -p beside usr/bin usr/lib alone
  for place in beside usr/bin alone; do cp "$TOOL" "$place"; done
  cp -L "$BATS_FILE_TMPDIR/lib/libarenashim.so" beside
  ln -s "$PWD/beside/libarenashim.so" usr/lib
  for place in beside usr/bin; do
    run --separate-stderr "$place/arenashim" run "$PROGRAM"
    expect '$status == 0 && $stderr == *"next: "*'
  done
  run --separate-stderr alone/arenashim run "$PROGRAM"
  error "^arenashim: libarenashim.so is neither in $PWD/alone nor in ../lib of it: install both with .make install.\$"
}


# fake DESCRIPTION: a program that leaves this dump as its own, and is killed.
fake() {
  export ARENASHIM_RECORD=0
  cat >fake <<END
#!/bin/bash
sed "s/^process pid=[0-9]*/process pid=\$\$/" "$1" | "$TOOLS/make_dump" "\${ARENASHIM_DUMP%/*}/bash.\$\$.dump"
kill -9 \$\$
END
  chmod +x fake
}

@test "the report of a dump whose figures are known, to the digit" {
  export ARENASHIM_CHILDREN=off
  fake "$HERE/small.txt"
  arenashim run -o d ./fake
  expect '$status == 137'
  diff <(sed -E 's/pid [0-9]+/pid N/; s/ [0-9.]+ s$/ T s/' <<<"${stderr//"$TOOL"/arenashim}") - <<'END'
demo, pid N (started as fake): signal 9 (KILL) after T s
1.06k allocations of 49.3 KiB in all; at most 9.67 KiB held at a time
not freed at the end: 3.03 KiB in 9 objects, of these
 2.05 KiB   67.7%  libgone.so+0x300 < [level 3]
    700 B   22.6%  (the tables were full)
    300 B    9.7%  demo+0x401010 < demo+0x402020
held at the peak: 5.86 KiB, of these
 5.86 KiB  100.0%  demo+0x401010 < demo+0x402020
wasted at the end: 6.59 KiB of rounding and half-empty slabs, by
 5.96 KiB   90.4%  demo+0x401010 < demo+0x402020
    508 B    7.5%  libgone.so+0x300 < [level 3]
    140 B    2.1%  (the tables were full)
most allocations; 47.9% of all were temporary, freed at once
    1.00k   93.9%  demo+0x401010 < demo+0x402020
       45    4.2%  libgone.so+0x300 < [level 3]
doubtful: 3 stacks cut short

next: arenashim leaks d
      arenashim waste d
      arenashim html d
END
}

@test "nothing alive at the end, several problems, a dump without call sites, a damaged one" {
  export ARENASHIM_CHILDREN=off
  printf '%s\n' 'process pid=1 tags=2 peak_bytes=9' 'health name=a flags=1 count=2' 'health name=b flags=1 count=1' \
    'site kind=4' 'account allocs=1 frees=1 bytes=9 at_peak_bytes=9 temporary=1' >text
  fake text
  arenashim run -o d ./fake
  expect '$(line 3) == "all of it was freed at the end" && $stderr == *"doubtful: 2 a, and 1 more: see the report"* && $stderr == *"; 100.0% of all were temporary"*'
  expect '$stderr != *wasted*'
  echo 'drop account' >>text
  arenashim run -o d ./fake
  expect '$status == 137 && $(line 1) == "arenashim: warning: d: its section \"accounts\" is missing"* && $(line 2) == "arenashim: d: its call sites are damaged or missing: copy or make the dump again"'
  echo 'version 9.0' >>text
  arenashim run -o d ./fake
  expect '$status == 137 && $(line 1) == "arenashim: arenashim.fake."*"/bash."*" version 9.0"* && $(line 2) == *"left no dump"*'
}
