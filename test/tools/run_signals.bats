# `arenashim run` and the signals that end programs: a dump of each, and nothing that the program misses.
load common

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
