/* Forks inside a signal handler that interrupted the giving or taking of mail: objects freed by
 * another thread than their owner.
 * fork_mail give            another thread's objects are freed
 * fork_mail take START SIZE the owner collects; code of the shim (offset and bytes, in hex)
 * The trap flag stops at each instruction, and those of the shim (of that code) fork.  The child
 * goes on with the interrupted call and works on; a hang is a failure. */
#define _GNU_SOURCE
#include "../check.h"
#include <dlfcn.h>
#include <malloc.h>
#include <stdbool.h>
#include <ucontext.h>

enum {
  OBJECTS = 1200,
  BYTES = 496,
  A_SLAB = 133,
  ROUNDS = 8,
  TRAP_FLAG = 0x100,
  SHIM_CODE = 0xb0000
};

static char *objects[OBJECTS];
static volatile bool in_child;
static long forks;
static uintptr_t code_start, code_end;
static pthread_barrier_t ready;

static void make_all(void) {
  for (int i = 0; i < OBJECTS; i++) {
    objects[i] = must(malloc(BYTES));
    stamp(objects[i], BYTES, (uint64_t)i);
  }
}

static void check_all(void) {
  for (int i = 0; i < OBJECTS; i++)
    if (objects[i] != NULL)
      CHECK_STAMP(objects[i], BYTES, (uint64_t)i);
}

static void *make_and_wait(void *unused) {
  make_all();
  pthread_barrier_wait(&ready);
  pause();
  return unused;
}

static void trap(int number, siginfo_t *info, void *context) {
  greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
  uintptr_t at = (uintptr_t)registers[REG_RIP];
  int saved = errno;
  (void)number;
  (void)info;
  if (in_child || at < code_start || at >= code_end)
    return;
  pid_t child = fork();
  if (child == 0) {
    in_child = true;
    watchdog(10);
    registers[REG_EFL] &= ~TRAP_FLAG;
  } else {
    int status;
    forks++;
    waitpid(child, &status, 0);
    CHECK(status == 0, "the child of a fork at +%#lx expected to end well, found status %#x",
          (long)(at - code_start), status);
  }
  errno = saved;
}

#define STEPPED(call)                                                                              \
  do {                                                                                             \
    __asm__ volatile("pushfq; orl %0, (%%rsp); popfq" ::"i"(TRAP_FLAG) : "memory", "cc");          \
    call;                                                                                          \
    __asm__ volatile("pushfq; andl %0, (%%rsp); popfq" ::"i"(~TRAP_FLAG) : "memory", "cc");        \
  } while (0)

static void give(void) {
  pthread_t owner = thread_start(make_and_wait, NULL);
  pthread_barrier_wait(&ready);
  (void)owner;
  for (int i = 0; i < OBJECTS; i += A_SLAB) {
    char *p = objects[i];
    objects[i] = NULL;
    STEPPED(free(p));
    if (in_child) {
      malloc_trim(0); /* collects for arenas that no thread has */
      for (int k = 0; k < 300; k++)
        memset(must(malloc(BYTES)), 2, BYTES);
      check_all();
      _exit(0);
    }
  }
}

static void *free_some(void *from) {
  for (long i = (long)from; i < OBJECTS; i += 40) {
    free(objects[i]);
    objects[i] = NULL;
  }
  return NULL;
}

static void take_round(long from) {
  pthread_join(thread_start(free_some, (void *)from), NULL);
  for (int i = 0; i < 40; i++) {
    char *p;
    STEPPED(p = malloc(BYTES));
    memset(must(p), 3, BYTES);
    if (!in_child)
      continue;
    for (long next = from + 1; next < from + 6; next++) { /* mail again, and collected again */
      pthread_join(thread_start(free_some, (void *)next), NULL);
      for (int k = 0; k < 60; k++)
        memset(must(malloc(BYTES)), 4, BYTES);
    }
    malloc_trim(0);
    check_all();
    _exit(0);
  }
}

int main(int argc, char **argv) {
  watchdog(100);
  Dl_info shim;
  CHECK(dladdr(dlsym(RTLD_DEFAULT, "malloc"), &shim) != 0, "malloc expected in a library%s", "");
  struct sigaction action = {.sa_sigaction = trap, .sa_flags = SA_SIGINFO};
  sigaction(SIGTRAP, &action, NULL);
  code_start = (uintptr_t)shim.dli_fbase;
  code_end = code_start + SHIM_CODE;
  pthread_barrier_init(&ready, NULL, 2);
  if (argc == 4) {
    code_start += strtoul(argv[2], NULL, 16);
    code_end = code_start + strtoul(argv[3], NULL, 16);
    make_all();
    for (long from = 1; from <= ROUNDS; from++)
      take_round(from);
  } else {
    give();
  }
  CHECK(forks >= 50, "at least 50 forks expected, found %ld", forks);
  SAY("%ld forks\n", forks);
}
