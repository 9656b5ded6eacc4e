/* Forks inside a signal handler that interrupted a malloc or free.
 * fork_signal timer|step [FORKS = 1000 [STRIDE = 7 [SIZES = 512]]]
 *   timer   a timer fires at random moments
 *   step    the trap flag stops at every instruction inside the allocator; each STRIDE-th forks
 *   SIZES   objects are smaller than that; above SMALL_END, calls of jemalloc are interrupted too
 * Children use the heap inside the handler and leave, or return into the interrupted call and go
 * on. Inside the handler all requests are small: jemalloc cannot be entered twice, nor need it be.
 * A hang is a failure. */
#define _GNU_SOURCE
#include "../check.h"
#include <dlfcn.h>
#include <link.h>
#include <stdbool.h>
#include <time.h>
#include <ucontext.h>

enum { SLOTS = 512, SMALL_END = 512, PATIENCE = 15, TRAP_FLAG = 0x100 };

/* A slot is empty while its object is on the way in or out, so that the others can be checked at
 * any instant. */
static struct {
  char *volatile p;
  size_t size;
} slots[SLOTS];

static uint64_t rng = 5;
static volatile long forked, wanted, seen, stride;
static size_t sizes;
static volatile int pairs_left = -1; /* counts down in a child that went on */
static bool stepping;
static uintptr_t code_start, code_end; /* of the library that malloc lives in */
static timer_t timer;

static void check_slots(void) {
  for (int i = 0; i < SLOTS; i++)
    if (slots[i].p)
      CHECK_STAMP(slots[i].p, slots[i].size, (uintptr_t)slots[i].p);
}

/* What the child does within the handler: new objects must not lie upon those alive. */
static void use_heap(void) {
  enum { COUNT = 200 };
  static char *made[COUNT];
  for (int i = 0; i < COUNT; i++) {
    made[i] = must(malloc((size_t)i * 5 % SMALL_END));
    stamp(made[i], (size_t)i * 5 % SMALL_END, (uint64_t)i);
  }
  check_slots();
  for (int i = 0; i < COUNT; i++) {
    CHECK_STAMP(made[i], (size_t)i * 5 % SMALL_END, (uint64_t)i);
    free(made[i]);
  }
  for (int i = 0; i < SLOTS; i++)
    if (slots[i].size < SMALL_END)
      free(slots[i].p);
}

static void arm(void) {
  struct itimerspec when = {.it_value.tv_nsec = 5000 + (long)rng_below(&rng, 100000)};
  timer_settime(timer, 0, &when, NULL);
}

static void interrupted(int sig, siginfo_t *info, void *context) {
  ucontext_t *uc = context;
  uintptr_t at = (uintptr_t)uc->uc_mcontext.gregs[REG_RIP];
  (void)sig, (void)info;
  if (stepping && (at < code_start || at >= code_end || seen++ % stride != 0))
    return;
  int saved = errno;
  if (forked < wanted) {
    watchdog(PATIENCE); /* from fork to fork, so that a hang shows soon, however many there are */
    pid_t pid = fork();
    CHECK(pid >= 0, "fork %ld in a handler expected a pid, found errno %d", forked, errno);
    if (pid == 0) {
      watchdog(PATIENCE);
      uc->uc_mcontext.gregs[REG_EFL] &= ~TRAP_FLAG;
      if (forked % 2 == 0) {
        use_heap();
        _exit(0);
      }
      pairs_left = 1000; /* timers are not inherited: the child goes on undisturbed */
      errno = saved;
      return;
    }
    wait_ok(pid);
    forked++;
  }
  if (stepping && forked >= wanted)
    uc->uc_mcontext.gregs[REG_EFL] &= ~TRAP_FLAG;
  if (!stepping)
    arm();
  errno = saved;
}

static int find_code(struct dl_phdr_info *info, size_t size, void *address) {
  (void)size;
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr) *ph = &info->dlpi_phdr[i];
    uintptr_t start = info->dlpi_addr + ph->p_vaddr;
    if (ph->p_type == PT_LOAD && (uintptr_t)address - start < ph->p_memsz) {
      code_start = start;
      code_end = start + ph->p_memsz;
      return 1;
    }
  }
  return 0;
}

static void churn_one(void) {
  size_t i = rng_below(&rng, SLOTS);
  char *old = slots[i].p;
  slots[i].p = NULL;
  if (old)
    CHECK_STAMP(old, slots[i].size, (uintptr_t)old);
  free(old);
  slots[i].size = rng_below(&rng, sizes);
  char *p = must(malloc(slots[i].size));
  stamp(p, slots[i].size, (uintptr_t)p);
  slots[i].p = p;
}

/* The kernel ends a process that traps with SIGTRAP blocked, as libunwind has it while it looks at
 * a frame for the first time: the loop below runs a while before it is stepped. */
static void begin_stepping(void) {
  __asm__ volatile(
      "subq $128, %%rsp\n\tpushfq\n\torq $0x100, (%%rsp)\n\tpopfq\n\taddq $128, %%rsp" ::
          : "cc", "memory");
}

int main(int argc, char **argv) {
  CHECK(argc > 1, "timer or step expected, found no argument");
  stepping = strcmp(argv[1], "step") == 0;
  wanted = arg_long(argc, argv, 2, 1000);
  stride = arg_long(argc, argv, 3, 7);
  sizes = (size_t)arg_long(argc, argv, 4, SMALL_END);
  watchdog(PATIENCE);
  struct sigaction action = {.sa_sigaction = interrupted, .sa_flags = SA_SIGINFO | SA_RESTART};
  sigaction(stepping ? SIGTRAP : SIGPROF, &action, NULL);
  if (stepping) {
    dl_iterate_phdr(find_code, dlsym(RTLD_DEFAULT, "malloc"));
    CHECK(code_start, "the code of malloc expected in a loaded object, found nowhere");
  } else {
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGPROF};
    CHECK(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0,
          "timer_create expected 0, found errno %d", errno);
    arm();
  }
  long unstepped = 4 * (long)SLOTS;
  while (pairs_left != 0 && (pairs_left > 0 || forked < wanted)) {
    if (stepping && unstepped-- == 0)
      begin_stepping();
    churn_one();
    if (pairs_left > 0)
      pairs_left--;
  }
  check_slots();
  for (int i = 0; i < SLOTS; i++)
    free(slots[i].p);
}
