/* A fork at every instruction of another thread's call.
 *
 * The other thread runs step by step (the processor's trap flag): after each instruction of this
 * program's own code it waits while the main thread forks.  In the child it has vanished there.
 */
#ifndef TEST_FORK_ANYWHERE_H
#define TEST_FORK_ANYWHERE_H

#include "apart.h"

#include <pthread.h>
#include <semaphore.h>
#include <ucontext.h>

enum { TRAP_FLAG = 0x100 };

static struct {
  void (*call)(void);
  sem_t stopped, go_on;
  bool stepping, done;
} anywhere;

extern const char __executable_start, etext;

static void at_step(int number, siginfo_t *info, void *context) {
  (void)number, (void)info;
  greg_t *regs = ((ucontext_t *)context)->uc_mcontext.gregs;
  uintptr_t at = (uintptr_t)regs[REG_RIP];
  if (!anywhere.stepping) {
    regs[REG_EFL] &= ~(greg_t)TRAP_FLAG;
  } else if (at - (uintptr_t)&__executable_start < (uintptr_t)(&etext - &__executable_start)) {
    sem_post(&anywhere.stopped);
    sem_wait(&anywhere.go_on);
  }
}

static void *make_steps(void *unused) {
  anywhere.stepping = true;
  __asm__ volatile("pushfq; orq %0, (%%rsp); popfq" ::"i"(TRAP_FLAG) : "memory", "cc");
  anywhere.call();
  anywhere.stepping = false;
  __asm__ volatile("nop");
  anywhere.done = true;
  sem_post(&anywhere.stopped);
  return unused;
}

/* Runs `call` in another thread, and after each of its instructions `forked` in the main one, which
 * forks.  Returns how often. */
static unsigned fork_anywhere(void (*call)(void), void (*forked)(void)) {
  struct sigaction trap = {.sa_sigaction = at_step, .sa_flags = SA_SIGINFO | SA_RESTART};
  pthread_t other;
  unsigned steps = 0;
  anywhere.call = call;
  anywhere.done = false;
  sem_init(&anywhere.stopped, 0, 0);
  sem_init(&anywhere.go_on, 0, 0);
  require(sigaction(SIGTRAP, &trap, NULL) == 0);
  require(pthread_create(&other, NULL, make_steps, NULL) == 0);
  for (; sem_wait(&anywhere.stopped), !anywhere.done; steps++) {
    forked();
    sem_post(&anywhere.go_on);
  }
  pthread_join(other, NULL);
  signal(SIGTRAP, SIG_DFL);
  return steps;
}

/* The test of a body that calls it.  Not under a sanitizer, whose own code would be among the
 * steps, and which finds threads missing at the child's exit. */
#define APART_BY_STEPS(body)                                                                       \
  static void test_##body(void **state) {                                                          \
    (void)state;                                                                                   \
    if (UNDER_ASAN || UNDER_TSAN)                                                                  \
      skip();                                                                                      \
    in_child(body);                                                                                \
  }

#endif
