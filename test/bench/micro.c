/* Micro workloads in C: what malloc, free, realloc and calloc cost in one shape of use each.
 *
 *   micro WORKLOAD THREADS SCALE     (--list names them)
 *
 * Small objects are of 16..256 bytes, drawn evenly, but where a workload says otherwise. */
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <string.h>

#include "micro.h"
#include "nothing.h"

enum { SMALL_LEAST = 16, SMALL_MOST = 256, K = 1000, MILLION = 1000000 };

static size_t small(struct job *j) { return size_between(j, SMALL_LEAST, SMALL_MOST); }

/* The logarithm is even: as many requests of each power of two. */
static size_t size_by_magnitude(struct job *j, unsigned least_log, unsigned most_log) {
  unsigned log = least_log + (unsigned)(next_random(j) >> 20) % (most_log - least_log);
  return ((size_t)1 << log) + (next_random(j) >> 20) % ((size_t)1 << log);
}

/* ---- one object at a time ---- */

static void deep(struct job *j) {
  for (uint64_t i = 0; i < j->times; i++)
    free(malloc(16 * (size_t)(i % 16 + 1)));
}

static void deep_of_size(struct job *j) {
  for (uint64_t i = 0; i < j->times; i++)
    free(malloc(j->param));
}

/* What that loop costs with calls into a library that do nothing (nothing.c): no allocator can be
 * faster. */
static void deep_nothing(struct job *j) {
  for (uint64_t i = 0; i < j->times; i++)
    give_nothing(take_nothing(16 * (size_t)(i % 16 + 1)));
}

/* ---- replacement at random among `param` slots ---- */

static void empty_slots(struct job *j) { j->slots = bench_map(j->param * sizeof *j->slots); }

static void fill_slots(struct job *j) {
  empty_slots(j);
  for (size_t i = 0; i < j->param; i++)
    j->slots[i] = taken(malloc(small(j)));
}

/* One random number chooses the slot and the size; a division would cost more than malloc. */
static void **slot_of(struct job *j, uint64_t r) { return &j->slots[(r >> 32) * j->param >> 32]; }

static void replace(struct job *j) {
  for (uint64_t i = 0; i < j->times; i++) {
    uint64_t r = next_random(j);
    void **slot = slot_of(j, r);
    free(*slot);
    *slot = taken(malloc(SMALL_LEAST + (r & 0xffff) % (SMALL_MOST - SMALL_LEAST + 1)));
  }
}

static void replace_each(struct job *j, void *make(struct job *)) {
  for (uint64_t i = 0; i < j->times; i++) {
    void **slot = slot_of(j, next_random(j));
    free(*slot);
    *slot = taken(make(j));
  }
}

static void *make_calloc(struct job *j) { return calloc(1, small(j)); }
static void replace_calloc(struct job *j) { replace_each(j, make_calloc); }

/* Zeroes in pages that the program does not touch all of: 4 KiB..1 MiB. */
static void *make_calloc_large(struct job *j) { return calloc(1, size_by_magnitude(j, 12, 20)); }
static void replace_calloc_large(struct job *j) { replace_each(j, make_calloc_large); }

static void *make_medium(struct job *j) { return malloc(size_between(j, 512, 4096)); }
static void replace_medium(struct job *j) { replace_each(j, make_medium); }

/* Of 1,000 requests 950 small, 45 up to 4 KiB, 5 up to 256 KiB. */
static void *make_mixed(struct job *j) {
  unsigned among = (unsigned)(next_random(j) >> 20) % 1000;
  if (among < 950)
    return malloc(small(j));
  return malloc(among < 995 ? size_between(j, 257, 4096) : size_between(j, 4097, 256 << 10));
}
static void replace_mixed(struct job *j) { replace_each(j, make_mixed); }

/* 512 B..32 MiB; one byte is written. */
static void *make_large(struct job *j) { return malloc(size_by_magnitude(j, 9, 25)); }
static void replace_large(struct job *j) { replace_each(j, make_large); }

/* 16..516 KB, every page written. */
static void *make_buffer(struct job *j) {
  size_t bytes = size_between(j, 16 * K, 516 * K);
  char *p = taken(malloc(bytes));
  for (size_t at = 0; at < bytes; at += 4096)
    p[at] = 1;
  return p;
}
static void replace_buffers(struct job *j) { replace_each(j, make_buffer); }

/* 5..25 MB, every page written. */
static void *make_huge(struct job *j) {
  size_t bytes = size_between(j, 5 * MILLION, 25 * MILLION);
  char *p = taken(malloc(bytes));
  for (size_t at = 0; at < bytes; at += 4096)
    p[at] = 1;
  return p;
}
static void replace_huge(struct job *j) { replace_each(j, make_huge); }

/* ---- how cost grows with what is alive: 16..64 bytes, so that 10^7 fit ---- */

static void fill_live(struct job *j) {
  empty_slots(j);
  for (size_t i = 0; i < j->param; i++)
    j->slots[i] = taken(malloc(size_between(j, 16, 64)));
}

static void replace_live(struct job *j) {
  for (uint64_t i = 0; i < j->times; i++) {
    uint64_t r = next_random(j);
    void **slot = slot_of(j, r);
    free(*slot);
    *slot = taken(malloc(16 + (r & 0xffff) % 49));
  }
}

/* ---- bursts: all allocated, then all freed, in order, backwards or shuffled ---- */

static uint32_t *prepare_burst(struct job *j) {
  j->slots = bench_map(j->param * sizeof *j->slots);
  return j->own = bench_map(j->param * sizeof(uint32_t));
}

static void burst_in_order(struct job *j) {
  uint32_t *order = prepare_burst(j);
  for (uint32_t i = 0; i < j->param; i++)
    order[i] = i;
}

static void burst_backwards(struct job *j) {
  uint32_t *order = prepare_burst(j);
  for (uint32_t i = 0; i < j->param; i++)
    order[i] = (uint32_t)j->param - 1 - i;
}

static void burst_shuffled(struct job *j) {
  burst_in_order(j);
  uint32_t *order = j->own;
  for (uint32_t i = (uint32_t)j->param; --i;) {
    uint32_t other = (uint32_t)(next_random(j) >> 20) % (i + 1), mine = order[i];
    order[i] = order[other];
    order[other] = mine;
  }
}

static void burst(struct job *j) {
  const uint32_t *order = j->own;
  for (j->done = 0; j->done < j->times; j->done += j->param) {
    for (size_t i = 0; i < j->param; i++)
      j->slots[i] = taken(malloc(small(j)));
    for (size_t i = 0; i < j->param; i++)
      free(j->slots[order[i]]);
  }
}

/* ---- realloc: two objects grow in turn, so that neither is always the last ---- */

static void *grown(void *p, size_t bytes) {
  char *q = taken(realloc(p, bytes));
  q[bytes - 1] = 1;
  return q;
}

static void realloc_small(struct job *j) { /* 16..496 bytes, 16 at a time: a string appended to */
  for (j->done = 0; j->done < j->times;) {
    void *p[2] = {NULL, NULL};
    for (size_t bytes = 16; bytes < 512; bytes += 16, j->done += 2)
      for (size_t k = 0; k < 2; k++)
        p[k] = grown(p[k], bytes);
    free(p[0]);
    free(p[1]);
  }
}

static void realloc_growth(struct job *j) { /* 512 B..32 MiB, half as much again: a vector */
  for (j->done = 0; j->done < j->times;) {
    void *p[2] = {NULL, NULL};
    for (size_t bytes = 512; bytes <= 32 << 20; bytes += bytes / 2, j->done += 2)
      for (size_t k = 0; k < 2; k++)
        p[k] = grown(p[k], bytes);
    free(p[0]);
    free(p[1]);
  }
}

/* ---- producer -> consumer: pairs of threads, objects handed over in batches ----
 * The waiting for each other is taken off; what is left is what malloc costs the one and free the
 * other. */

enum { BATCH = 512, BATCHES = 8 };

struct pipe {
  sem_t free_batches, full_batches;
  void *object[BATCHES][BATCH];
};

static void prepare_pipe(struct job *j) {
  if (j->id % 2)
    return;
  struct pipe *p = j->own = bench_map(sizeof *p);
  sem_init(&p->free_batches, 0, BATCHES);
  sem_init(&p->full_batches, 0, 0);
}

static void await(struct job *j, sem_t *what) {
  uint64_t start = thread_ns();
  while (sem_wait(what) != 0)
    ;
  j->waited += thread_ns() - start;
}

static void produce(struct job *j, struct pipe *p) {
  for (uint64_t i = 0; i * BATCH < j->times; i++) {
    await(j, &p->free_batches);
    for (size_t k = 0; k < BATCH; k++)
      p->object[i % BATCHES][k] = taken(malloc(small(j)));
    sem_post(&p->full_batches);
  }
}

static void consume(struct job *j, struct pipe *p) {
  for (uint64_t i = 0; i * BATCH < j->times; i++) {
    await(j, &p->full_batches);
    for (size_t k = 0; k < BATCH; k++) {
      void *object = p->object[i % BATCHES][k];
      (void)*(volatile char *)object; /* what the producer wrote */
      free(object);
    }
    sem_post(&p->free_batches);
  }
}

static void handoff(struct job *j) {
  struct pipe *p = j->jobs[j->id - j->id % 2].own;
  if (j->id % 2) {
    j->done = 0; /* the producer counts the pairs */
    consume(j, p);
  } else {
    produce(j, p);
  }
}

/* ---- larson's shape: threads that end, and leave their objects to the next ----
 * Arrays of 1,000 objects wait in a ring; a thread takes the oldest, replaces some of its objects
 * at random, puts it back, and after a few turns another thread goes on in its place. */

enum { ARRAY = 1000, ARRAYS = 64, TURN = 2000, TURNS = 8 };

static struct {
  pthread_mutex_t lock;
  void **ring[ARRAYS];
  unsigned first, count;
} pool = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void put_array(void **array) {
  pthread_mutex_lock(&pool.lock);
  pool.ring[(pool.first + pool.count++) % ARRAYS] = array;
  pthread_mutex_unlock(&pool.lock);
}

static void **take_array(void) {
  pthread_mutex_lock(&pool.lock);
  void **array = pool.ring[pool.first];
  pool.first = (pool.first + 1) % ARRAYS;
  pool.count--;
  pthread_mutex_unlock(&pool.lock);
  return array;
}

static void prepare_larson(struct job *j) { /* two arrays a thread: none ever waits */
  for (unsigned k = 0; k < 2; k++) {
    void **array = bench_map(ARRAY * sizeof *array);
    for (size_t i = 0; i < ARRAY; i++)
      array[i] = taken(malloc(small(j)));
    put_array(array);
  }
}

static void *larson_life(void *argument) {
  struct job *j = argument;
  for (unsigned turn = 0; turn < TURNS; turn++) {
    void **array = take_array();
    for (unsigned i = 0; i < TURN; i++) {
      void **slot = &array[(next_random(j) >> 20) % ARRAY];
      free(*slot);
      *slot = taken(malloc(small(j)));
    }
    put_array(array);
  }
  return NULL;
}

static void run_thread(void *(*of)(void *), void *argument) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, of, argument) != 0)
    abort();
  pthread_join(thread, NULL);
}

static void larson(struct job *j) {
  for (j->done = 0; j->done < j->times; j->done += TURN * TURNS)
    run_thread(larson_life, j);
}

/* ---- thread churn: threads that live for 100 objects; another frees half of them ---- */

enum { LIFE = 100 };

static void *short_life(void *argument) {
  struct job *j = argument;
  for (size_t i = 0; i < LIFE; i++)
    j->slots[i] = taken(malloc(small(j)));
  for (size_t i = 0; i < LIFE; i += 2)
    free(j->slots[i]);
  return NULL;
}

static void churn(struct job *j) {
  for (uint64_t i = 0; i < j->times; i++) {
    run_thread(short_life, j);
    for (size_t k = 1; k < LIFE; k += 2)
      free(j->slots[k]);
  }
}

/* ---- threads that live for some thousand objects of 8 B..512 KB, and swap some with others ----
 * Every line is written; nearly all memory is free when a thread ends, and the next needs it. */

enum { LIVES = 4000, SWAPPED = 1000 };

static _Atomic(char *) swapped[SWAPPED];

static char *make_stressed(struct job *j) {
  unsigned among = (unsigned)(next_random(j) >> 20) % 1000;
  size_t bytes = (size_t)8 << (next_random(j) >> 20) % 7;
  bytes *= among == 0 ? 1000 : among < 10 ? 100 : 1;
  char *p = taken(malloc(bytes));
  for (size_t at = 0; at < bytes; at += 64)
    p[at] = 1;
  return p;
}

static void *stressed_life(void *argument) {
  struct job *j = argument;
  char **mine = taken(malloc(LIVES * sizeof *mine));
  for (unsigned i = 0; i < LIVES; i++) {
    mine[i] = make_stressed(j);
    uint64_t r = next_random(j);
    char **any = &mine[(r >> 20) % (i + 1)];
    if (r % 4 == 0) {
      *any = atomic_exchange(&swapped[(r >> 40) % SWAPPED], *any);
    } else if (r % 4 < 3) {
      free(*any);
      *any = NULL;
    }
  }
  for (unsigned i = 0; i < LIVES; i++)
    free(mine[i]);
  free(mine);
  return NULL;
}

static void stress(struct job *j) {
  for (j->done = 0; j->done < j->times; j->done += LIVES)
    run_thread(stressed_life, j);
}

/* ---- callocs of 8 B..16 KiB that another thread frees: arrays of them go round ---- */

static _Atomic(void **) passed_on;

static void prepare_across(struct job *j) {
  empty_slots(j);
  if (j->id == 0)
    atomic_store(&passed_on, bench_map(j->param * sizeof *j->slots));
}

static void across(struct job *j) {
  for (uint64_t i = 0; i < j->times; i++) {
    void **slot = slot_of(j, next_random(j));
    free(*slot);
    *slot = taken(calloc(1, size_by_magnitude(j, 3, 14)));
    if (i % j->param == 0)
      j->slots = atomic_exchange(&passed_on, j->slots);
  }
}

static const struct workload workloads[] = {
    {"deep", "1 2", "pair", 40 * MILLION, deep, NULL, 0},
    {"deep-nothing", "1", "pair", 40 * MILLION, deep_nothing, NULL, 0},
    {"random-1000", "1 2", "pair", 20 * MILLION, replace, fill_slots, K},
    {"random-1000000", "1 2", "pair", 2 * MILLION, replace, fill_slots, MILLION},
    {"handoff", "2", "pair", 8 * MILLION, handoff, prepare_pipe, 0},
    {"larson", "2 8", "pair", MILLION, larson, prepare_larson, 0},
    {"burst-in-order", "1 2", "pair", 10 * MILLION, burst, burst_in_order, 10 * K},
    {"burst-backwards", "1", "pair", 10 * MILLION, burst, burst_backwards, 10 * K},
    {"burst-shuffled", "1 2", "pair", 8 * MILLION, burst, burst_shuffled, 10 * K},
    {"burst-million", "1", "pair", 10 * MILLION, burst, burst_in_order, MILLION},
    {"burst-million-shuffled", "1", "pair", 5 * MILLION, burst, burst_shuffled, MILLION},
    {"calloc", "1 2", "pair", 10 * MILLION, replace_calloc, empty_slots, K},
    {"realloc-small", "1", "realloc", 8 * MILLION, realloc_small, NULL, 0},
    {"stress", "2", "pair", MILLION / 2, stress, NULL, 0},
    {"across", "2", "pair", 2 * MILLION, across, prepare_across, K},
    {"thread-churn", "1 2", "thread", 6 * K, churn, empty_slots, LIFE},
    {"live-1000", "1", "pair", 20 * MILLION, replace_live, fill_live, K},
    {"live-10000", "1", "pair", 10 * MILLION, replace_live, fill_live, 10 * K},
    {"live-100000", "1", "pair", 5 * MILLION, replace_live, fill_live, 100 * K},
    {"live-1000000", "1", "pair", 2 * MILLION, replace_live, fill_live, MILLION},
    {"live-10000000", "1", "pair", 1 * MILLION, replace_live, fill_live, 10 * MILLION},
    {"mixed", "1 2", "pair", 8 * MILLION, replace_mixed, empty_slots, K},
    {"deep-1000-bytes", "1 2", "pair", 10 * MILLION, deep_of_size, NULL, 1000},
    {"medium", "1 2", "pair", 4 * MILLION, replace_medium, empty_slots, K},
    {"large", "1 2", "pair", 100 * K, replace_large, empty_slots, 100},
    {"buffers", "1 2", "pair", 40 * K, replace_buffers, empty_slots, 100},
    {"huge", "1", "pair", 100, replace_huge, empty_slots, 8},
    {"calloc-large", "1", "pair", 20 * K, replace_calloc_large, empty_slots, 16},
    {"realloc-growth", "1", "realloc", 500, realloc_growth, NULL, 0},
};

int main(int argc, char **argv) {
  return micro_main(argc, argv, workloads, sizeof workloads / sizeof *workloads);
}
