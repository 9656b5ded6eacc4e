/* Starts a program and waits for it, synchronously; contract in run_child.h.
 *
 * All signals that matter are blocked and taken one by one with sigwaitinfo, which says who sent
 * them; so there are no handlers, and none of them is lost or ends the command.
 */
#include "run_child.h"
#include "clock.h"
#include "run_ask.h"
#include "say.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static const int forwarded[] = {SIGHUP,  SIGINT,   SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGALRM,
                                SIGXCPU, SIGWINCH, SIGPWR,  SIGURG,  SIGIO,   SIGCONT, SIGTSTP};

/* What is ignored (by nohup, or in the background) stays so for the program, which inherits it. */
static void signals_take(sigset_t *ours) {
  sigemptyset(ours);
  for (size_t i = 0; i < sizeof forwarded / sizeof *forwarded; i++)
    sigaddset(ours, forwarded[i]);
  signal(SIGCHLD, SIG_DFL); /* ignored, there would be no status to wait for */
  sigaddset(ours, SIGCHLD);
}

static double clock_now(void) { return (double)clock_ns(CLOCK_MONOTONIC) / 1e9; }

static int child_spawn(struct child *c, const char *path, char **argv, char **environment,
                       const sigset_t *mask) {
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  posix_spawnattr_setsigmask(&attributes, mask);
  int error = posix_spawn(&c->pid, path, NULL, &attributes, argv, environment);
  posix_spawnattr_destroy(&attributes);
  return error;
}

/* The terminal sends to the whole foreground group, the program included; and what the program
 * sends to its parent is not meant for itself. */
static void signal_forward(const struct child *c, const siginfo_t *s, const char *shim) {
  int number = s->si_signo;
  bool by_kernel = s->si_code > 0, goes_on = !by_kernel && s->si_pid != c->pid;
  bool asked = (by_kernel || goes_on) && ask_is_before(number) &&
               ask_for_dump(c->pid, shim, number, goes_on);
  if (goes_on && asked)
    tgkill(c->pid, c->pid, number);
  else if (goes_on)
    kill(c->pid, number);
  if (number == SIGTSTP)
    raise(SIGSTOP); /* the shell sees the job stopped, and continues it */
}

/* All that has ended since the last call; true once the program has. */
static bool children_take(struct child *c) {
  bool ended = false;
  int status;
  pid_t pid;
  while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
    if (pid == c->pid) {
      c->status = status;
      ended = true;
      continue;
    }
    c->orphans = must_resize(c->orphans, c->n_orphans + 1, sizeof *c->orphans);
    c->orphans[c->n_orphans++] = (struct ended){pid, status};
  }
  c->alone = pid < 0 && errno == ECHILD;
  return ended;
}

static void child_wait(struct child *c, const sigset_t *ours, const char *shim) {
  siginfo_t s;
  while (!children_take(c))
    if (sigwaitinfo(ours, &s) > 0 && s.si_signo != SIGCHLD)
      signal_forward(c, &s, shim);
}

/* The other side of a pipe ends a moment later; a service may stay for days. */
static void others_wait(struct child *c) {
  enum { PATIENCE_MS = 100, STEP_MS = 5 };
  const struct timespec step = {.tv_nsec = STEP_MS * 1000000};
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGCHLD);
  for (int i = 0; !c->alone && i < PATIENCE_MS / STEP_MS; i++) {
    sigtimedwait(&ends, NULL, &step);
    children_take(c);
  }
}

/* What came with the program's end is done with.  From now on the keyboard interrupts the command
 * itself; what else is sent (timeout(1) sends twice) has to wait for the report. */
static void signals_leave(const sigset_t *ours) {
  const struct timespec now = {0};
  sigset_t keyboard;
  while (sigtimedwait(ours, NULL, &now) > 0)
    ;
  sigemptyset(&keyboard);
  sigaddset(&keyboard, SIGINT);
  sigaddset(&keyboard, SIGQUIT);
  sigaddset(&keyboard, SIGTSTP);
  sigprocmask(SIG_UNBLOCK, &keyboard, NULL);
}

int child_run(struct child *c, const char *path, char **argv, char **environment,
              const char *shim) {
  sigset_t ours, before;
  signals_take(&ours);
  sigprocmask(SIG_BLOCK, &ours, &before);
  prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  *c = (struct child){.alone = true};
  double start = clock_now();
  int error = child_spawn(c, path, argv, environment, &before);
  if (error == 0)
    child_wait(c, &ours, shim);
  c->seconds = clock_now() - start;
  if (error == 0)
    others_wait(c);
  signals_leave(&ours);
  return error;
}

void child_end_name(int status, char name[64]) {
  if (WIFEXITED(status)) {
    snprintf(name, 64, "exit status %d", WEXITSTATUS(status));
    return;
  }
  int number = WTERMSIG(status);
  const char *word = sigabbrev_np(number);
  snprintf(name, 64, "signal %d (%s)%s", number, word != NULL ? word : "real-time",
           WCOREDUMP(status) ? ", core dumped" : "");
}

/* One core is enough: the program's. */
int child_end_alike(const struct child *c) {
  const struct rlimit none = {0, 0};
  sigset_t it;
  if (WIFEXITED(c->status))
    return WEXITSTATUS(c->status);
  int number = WTERMSIG(c->status);
  fflush(NULL);
  setrlimit(RLIMIT_CORE, &none);
  signal(number, SIG_DFL);
  sigemptyset(&it);
  sigaddset(&it, number);
  raise(number);
  sigprocmask(SIG_UNBLOCK, &it, NULL);
  return 128 + number;
}
