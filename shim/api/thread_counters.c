/* Adds the heap's part to jemalloc's counters; contract in thread_counters.h. */
#include "thread_counters.h"
#include "big_stack.h"
#include "heap_stats.h"
#include "jemalloc.h"
#include "setup.h"
#include "thread_record.h"
#include "thread_state.h"

#include <errno.h>
#include <string.h>

/* The names with even numbers are values, the odd ones the addresses at which these lie. */
static const char *const names[THREAD_COUNTERS] = {"thread.allocated", "thread.allocatedp",
                                                   "thread.deallocated", "thread.deallocatedp"};

struct counts {
  uint64_t allocated, deallocated; /* in bytes */
};

static __thread struct {
  const struct heap *heap; /* this thread's; NULL until the first question */
  struct counts before;    /* the heap's counts that belong to earlier threads */
  struct counts now;       /* the answers, at the addresses that "...p" gives */
} thread __attribute__((tls_model("initial-exec")));

unsigned thread_counter(const char *name) {
  unsigned i = 0;
  while (i < THREAD_COUNTERS && strcmp(names[i], name) != 0)
    i++;
  return i;
}

unsigned thread_counter_of_mib(const size_t *mib, size_t length) {
  size_t of_name[2];
  size_t size = 2;
  unsigned i = length == size ? 0 : THREAD_COUNTERS;
  while (i < THREAD_COUNTERS && (jep_mallctlnametomib(names[i], of_name, &size) != 0 ||
                                 memcmp(of_name, mib, sizeof of_name) != 0))
    i++;
  return i;
}

struct heap_job {
  struct heap *h;
  struct counts sum;
};

static void add_heap(void *job) {
  struct counts *sum = &((struct heap_job *)job)->sum;
  struct heap_totals t;
  heap_read_totals(((struct heap_job *)job)->h, true, &t);
  for (unsigned c = 1; c < CLASS_SLOTS; c++) {
    sum->allocated += t.allocs[c] * class_bytes(c);
    sum->deallocated += (t.frees[c] - t.remote[c]) * class_bytes(c);
  }
}

static struct counts heap_part(struct heap *h) {
  struct heap_job job = {.h = h};
  on_big_stack(add_heap, &job);
  return job.sum;
}

static uint64_t large_part(const char *name) {
  uint64_t bytes = 0;
  size_t size = sizeof bytes;
  jep_mallctl(name, &bytes, &size, NULL, 0);
  return bytes;
}

/* At the thread's first question: from now on jemalloc gets, and counts, all its large requests. */
static void begin(struct heap *h) {
  thread_count_each();
  thread.heap = h;
  record_of(h)->large_fast = false;
  if (counts_of(h)->threads > 1)
    thread.before = heap_part(h);
}

static void update(void) {
  struct heap *h = heap_of_thread();
  if (h != NULL && thread.heap == NULL)
    begin(h);
  struct counts small = h != NULL ? heap_part(h) : thread.before;
  thread.now = (struct counts){
      large_part(names[0]) + small.allocated - thread.before.allocated,
      large_part(names[2]) + small.deallocated - thread.before.deallocated,
  };
}

int thread_counter_read(unsigned which, void *old, size_t *old_size, const void *new) {
  if (new != NULL)
    return EPERM;
  update();
  uint64_t *place = which < 2 ? &thread.now.allocated : &thread.now.deallocated;
  uint64_t answer = which % 2 == 0 ? *place : (uint64_t)(uintptr_t)place;
  if (old == NULL || old_size == NULL)
    return 0;
  bool fits = *old_size == sizeof answer;
  memcpy(old, &answer, fits || *old_size > sizeof answer ? sizeof answer : *old_size);
  return fits ? 0 : EINVAL;
}
