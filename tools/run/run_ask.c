/* Looks whether it is safe, and sends it; contract in run_ask.h. */
#include "run_ask.h"
#include "run_tree.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

bool ask_is_before(int signal) {
  return signal == SIGTERM || signal == SIGINT || signal == SIGHUP || signal == SIGQUIT;
}

static bool has(uint64_t set, int signal) { return set >> (signal - 1) & 1; }

/* Of /proc/PID/status, which is that of the first thread: it may have ended before the others. */
struct state {
  char letter;
  uint64_t caught, blocked, pending;
};

static struct state state_of(pid_t pid) {
  char path[64], line[256];
  struct state s = {.letter = 'Z'};
  snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
  FILE *f = fopen(path, "re");
  while (f != NULL && fgets(line, sizeof line, f) != NULL) {
    sscanf(line, "State: %c", &s.letter);
    sscanf(line, "SigPnd: %" SCNx64, &s.pending);
    sscanf(line, "SigBlk: %" SCNx64, &s.blocked);
    sscanf(line, "SigCgt: %" SCNx64, &s.caught);
  }
  if (f != NULL)
    fclose(f);
  return s;
}

/* In sigwait a thread blocks what it waits for, but the state does not show it.  tini and dumb-init
 * wait so for every signal, and pass it on to programs that it would end. */
static bool is_in_sigwait(pid_t pid) {
  char path[64];
  long call = SYS_rt_sigtimedwait; /* also when it can't be known */
  snprintf(path, sizeof path, "/proc/%d/syscall", (int)pid);
  FILE *f = fopen(path, "re");
  if (f != NULL && fscanf(f, "%ld", &call) != 1)
    call = -1; /* "running" */
  if (f != NULL)
    fclose(f);
  return call == SYS_rt_sigtimedwait;
}

static bool is_expected(pid_t pid, int signal) {
  struct state s = state_of(pid);
  return s.letter != 'Z' && has(s.caught, ASK_SIGNAL) && !has(s.blocked, ASK_SIGNAL) &&
         !has(s.blocked, signal) && !is_in_sigwait(pid);
}

/* A thread that is stopped, or waits for a disk, enters it later. */
static void handler_wait(pid_t pid) {
  enum { PATIENCE_US = 1000000, STEP_US = 50 };
  const struct timespec step = {.tv_nsec = STEP_US * 1000};
  for (int i = 0; i < PATIENCE_US / STEP_US; i++) {
    struct state s = state_of(pid);
    if (s.letter == 'Z' || s.letter == 'T' || !has(s.pending, ASK_SIGNAL))
      return;
    nanosleep(&step, NULL);
  }
}

/* With the number of the signal that is to come; 0: none. */
static bool send(pid_t pid, int next) {
  siginfo_t s = {.si_signo = ASK_SIGNAL, .si_code = SI_QUEUE};
  s.si_pid = getpid();
  s.si_uid = getuid();
  s.si_value.sival_int = next;
  return syscall(SYS_rt_tgsigqueueinfo, pid, pid, ASK_SIGNAL, &s) == 0;
}

bool ask_for_dump(pid_t pid, const char *shim, int signal, bool comes_next) {
  if (!is_expected(pid, signal) || !process_has_shim(pid, shim) ||
      !send(pid, comes_next ? signal : 0))
    return false;
  if (comes_next)
    handler_wait(pid);
  return true;
}
