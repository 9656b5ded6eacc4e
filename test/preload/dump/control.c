/* Dumps and reports that a program asks for: control CASE (now, defaults, errors, disabled, visit,
 * together, handler).  Files go to the current directory; control.bats reads them. */
#include "../check.h"
#include "../../../shim/arenashim.h"
#include <stdatomic.h>
#include <sys/time.h>

enum { KEPT = 100, THREADS = 4, CALLS = 10, CHILDREN = 10 };

__attribute__((noinline)) static void *site_early(void) { return hide(must(malloc(40))); }
__attribute__((noinline)) static void *site_late(void) { return hide(must(malloc(48))); }
static void *kept[2 * KEPT];

#define CHECK_OK(call)                                                                             \
  do {                                                                                             \
    errno = 4321;                                                                                  \
    int got_ = (call);                                                                             \
    CHECK(got_ == 0 && errno == 4321, "%s expected 0 and errno untouched, found %d, errno %d",     \
          #call, got_, errno);                                                                     \
  } while (0)
#define CHECK_ERROR(call, error)                                                                   \
  do {                                                                                             \
    errno = 0;                                                                                     \
    int got_ = (call);                                                                             \
    CHECK(got_ == -1 && errno == (error), "%s expected -1 and errno %d, found %d, errno %d",       \
          #call, (error), got_, errno);                                                            \
  } while (0)

/* ---- one thread ---- */

static void now(void) {
  for (int i = 0; i < KEPT; i++)
    kept[i] = site_early();
  CHECK_OK(arenashim_dump("first"));
  CHECK_OK(arenashim_report("first.txt"));
  for (int i = 0; i < KEPT; i++)
    kept[KEPT + i] = site_late();
  free(kept[0]);
  CHECK_OK(arenashim_dump("second"));
  CHECK_OK(arenashim_dump("second"));
  CHECK_OK(arenashim_report("second.txt"));
}

static void defaults(void) {
  CHECK_OK(arenashim_dump(NULL));
  CHECK_OK(arenashim_report(NULL));
}

static void errors(void) {
  char name[2000];
  memset(name, 'x', sizeof name);
  name[1024] = '\0';
  CHECK_ERROR(arenashim_dump(name), ENAMETOOLONG);
  CHECK_ERROR(arenashim_report(name), ENAMETOOLONG);
  CHECK_ERROR(arenashim_dump(""), EINVAL);
  CHECK_ERROR(arenashim_report(""), EINVAL);
  CHECK_ERROR(arenashim_dump(NULL), EINVAL);
  CHECK_ERROR(arenashim_dump("/nowhere/d"), ENOENT);
  CHECK_ERROR(arenashim_report("/nowhere/r"), ENOENT);
  CHECK_ERROR(arenashim_dump("/dev/full"), ENOSPC);
  CHECK_ERROR(arenashim_report("/dev/full"), ENOSPC);
  CHECK_ERROR(arenashim_dump("."), EISDIR);
  CHECK_OK(arenashim_dump("after"));
}

static void disabled(void) {
  CHECK_ERROR(arenashim_dump("d"), ENOTSUP);
  CHECK_ERROR(arenashim_report("r"), ENOTSUP);
}

static void visited(const struct arenashim_site *site, void *count) {
  (void)site;
  if (++*(int *)count == 1) {
    CHECK_ERROR(arenashim_dump("d"), EBUSY);
    CHECK_OK(arenashim_report("r"));
  }
}
static void visit(void) {
  int count = 0;
  CHECK(arenashim_sites(visited, &count) > 0 && count > 0, "visits expected, found none");
}

/* ---- threads, signals, forks ---- */

static void *call_often(void *argument) {
  for (int i = 0; i < CALLS; i++) {
    free(site_late());
    CHECK_OK(arenashim_dump("d.%p.%n"));
    CHECK_OK(arenashim_report("r.%p.%n"));
  }
  return argument;
}

static void together(void) {
  pthread_t t[THREADS];
  for (int i = 0; i < THREADS; i++)
    t[i] = thread_start(call_often, NULL);
  for (int i = 0; i < CHILDREN; i++) {
    kill(getpid(), SIGUSR2);
    pid_t pid = fork();
    if (pid == 0) {
      watchdog(30);
      CHECK_OK(arenashim_dump("c.%p"));
      _exit(0);
    }
    wait_ok(pid);
  }
  for (int i = 0; i < THREADS; i++)
    pthread_join(t[i], NULL);
}

/* The child goes on with the call that the handler interrupted. */
static _Atomic int children;
static volatile sig_atomic_t is_child;
static void fork_now(int number) {
  (void)number;
  pid_t pid = fork();
  if (pid != 0) {
    int saved = errno;
    wait_ok(pid);
    errno = saved;
    children++;
  } else {
    is_child = 1;
    watchdog(30);
  }
}
static void handler(void) {
  struct sigaction a = {.sa_handler = fork_now, .sa_flags = SA_RESTART};
  sigaction(SIGPROF, &a, NULL);
  struct itimerval every = {{0, 3000}, {0, 3000}};
  setitimer(ITIMER_PROF, &every, NULL);
  for (int i = 0; children < 2 * CHILDREN && !is_child; i++) {
    int failed = i % 2 ? arenashim_dump("d.%n") : arenashim_report("r.%n");
    CHECK(!failed || is_child, "call %d expected 0, found errno %d", i, errno);
  }
  if (is_child) {
    CHECK_OK(arenashim_dump("c.%p"));
    _exit(0);
  }
}

int main(int argc, char **argv) {
  static const struct {
    const char *name;
    void (*run)(void);
  } cases[] = {{"now", now},           {"defaults", defaults}, {"errors", errors},
               {"disabled", disabled}, {"visit", visit},       {"together", together},
               {"handler", handler}};
  watchdog(120);
  CHECK(argc > 1 && arenashim_dump && arenashim_report, "the shim and a case expected");
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    if (strcmp(argv[1], cases[i].name) == 0) {
      cases[i].run();
      return 0;
    }
  return 2;
}
