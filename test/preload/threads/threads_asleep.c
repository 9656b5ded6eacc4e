/* Memory of threads that sleep while others free their objects.
 *
 *   threads_asleep [OWNERS = 1000 [OBJECTS = 1500 [KEPT = 0 [IDLE_KIB]]]]
 *
 * Each owner makes OBJECTS objects of 15 sizes and sleeps.  Three threads, which live on, free all
 * of them in a shuffled order, but for every KEPT-th (0: none is kept), and half a second later one
 * of them makes requests now and then.  Prints the resident KiB an owner, its stack included;
 * fails if they are above the limit, if it is given.  Then the owners wake up and find what was
 * kept, make objects again, and end. */
#include "../check.h"

#include <semaphore.h>

enum { SIZES = 15, FREERS = 3 };

struct object {
  char *at;
  size_t bytes;
};

static long owners, count, kept;
static struct object *all;
static sem_t made, wake, freed;
static pthread_barrier_t leave;

static void make(struct object *o, long i) {
  o->bytes = 16 + (size_t)(i * SIZES / count) * 32;
  o->at = must(malloc(o->bytes));
  stamp(o->at, o->bytes, (uintptr_t)o->at);
}

static void release(struct object *o) {
  CHECK_STAMP(o->at, o->bytes, (uintptr_t)o->at);
  free(o->at);
  o->at = NULL;
}

static void *own(void *first) {
  struct object *mine = first;
  for (long i = 0; i < count; i++)
    make(&mine[i], i);
  sem_post(&made);
  while (sem_wait(&wake) != 0)
    ;
  for (int twice = 0; twice < 2; twice++) {
    for (long i = 0; i < count; i++)
      if (mine[i].at != NULL)
        release(&mine[i]);
    for (long i = 0; i < count && twice == 0; i++)
      make(&mine[i], i);
  }
  return NULL;
}

/* A permutation of all objects: i * step modulo their number. */
static size_t shuffled(size_t i) {
  size_t n = (size_t)(owners * count), step = n * 5 / 8 | 1;
  while (n % step == 0 || step % 3 == 0 || step % 5 == 0)
    step += 2;
  return i * step % n;
}

static void *free_share(void *number) {
  size_t n = (size_t)(owners * count);
  for (size_t i = (uintptr_t)number; i < n; i += FREERS) {
    struct object *o = &all[shuffled(i)];
    if (o->at != NULL && (kept == 0 || (o - all) % kept != 0))
      release(o);
  }
  sem_post(&freed);
  pthread_barrier_wait(&leave);
  return NULL;
}

/* As a program that does little, and nothing in the heap of small objects: some buffers, and a
 * while later some more. */
static void request_a_little(void) {
  for (int times = 0; times < 20; times++) {
    for (size_t i = 0; i < 20; i++)
      free(hide(must(malloc(100000 + i))));
    usleep(20000);
  }
}

static void wait_for(sem_t *s, long times) {
  while (times > 0)
    times -= sem_wait(s) == 0;
}

int main(int argc, char **argv) {
  owners = arg_long(argc, argv, 1, 1000);
  count = arg_long(argc, argv, 2, 1500);
  kept = arg_long(argc, argv, 3, 0);
  long limit = arg_long(argc, argv, 4, 1 << 30);
  watchdog(200);
  pthread_t *threads = must(calloc((size_t)owners, sizeof *threads)), freers[FREERS];
  all = must(calloc((size_t)(owners * count), sizeof *all));
  memset(all, 1, (size_t)(owners * count) * sizeof *all);
  sem_init(&made, 0, 0);
  sem_init(&wake, 0, 0);
  sem_init(&freed, 0, 0);
  pthread_barrier_init(&leave, NULL, FREERS + 1);
  request_a_little();
  long before = resident_bytes();
  for (long i = 0; i < owners; i++)
    threads[i] = thread_start_small(own, &all[i * count]);
  wait_for(&made, owners);
  long full = resident_bytes() - before;
  for (uintptr_t i = 0; i < FREERS; i++)
    freers[i] = thread_start(free_share, (void *)i);
  wait_for(&freed, FREERS);
  long at_once = resident_bytes() - before;
  usleep(600000);
  request_a_little();
  long idle = resident_bytes() - before;
  for (long i = 0; i < owners; i++)
    sem_post(&wake);
  for (long i = 0; i < owners; i++)
    pthread_join(threads[i], NULL);
  pthread_barrier_wait(&leave);
  for (int i = 0; i < FREERS; i++)
    pthread_join(freers[i], NULL);
  printf("KiB an owner: full %ld, freed %ld, later %ld\n", full / owners / 1024,
         at_once / owners / 1024, idle / owners / 1024);
  CHECK(idle / owners / 1024 <= limit, "at most %ld KiB an owner expected, found %ld", limit,
        idle / owners / 1024);
}
