/* What a tag of a large object costs: nanoseconds of put, take and get, by live objects and
 * threads.
 *
 *   large_tags             prints a table; the table's own code, without the allocators around it
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "large_tags.h"

enum { PAIRS = 4000000, RUNS = 400, MILLION = 1000000 };

static double now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void expect(int right) {
  if (right)
    return;
  fprintf(stderr, "large_tags: the table gave a wrong answer\n");
  exit(1);
}

/* Objects of jemalloc's size classes: pages apart, or 512 bytes. */
static struct large_tag tag_of(uint64_t i, size_t apart) {
  return (struct large_tag){.p = UINT64_C(0x7f0000000000) + i * apart, .bytes = i, .site = 1};
}

static void put(uint64_t i, size_t apart) {
  struct large_tag t = tag_of(i, apart);
  expect(large_tags_put(&t));
}

static void take(uint64_t i, size_t apart) {
  struct large_tag t;
  expect(large_tags_take((void *)tag_of(i, apart).p, &t) && t.bytes == i);
}

/* One object, tagged and untagged in turn; the best of many short runs, for other processes'
 * sake. */
static double pair_ns(uint64_t object) {
  double best = 1e9;
  for (unsigned run = 0; run < RUNS; run++) {
    double start = now_ns();
    for (unsigned i = 0; i < PAIRS / RUNS; i++) {
      put(object, 4096);
      take(object, 4096);
    }
    double ns = (now_ns() - start) / (PAIRS / RUNS);
    best = ns < best ? ns : best;
  }
  return best;
}

static double random_pair_ns(uint64_t live, size_t apart) {
  uint64_t random = 88172645463325252u;
  double start = now_ns();
  for (unsigned i = 0; i < PAIRS; i++) {
    random ^= random << 13;
    random ^= random >> 7;
    random ^= random << 17;
    take(random % live, apart);
    put(random % live, apart);
  }
  return (now_ns() - start) / PAIRS;
}

static void with_many(uint64_t live, size_t apart) {
  double start = now_ns();
  for (uint64_t i = 0; i < live; i++)
    put(i, apart);
  double filled = now_ns();
  double pair = random_pair_ns(live, apart);
  double before = now_ns();
  for (uint64_t i = 0; i < live; i++)
    take(i, apart);
  printf("%8lu live, %4zu apart: fill %5.1f ns/put, random take+put %5.1f ns, empty %5.1f ns/take, "
         "%.1f MB mapped\n",
         live, apart, (filled - start) / (double)live, pair, (now_ns() - before) / (double)live,
         (double)large_tags_bytes() / 1e6);
}

static void *thread_pairs(void *object) {
  for (unsigned i = 0; i < PAIRS; i++) {
    put((uintptr_t)object + i % 1024, 4096);
    take((uintptr_t)object + i % 1024, 4096);
  }
  return NULL;
}

static void with_threads(unsigned n) {
  pthread_t thread[16];
  double start = now_ns();
  for (unsigned i = 0; i < n; i++)
    pthread_create(&thread[i], NULL, thread_pairs, (void *)(uintptr_t)(i * 1000000));
  for (unsigned i = 0; i < n; i++)
    pthread_join(thread[i], NULL);
  printf("%8u threads: put+take %5.1f ns of CPU time a pair\n", n, (now_ns() - start) / PAIRS);
}

int main(void) {
  for (unsigned round = 0; round < 3; round++)
    printf("       1 live: put+take %5.1f ns\n", pair_ns(round));
  with_many(1000, 4096);
  with_many(MILLION, 4096);
  with_many(MILLION, 512);
  for (unsigned n = 1; n <= 4; n *= 2)
    with_threads(n);
  return 0;
}
