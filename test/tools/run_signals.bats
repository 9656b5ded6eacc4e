# `arenashim run` and the signals that end programs: a dump of each, and nothing that the program misses.
load command

setup_file() { installed bin bin; }
setup() {
  TOOL=$BATS_FILE_TMPDIR/bin/arenashim
  unset "${!ARENASHIM_@}" LD_PRELOAD
  mkdir work && cd work || return
}

# default_signals FLAG...: the endings that a program of these flags finds at their default action.
default_signals() {
  gcc -rdynamic "$@" -x c -o asks - <<'END' && "$TOOL" run -o d ./asks 2>err
#include <signal.h>
#include <stdio.h>
#ifdef DEFINES
void DEFINES(void) {}
#endif
int main(void) {
  static const int ask[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};
  static const char *const names[] = {"HUP", "INT", "QUIT", "TERM"};
  struct sigaction a;
  for (int i = 0; i < 4; i++)
    if (sigaction(ask[i], NULL, &a) == 0 && a.sa_handler == SIG_DFL)
      printf("%s ", names[i]);
}
END
}

@test "Python asks whether INT has its default action, Ruby asks for all that end it: they find it so" {
  [[ $(default_signals) == "QUIT " ]]
  [[ $(default_signals -DDEFINES=PyOS_setsig) == "INT QUIT " ]]
  [[ $(default_signals -DDEFINES=ruby_sysinit) == "HUP INT QUIT TERM " ]]
  export ARENASHIM_SIGNAL=QUIT,INT
  [[ $(default_signals) == "HUP TERM " && $(default_signals -DDEFINES=ruby_sysinit) == "HUP INT QUIT TERM " ]]
}

# handles FLAG...: a program with a handler of its own for HUP, INT and TERM; DIES ends itself by it, with all
# signals blocked, as node does, else main goes on when the handler has run.
handles() {
  gcc -O1 "$@" -x c -o handles - <<'END'
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
static volatile sig_atomic_t came;
static void on(int n) {
  came = n;
#ifdef DIES
  sigset_t all;
  signal(n, SIG_DFL);
  sigemptyset(&all);
  sigaddset(&all, n);
  raise(n);
  sigprocmask(SIG_UNBLOCK, &all, 0);
#endif
}
int main(void) {
  struct sigaction a = {.sa_handler = on};
  static const int ask[] = {SIGHUP, SIGINT, SIGTERM};
  sigfillset(&a.sa_mask);
  for (int i = 0; i < 3; i++)
    sigaction(ask[i], &a, 0);
  void *volatile kept = malloc(1000000);
  printf("ready %d\n", getpid());
  fflush(stdout);
  sleep(60);
  printf("%s\n", came ? "came" : "went on without it");
  return kept == 0 ? 9 : came;
}
END
}

# sent SIGNAL ARG...: `run -o d ARG...`, which gets the signal when it says "ready": $status, $output, $stderr.
sent() {
  local signal=$1
  shift
  rm -f out
  env --default-signal=INT "$TOOL" run -o d "$@" >out 2>err 3>&- &
  launcher=$!
  for _ in {1..6000}; do ! grep -qs ready out || break; read -rt 0.01 <> <(:) || true; done
  kill -"$signal" $launcher
  status=0
  wait $launcher || status=$?
  output=$(<out) stderr=$(<err)
}

@test "a program that handles the signal and then ends by it: a dump from before, and nothing else is different" {
  handles -DDIES
  for signal in 1 2 15; do
    sent $signal ./handles
    expect '$status == $((128 + signal)) && $stderr == *"handles, pid "*": signal $signal ("*"at most 9"[89]?" KiB held"*"next: $TOOL leaks d"*'
    [[ $(ls | grep -c dump) == 0 ]] # the one that was asked for is d
  done
}

@test "a program that handles the signal and goes on does nothing between the dump and the signal; its last dump counts" {
  handles
  for _ in {1..10}; do
    sent TERM ./handles
    expect '$status == 15 && $output == *came && $stderr == *": exit status 15"*"next: $TOOL leaks d"* && $stderr != *snapshot*'
    arenashim report d
    expect '$output == "handles, pid "*", at exit, "* && $(ls | grep -c dump) == 0'
  done
  sent TERM perl -e '$SIG{TERM} = sub { exit 3 }; $| = 1; print "ready\n"; sleep 60; exit 4'
  expect '$status == 3'
}

# The keyboard's signal reaches both processes at once, and Python may be gone before it is asked: on a loaded machine
# one time in twenty, and the command says so.
@test "the keyboard ends Python by an exception that nobody handles: a dump is there" {
  for _ in {1..5}; do
    run python3 "$HERE/run_tty.py" 24 80 ready '^C' -- "$TOOL" run -o d /usr/bin/python3 -c 'import time
print("ready", flush=True); time.sleep(50)'
    [[ $status == 130 && $output == *KeyboardInterrupt*"signal 2 (INT)"* ]]
    [[ $output == *'left no dump: the signal ended it before one was written'* ]] || break
  done
  [[ $output == *"next: $TOOL leaks d"* ]]
}

@test "a program that waits for signals itself is not asked" {
  gcc -x c -o waits - <<'END'
#include <signal.h>
#include <stdio.h>
int main(void) {
  sigset_t all;
  int n;
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, 0);
  puts("ready");
  fflush(stdout);
  sigwait(&all, &n); /* as tini and dumb-init do, which pass on what comes */
  printf("got %d\n", n);
  return 0;
}
END
  sent TERM ./waits
  expect '$status == 0 && $output == *"got 15" && $stderr == *": exit status 0"*"next: "*'
}
