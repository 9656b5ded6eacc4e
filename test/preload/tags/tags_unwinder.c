/* What goes on inside the unwinder, made to happen at its worst place: its search of the loaded
 * libraries. Usage: tags_unwinder CASE [COUNT]      under ARENASHIM_TAG=stack:8
 *
 * dl_iterate_phdr is this program's own, and does what a case wants before the true one runs. */
#define _GNU_SOURCE
#include "../../../shim/arenashim.h"
#include "../check.h"
#include <dlfcn.h>
#include <link.h>
#include <malloc.h>
#include <setjmp.h>
#include <sys/mman.h>
#include <sys/time.h>

typedef int visitor(struct dl_phdr_info *info, size_t bytes, void *argument);
static int (*true_iterate)(visitor *visit, void *argument);
static __thread void (*inside)(void); /* runs once at the next call */

int dl_iterate_phdr(visitor *visit, void *argument) {
  if (true_iterate == NULL) {
    void *found = dlsym(RTLD_NEXT, "dl_iterate_phdr");
    memcpy(&true_iterate, &found, sizeof found);
  }
  void (*now)(void) = inside;
  inside = NULL;
  if (now != NULL)
    now();
  return true_iterate(visit, argument);
}

static struct arenashim_totals totals(void) {
  struct arenashim_totals t = {.size = sizeof t};
  arenashim_totals(&t);
  return t;
}

/* Calls a function from a frame that is found by an expression (rbp + 16), so that each request
 * from there is a walk by libunwind. */
void cold_call(void (*function)(void));
__asm__(".text\n.globl cold_call\n.type cold_call,@function\ncold_call:\n.cfi_startproc\n"
        "push %rbp\n.cfi_def_cfa_offset 16\n.cfi_offset %rbp, -16\n"
        "mov %rsp, %rbp\n.cfi_escape 0x0f, 2, 0x76, 16\n"
        "call *%rdi\n"
        "pop %rbp\n.cfi_def_cfa %rsp, 8\nret\n.cfi_endproc\n.size cold_call,.-cold_call\n");
static void pair(void) { free(must(malloc(24))); }
static void cold_pair(void) { cold_call(pair); }

/* ---- requests from inside ---- */

static int ran;
static void *kept;
static void request(void) {
  kept = must(malloc(3000));
  free(must(malloc(30)));
  ran++;
}
static void nested(long count) {
  for (long i = 0; i < count; i++) {
    inside = request;
    cold_pair();
    inside = NULL;
    free(kept), kept = NULL;
  }
  struct arenashim_totals t = totals();
  CHECK(ran > 0, "the unwinder searches by dl_iterate_phdr: the case never happened");
  CHECK(t.nested == 2 * (uint64_t)ran, "%d nested requests expected, found %d", 2 * ran,
        (int)t.nested);
}

/* ---- out of the middle by a jump, as signal handlers do ---- */

static sigjmp_buf back;
static void jump(void) { siglongjmp(back, 1); }
__attribute__((noinline)) static void jump_out(void) {
  volatile char room[512];
  room[0] = 1;
  if (sigsetjmp(back, 1) == 0) {
    inside = jump;
    cold_pair();
    CHECK(room[0] != 1 || inside == NULL, "the jump never happened");
  }
  inside = NULL;
}
static void jumps(long count) {
  for (long i = 0; i < count; i++) {
    jump_out();
    uint64_t before = totals().nested;
    for (int k = 0; k < 10; k++)
      cold_pair();
    CHECK(totals().nested == before, "requests after the jump are not the unwinder's");
  }
  pid_t pid = fork(); /* nobody is inside any more, and nobody waits for that */
  if (pid == 0)
    _exit(0);
  wait_ok(pid);
}

/* ---- forks from the middle, as signal handlers do ---- */

static void fork_here(void) {
  pid_t pid = fork();
  if (pid == 0) {
    watchdog(20);
    for (int i = 0; i < 20; i++) {
      free(must(malloc(700)));
      cold_pair();
    }
    _exit(0);
  }
  wait_ok(pid);
  ran++;
}
static void forks_inside(long count) {
  for (long i = 0; i < count; i++) {
    inside = fork_here;
    cold_pair();
    inside = NULL;
  }
  CHECK(ran == count, "%ld forks expected, found %d", count, ran);
}

/* ---- by timer: forks from a handler while captures are under way ---- */

static volatile sig_atomic_t rings;
static void on_timer(int number) {
  (void)number;
  pid_t pid = fork();
  if (pid == 0) {
    for (int i = 0; i < 5; i++)
      cold_pair();
    _exit(0);
  }
  int saved = errno, status;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
    ;
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0, "child of a handler: status 0x%x", status);
  errno = saved;
  rings++;
}
static void timer(long count) {
  struct sigaction a = {.sa_handler = on_timer, .sa_flags = SA_RESTART};
  sigaction(SIGPROF, &a, NULL);
  struct itimerval every = {{0, 700}, {0, 700}};
  setitimer(ITIMER_PROF, &every, NULL);
  while (rings < count)
    cold_pair();
  every = (struct itimerval){{0, 0}, {0, 0}};
  setitimer(ITIMER_PROF, &every, NULL);
}

/* ---- other threads unwind all the time ---- */

static volatile int stop;
static void *unwind_always(void *argument) {
  while (!stop)
    cold_pair();
  return argument;
}
static void beside_threads(void (*work)(long), long count) {
  pthread_t t[3];
  for (int i = 0; i < 3; i++)
    t[i] = thread_start(unwind_always, NULL);
  work(count);
  stop = 1;
  for (int i = 0; i < 3; i++)
    pthread_join(t[i], NULL);
}
static void fork_often(long count) {
  for (long i = 0; i < count; i++) {
    pid_t pid = fork();
    if (pid == 0) {
      signal(SIGALRM, SIG_DFL);
      alarm(20);
      cold_pair();
      free(must(malloc(5000)));
      _exit(0);
    }
    wait_ok(pid);
  }
}
static void forks(long count) { beside_threads(fork_often, count); }

/* malloc in a callback that runs under the loader's lock. */
static int allocate_under_lock(struct dl_phdr_info *info, size_t bytes, void *argument) {
  (void)info, (void)bytes, (void)argument;
  cold_pair();
  free(must(malloc(900)));
  return 0;
}
static void iterate_often(long count) {
  for (long i = 0; i < count; i++)
    dl_iterate_phdr(allocate_under_lock, NULL);
}
static void callbacks(long count) { beside_threads(iterate_often, count); }

/* ---- threads that walk known frames need no unwinder ---- */

static pthread_barrier_t all_alive;
static void *walk_known(void *argument) {
  for (int i = 0; i < 10; i++)
    pair();
  pthread_barrier_wait(&all_alive); /* each has an arena of its own */
  return argument;
}
static void run_alive(unsigned n) {
  pthread_t t[64];
  pthread_barrier_init(&all_alive, NULL, n);
  for (unsigned i = 0; i < n; i++)
    t[i] = thread_start(walk_known, NULL);
  for (unsigned i = 0; i < n; i++)
    pthread_join(t[i], NULL);
}
static void threads(long count) {
  struct arenashim_totals before, after;
  for (int round = 0; round < 2; round++) { /* the first one teaches */
    before = totals();
    run_alive(round == 0 ? 1 : (unsigned)count);
    after = totals();
  }
  CHECK(after.unwound == before.unwound && after.learned == before.learned &&
            after.arenas >= (uint64_t)count,
        "no frame for libunwind expected, found %d walks and %d frames",
        (int)(after.unwound - before.unwound), (int)(after.learned - before.learned));
}

/* ---- new paths over known frames need none ---- */

static void __attribute__((noinline)) descend(long n) {
  if (n > 0)
    descend(n - 1);
  else
    pair();
  __asm__ volatile("" ::: "memory"); /* no tail call */
}
static void paths(long count) {
  struct arenashim_totals before = {0}, after;
  for (long n = 1; n < count; n++) {
    descend(n);
    after = totals();
    if (n == 1)
      before = after;
  }
  CHECK(after.learned == before.learned && after.unwound == before.unwound &&
            after.sites >= before.sites + 4,
        "no frame for libunwind expected, found %d", (int)(after.learned - before.learned));
}

/* ---- a daemon has closed all descriptors, and its own files stand there ---- */

static void *walk_cold(void *argument) {
  cold_pair();
  return argument;
}
static void descriptors(long count) {
  char name[] = "descriptors.XXXXXX";
  int file = mkstemp(name);
  for (int fd = 3; fd < 64; fd++)
    if (fd != file)
      dup2(file, fd);
  for (long i = 0; i < count; i++) /* each on a stack of its own */
    pthread_join(thread_start(walk_cold, NULL), NULL);
  off_t end = lseek(file, 0, SEEK_END);
  CHECK(end == 0, "a file nobody wrote to expected, found %d bytes", (int)end);
}

int main(int argc, char **argv) {
  static const struct {
    const char *name;
    void (*run)(long count);
  } cases[] = {{"nested", nested},   {"jumps", jumps}, {"forks_inside", forks_inside},
               {"timer", timer},     {"forks", forks}, {"callbacks", callbacks},
               {"threads", threads}, {"paths", paths}, {"descriptors", descriptors}};
  CHECK(argc > 1 && arenashim_totals, "usage");
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    if (strcmp(argv[1], cases[i].name) == 0) {
      watchdog(280);
      cold_pair();
      cases[i].run(arg_long(argc, argv, 2, 100));
      struct arenashim_totals t = totals();
      SAY("unwound %d, cut %d, nested %d, different %d\n", (int)t.unwound, (int)t.cut,
          (int)t.nested, (int)t.different);
      return t.unwound == 0 || t.different != 0;
    }
  return 2;
}
