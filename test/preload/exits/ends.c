/* Ends by _exit or quick_exit, in places where that is hard: ends WAY [N].  Exits with 7.
 *   worker N     N children by fork, each ends by _exit
 *   vfork        a child by vfork ends by _exit, then the program by exit
 *   raw          a child by the system call, without fork's handlers, ends by _exit; then the same
 *   raw_exit     the same, and the child ends by exit
 *   spawn        system, posix_spawn, popen of what is not there; then exit
 *   quick        quick_exit with a handler that allocates in quick_handler
 *   atexit       exit whose handler calls _exit
 *   handler N    a timer's handler calls _exit while malloc and free work; N: microseconds
 *   nodefer N    the same, and the signal is not blocked in the handler
 *   writer N     the same while dumps and reports are written by call
 *   segv         a handler of SIGSEGV on a small stack of its own calls _exit
 *   both         one thread calls exit, another _exit
 *   blocked      _exit with all signals blocked */
#define _GNU_SOURCE
#include "../check.h"

#include <spawn.h>
#include <sys/syscall.h>
#include <sys/time.h>

extern int arenashim_dump(const char *pattern) __attribute__((weak));
extern int arenashim_report(const char *pattern) __attribute__((weak));
extern char **environ;

static void wait_all(void) {
  int status;
  while (wait(&status) > 0)
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 7, "a child's status 7 expected, found %#x",
          (unsigned)status);
}

static void workers(int n) {
  for (int i = 0; i < n; i++)
    if (fork() == 0) {
      hide(must(malloc(1000)));
      _exit(7);
    }
  wait_all();
}

__attribute__((noinline)) static void parent_goes_on(void) { hide(must(malloc(3211))); }

static void child_by_vfork(void) {
  if (vfork() == 0)
    _exit(7);
  wait_all();
  parent_goes_on();
}

static void child_by_call(void (*leave)(int)) {
  if (syscall(SYS_fork) == 0) {
    hide(must(malloc(1000)));
    leave(7);
  }
  wait_all();
}

static void spawns(void) {
  char *words[] = {(char *)"/nowhere/program", NULL};
  pid_t pid;
  CHECK(system("exit 7") == 7 << 8, "status 7 of a shell expected");
  CHECK(posix_spawn(&pid, words[0], NULL, NULL, words, environ) == ENOENT, "ENOENT expected");
  FILE *f = popen("/nowhere/program 2>/dev/null", "r");
  pclose(f);
}

__attribute__((noinline)) static void quick_handler(void) { hide(must(malloc(3210))); }
static void exit_handler(void) { _exit(7); }

static void on_signal(int number) {
  (void)number;
  _exit(7);
}

static void handler_install(int number, int flags) {
  struct sigaction a = {.sa_handler = on_signal, .sa_flags = flags};
  sigaction(number, &a, NULL);
}

static void timer(int us) {
  struct itimerval t = {.it_value = {.tv_usec = us}};
  setitimer(ITIMER_REAL, &t, NULL);
}

static void work(void) {
  static void *slots[1000];
  uint64_t rng = 1;
  for (;;) {
    uint64_t i = rng_below(&rng, 1000);
    free(slots[i]);
    slots[i] = must(malloc(rng_below(&rng, i % 8 == 0 ? 100000 : 500)));
  }
}

static void write_for_ever(void) {
  for (;;) {
    arenashim_dump("by_call.%n");
    arenashim_report("by_call.%n");
  }
}

static void *exit_at_once(void *unused) {
  (void)unused;
  _exit(7);
}

static void crash(void) {
  static char small[8192];
  stack_t s = {.ss_sp = small, .ss_size = sizeof small};
  sigaltstack(&s, NULL);
  handler_install(SIGSEGV, SA_ONSTACK);
  *(volatile int *)8 = 1;
}

int main(int argc, char **argv) {
  watchdog(60);
  const char *way = argc > 1 ? argv[1] : "";
  int n = (int)arg_long(argc, argv, 2, 1);
  hide(must(malloc(500)));
  hide(must(malloc(5000)));
  if (strcmp(way, "worker") == 0)
    workers(n);
  else if (strcmp(way, "vfork") == 0)
    child_by_vfork();
  else if (strcmp(way, "raw") == 0)
    child_by_call(_exit);
  else if (strcmp(way, "raw_exit") == 0)
    child_by_call(exit);
  else if (strcmp(way, "spawn") == 0)
    spawns();
  else if (strcmp(way, "quick") == 0)
    at_quick_exit(quick_handler), quick_exit(7);
  else if (strcmp(way, "atexit") == 0)
    atexit(exit_handler);
  else if (strcmp(way, "handler") == 0)
    handler_install(SIGALRM, 0), timer(n), work();
  else if (strcmp(way, "nodefer") == 0)
    handler_install(SIGALRM, SA_NODEFER), timer(n), work();
  else if (strcmp(way, "writer") == 0)
    handler_install(SIGALRM, 0), timer(n), write_for_ever();
  else if (strcmp(way, "segv") == 0)
    crash();
  else if (strcmp(way, "both") == 0)
    thread_start(exit_at_once, NULL);
  else if (strcmp(way, "blocked") == 0) {
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    _exit(7);
  } else
    FAIL("a way to end expected, found %s", way);
  exit(7);
}
