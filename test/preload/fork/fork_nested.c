/* A signal handler forks while its thread is itself inside fork.
 * fork_nested leave|return|exit [ROUNDS = 1000]
 *   leave    the handler's child ends by _exit
 *   exit     it ends by exit: destructors run
 *   return   it returns into the interrupted fork and goes on from there
 * Each round forks a child that signals its parent, which is then about to return from fork. A hang
 * is a failure. */
#include "../check.h"
#include <stdbool.h>

enum { PATIENCE = 20, COUNT = 100, BYTES_MAX = 3000 };

static char form;
static volatile long nested;
static volatile bool is_descendant;

/* Small objects and large ones: both heaps serve in the child. */
static void use_heap(void) {
  char *made[COUNT];
  for (size_t i = 0; i < COUNT; i++) {
    made[i] = must(malloc(i * 37 % BYTES_MAX));
    stamp(made[i], i * 37 % BYTES_MAX, i);
  }
  for (size_t i = 0; i < COUNT; i++) {
    CHECK_STAMP(made[i], i * 37 % BYTES_MAX, i);
    free(made[i]);
  }
}

static void reap(pid_t pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0)
    if (errno != EINTR) {
      CHECK(errno == ECHILD && is_descendant, "waitpid expected the child, found errno %d", errno);
      return;
    }
  CHECK(status == 0, "a child expected to end with 0, found status %#x", (unsigned)status);
}

static void on_signal(int number) {
  (void)number;
  int saved = errno;
  pid_t pid = fork();
  CHECK(pid >= 0, "fork in a handler expected a pid, found errno %d", errno);
  if (pid == 0) {
    watchdog(PATIENCE);
    signal(SIGUSR1, SIG_IGN);
    is_descendant = true;
    if (form != 'r')
      use_heap();
    if (form == 'l')
      _exit(0);
    if (form == 'e')
      exit(0);
    errno = saved;
    return;
  }
  reap(pid);
  nested++;
  errno = saved;
}

int main(int argc, char **argv) {
  CHECK(argc > 1, "leave, exit or return expected, found no argument");
  form = argv[1][0];
  long rounds = arg_long(argc, argv, 2, 1000);
  pid_t self = getpid();
  struct sigaction action = {.sa_handler = on_signal};
  sigaction(SIGUSR1, &action, NULL);
  free(must(malloc(4)));
  free(must(malloc(4000)));
  for (long i = 0; i < rounds; i++) {
    watchdog(PATIENCE);
    pid_t pid = fork();
    CHECK(pid >= 0, "fork expected a pid, found errno %d", errno);
    if (pid == 0) {
      if (!is_descendant)
        kill(self, SIGUSR1);
      _exit(0);
    }
    reap(pid);
    if (is_descendant) {
      use_heap();
      _exit(0);
    }
  }
  CHECK(nested > 0, "handlers expected to fork, found none of %ld rounds", rounds);
  use_heap();
}
