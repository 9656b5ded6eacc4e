/* What a micro workload is: its own function, run by some threads at once, timed by micro_run.c.
 *
 *   prepare   fills what the work needs; not timed
 *   work      `times` operations; adds to `done` when it does another number
 *
 * Slots are the thread's own and come from mmap: they are no part of what is measured. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#ifdef __cplusplus
extern "C" {
#endif

struct job {
  unsigned id, threads;
  size_t param;    /* the workload's own: slots, an order, a size */
  uint64_t times;  /* operations this thread is to do */
  uint64_t done;   /* operations it did */
  uint64_t waited; /* CPU nanoseconds to be taken off: waiting for another thread */
  uint64_t random; /* state of next_random */
  void **slots;
  struct job *jobs;              /* all of them: jobs[id] is this one */
  void *own;                     /* what prepare leaves for work */
} __attribute__((aligned(256))); /* nobody's random numbers on a line of another's, or beside it */

struct workload {
  const char *name;
  const char *threads; /* numbers of threads that make sense, space between */
  const char *operation;
  uint64_t times; /* for about 0.2 s on a machine of 2022 */
  void (*work)(struct job *);
  void (*prepare)(struct job *); /* may be NULL */
  size_t param;
};

/* The command line: NAME THREADS SCALE, or --list. */
int micro_main(int argc, char **argv, const struct workload *workloads, size_t count);

/* CPU time of the calling thread. */
uint64_t thread_ns(void);

void *bench_map(size_t bytes);

static inline uint64_t next_random(struct job *j) {
  j->random ^= j->random << 13;
  j->random ^= j->random >> 7;
  j->random ^= j->random << 17;
  return j->random;
}

static inline size_t size_between(struct job *j, size_t least, size_t most) {
  return least + (next_random(j) >> 20) % (most - least + 1);
}

/* A program writes into what it asked for: the first byte here. */
static inline void *taken(void *p) {
  if (!p)
    abort();
  *(volatile char *)p = 1;
  return p;
}

#ifdef __cplusplus
}
#endif
