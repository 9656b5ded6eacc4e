/* Producers allocate, consumers check and free: two of each around a ring. producer_consumer
 * [OBJECTS = 2000000] All frees are remote, and all memory must find its way back: resident memory
 * stays flat. */
#include "../check.h"
#include <stdatomic.h>

enum { PAIRS = 2, RING = 1024, SLACK = 32 << 20 };

struct message {
  uint64_t number;
  size_t size;
  char bytes[];
};

static struct ring {
  _Atomic(struct message *) slots[RING];
  long count; /* of messages to pass */
  long before;
} rings[PAIRS];

static void *produce(void *arg) {
  struct ring *r = arg;
  uint64_t rng = (uintptr_t)arg;
  for (long i = 0; i < r->count; i++) {
    size_t n = rng_below(&rng, i % 200 ? 480 : 3000);
    struct message *m = must(malloc(sizeof *m + n));
    *m = (struct message){(uint64_t)i, n};
    stamp(m->bytes, n, (uint64_t)i);
    while (atomic_load_explicit(&r->slots[i % RING], memory_order_acquire))
      sched_yield();
    atomic_store_explicit(&r->slots[i % RING], m, memory_order_release);
  }
  return NULL;
}

static void *consume(void *arg) {
  struct ring *r = arg;
  for (long i = 0; i < r->count; i++) {
    struct message *m;
    while (!(m = atomic_exchange_explicit(&r->slots[i % RING], NULL, memory_order_acq_rel)))
      sched_yield();
    CHECK(m->number == (uint64_t)i, "message %ld expected, found %lu", i, m->number);
    CHECK_STAMP(m->bytes, m->size, m->number);
    free(m);
    if (i == r->count / 10)
      r->before = resident_bytes();
  }
  return NULL;
}

int main(int argc, char **argv) {
  long objects = arg_long(argc, argv, 1, 2000000);
  watchdog(60 + (unsigned)(objects / 100000));
  pthread_t threads[2 * PAIRS];
  for (int i = 0; i < PAIRS; i++) {
    rings[i].count = objects / PAIRS;
    threads[2 * i] = thread_start(produce, &rings[i]);
    threads[2 * i + 1] = thread_start(consume, &rings[i]);
  }
  for (int i = 0; i < 2 * PAIRS; i++)
    pthread_join(threads[i], NULL);
  long grown = resident_bytes() - rings[0].before;
  CHECK(grown < SLACK, "resident memory expected flat, found %ld KiB more", grown / 1024);
}
