// A program for the tests of `arenashim run`: allocates, then does what its first argument says.
//
//   exit N         ends with a status          drop N    the same after dropping LD_PRELOAD and an exec
//   open N         opens so many files and forgets them
//   kill NUMBER    ends itself                 wait      says "ready PID", then waits for a signal
//   count NUMBER   says "ready PID", then "came 1", "came 2"... for the signal, and "continued 1" for
//                  CONT, until TERM or QUIT
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <unistd.h>

static void *volatile kept;
static volatile sig_atomic_t came, continued, ended;

static void on_signal(int number) {
  if (number == SIGTERM || number == SIGQUIT)
    ended = 1;
  else if (number == SIGCONT)
    continued = continued + 1;
  else
    came = came + 1;
}

static void say(const char *word, int number) {
  std::printf("%s %d\n", word, number);
  std::fflush(stdout);
}

static int count(int number) {
  const int signals[] = {number, SIGTERM, SIGQUIT, SIGCONT};
  sigset_t ours, none;
  sigemptyset(&ours);
  sigemptyset(&none);
  for (int n : signals) {
    sigaddset(&ours, n);
    signal(n, on_signal);
  }
  sigprocmask(SIG_BLOCK, &ours, nullptr);
  say("ready", getpid());
  for (int told = 0; !ended;) {
    sigsuspend(&none);
    while (told < came)
      say("came", ++told);
    if (continued > 0)
      say("continued", 1);
    continued = 0;
  }
  return 0;
}

static int open_files(int files) {
  while (files-- > 0)
    if (std::fopen("/dev/null", "r") == nullptr) // the C library allocates
      return 1;
  return 0;
}

int main(int argc, char **argv) {
  const char *what = argc > 1 ? argv[1] : "exit";
  int number = argc > 2 ? std::atoi(argv[2]) : 0;
  kept = std::malloc(1000000);
  if (std::strcmp(what, "drop") == 0) {
    unsetenv("LD_PRELOAD");
    execl(argv[0], argv[0], "exit", argv[2], nullptr);
  }
  if (std::strcmp(what, "kill") == 0)
    kill(getpid(), number);
  if (std::strcmp(what, "open") == 0)
    return open_files(number);
  if (std::strcmp(what, "count") == 0)
    return count(number);
  if (std::strcmp(what, "wait") == 0) {
    say("ready", getpid());
    for (;;)
      pause();
  }
  return number;
}
