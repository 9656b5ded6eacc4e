# _exit and quick_exit: report and dump are written once, by the process that ends, wherever it calls them.
load ../../common

# ends DUMPS WAY [N]: so many dumps and reports, all whole and no other file; status 7.  In `sums` the numbers of
# one agree with each other: not where a thread runs on, or may have been interrupted.
ends() {
  local dumps=$1
  rm -f d.* r.* by_call.*
  run_shim ARENASHIM_DUMP="$PWD/d.%p" ARENASHIM_STATS="$PWD/r.%p" "$BIN/ends" "${@:2}"
  expect '$status == 7 && -z $stderr'
  ls
  (($(ls d.* | wc -l) == dumps && $(ls r.* | wc -l) == dumps))
  [[ -z $(find . -name '*.tmp.*') ]]
  for f in d.*; do "$TOOL" report "$f" | grep -q '^ *stack:8\|tags  *stack:8'; done
  for f in r.*; do grep -q 'sum of these lines' "$f"; done
}
sums() { dumps_agree d.*; }

@test "forked workers: one file each" {
  ends 9 worker 8
  sums
  for f in d.*; do [[ $(process_field "$f" reason) == exit ]]; done
}
@test "forked workers: the process id is appended to a name without it" {
  run_shim ARENASHIM_DUMP="$PWD/d" "$BIN/ends" worker 8
  expect '$status == 7 && -z $stderr'
  (($(ls d* | wc -l) == 9))
}
@test "the child of a vfork writes nothing, its parent does" {
  ends 1 vfork
  sums
  "$TOOL" report -n 0 d.* >out
  grep -q '3211.*parent_goes_on' out
}
@test "a child that was forked behind our back writes nothing in _exit, its parent does" { ends 1 raw && sums; }
@test "a child that was forked behind our back writes its own when it calls exit" { ends 2 raw_exit && sums; }
@test "children of system, posix_spawn and popen end as the programs that they are" {
  run_shim ARENASHIM_DUMP="$PWD/d.%p" "$BIN/ends" spawn
  expect '$status == 7 && -z $stderr'
  for f in d.*; do "$TOOL" export --format json "$f" | grep -o '"program": *"[^"]*"'; done | sort >programs
  [[ $(grep -c ends programs) == 1 ]]
}
@test "quick_exit: the program's own handlers come first" {
  ends 1 quick
  sums
  "$TOOL" report -n 0 d.* >out
  grep -q '3210.*quick_handler' out
}
@test "_exit in a handler of exit: once" { ends 1 atexit && sums; }
@test "exit in one thread, _exit in another: once" {
  for _ in {1..10}; do ends 1 both; done
}
@test "_exit in a handler that interrupted malloc or free: no hang, and a dump" {
  for us in 500 1000 2000 4000 7000 11000 16000 22000 29000 37000; do
    ends 1 handler $us
    ends 1 nodefer $us
  done
}
@test "_exit in a handler that interrupted the writing of a dump: no hang, no half file" {
  for us in 1000 2000 4000 7000 11000 16000 22000 29000 37000 50000; do
    rm -f d.* r.* by_call.*
    run_shim ARENASHIM_DUMP="$PWD/d.%p" ARENASHIM_STATS="$PWD/r.%p" "$BIN/ends" writer $us
    expect '$status == 7 && (-z $stderr || $stderr == *"Device or resource busy; the program goes on without it")'
    [[ -z $(find . -name '*.tmp.*') ]]
  done
}
@test "_exit in a handler of SIGSEGV on a stack of 8 KiB" { ends 1 segv; }
@test "_exit with all signals blocked" { ends 1 blocked; }

@test "a shell that ends by _exit, and so do its subshells" {
  run_shim ARENASHIM_DUMP="$PWD/d.%p" dash -c '(exit 3); echo $?; x=$(echo 4); echo $x; exit 5'
  expect '$status == 5 && $output == "3"$'"'\\n'"'"4" && -z $stderr'
  ls
  (($(ls d.* | wc -l) == 3))
  sums
}

@test "unasked, _exit makes no system call but its own" {
  command -v strace >/dev/null || skip "no strace"
  LD_PRELOAD= strace -o log env LD_PRELOAD="$SHIM" "$BIN/exit_paths" _exit || (($? == 7))
  [[ $(tail -2 log | head -1) != *getpid* && $(tail -2 log | head -1) == exit_group* ]]
}

@test "a signal that a program handles itself, or ignores, stays its own" {
  for signal in TERM INT HUP; do
    run_shim ARENASHIM_SIGNAL=TERM,INT,HUP ARENASHIM_DUMP="$PWD/$signal.%n" perl -e '$SIG{$ARGV[0]} = sub { print "mine" }; kill $ARGV[0] => $$; exit 3' $signal
    expect '$status == 3 && $output == mine && $(ls $signal.*) == $signal.1'
    run_shim ARENASHIM_SIGNAL=TERM,INT,HUP ARENASHIM_DUMP="$PWD/default.$signal.%n" perl -e 'kill $ARGV[0] => $$; sleep 9' $signal
    expect "\$status == $((128 + $(kill -l $signal)))"
    [[ -s default.$signal.1 ]]
    run --separate-stderr bash -c 'trap "" "$0"; LD_PRELOAD=$1 ARENASHIM_SIGNAL=TERM,INT,HUP ARENASHIM_DUMP="$PWD/ignored.%n" exec perl -e "kill q($0) => \$\$; exit 4"' $signal "$SHIM"
    expect '$status == 4'
    [[ $(ls ignored.*) == ignored.1 ]] && rm ignored.1
  done
}
