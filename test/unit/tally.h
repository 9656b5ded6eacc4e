/* Books of what each thread did: added up when it has ended, held against the exact counters. */
#ifndef TEST_TALLY_H
#define TEST_TALLY_H

#include "heap_setup.h"

#include <pthread.h>

struct tally {
  uint64_t allocs[CLASS_SLOTS];
  uint64_t frees[CLASS_SLOTS];
};

static inline void add_books(struct tally *sum, const struct tally *b) {
  for (unsigned c = 1; c < CLASS_SLOTS; c++) {
    sum->allocs[c] += b->allocs[c];
    sum->frees[c] += b->frees[c];
  }
}

static inline unsigned char byte_of(const void *p) { return (unsigned char)((uintptr_t)p >> 4); }

/* While another thread grows the range a request may be refused; never for long. */
static inline void *book_alloc(struct tally *b, size_t n) {
  void *p;
  while ((p = allocate(n)) == NULL)
    ;
  fill(p, class_bytes(request_class(n)), byte_of(p));
  b->allocs[request_class(n)]++;
  return p;
}

static inline void book_free(struct tally *b, void *p) {
  size_t n = heap_usable(p, "test", NULL);
  require(is_filled(p, n, byte_of(p)));
  b->frees[class_of(n)]++;
  heap_free(p);
}

static struct heap_totals start; /* the counters before the first entry */

static inline void expect_books(const struct tally *b) {
  struct heap_totals t = totals_of_all();
  for (unsigned c = 1; c < CLASS_SLOTS; c++) {
    require(t.allocs[c] - start.allocs[c] == b->allocs[c]);
    require(t.frees[c] - start.frees[c] == b->frees[c]);
  }
}

static inline void in_threads(unsigned n, void *(*body)(void *), struct tally *books) {
  pthread_t thread[64];
  for (unsigned i = 0; i < n; i++)
    require(pthread_create(&thread[i], NULL, body, &books[i]) == 0);
  for (unsigned i = 0; i < n; i++)
    pthread_join(thread[i], NULL);
}

static inline uint64_t remote_frees(void) {
  uint64_t n = 0;
  struct heap_totals t = totals_of_all();
  for (unsigned c = 1; c < CLASS_SLOTS; c++)
    n += t.remote[c];
  return n;
}

#endif
