/* Random operations against a shadow model: model [OPERATIONS = 2000000 [SEED = 1 [THREADS = 1]]]
 * The model knows each live object's address, size and stamp. An overlap changes a stamp; every
 * eighth object is stamped to its last usable byte. With more threads, objects are passed around.
 * With MODEL_KEEP in the environment nothing is freed at the end, and one line tells the model's
 * books of what is live. */
#include "../check.h"
#include <malloc.h>
#include <stdatomic.h>
#include <stdbool.h>

enum { SLOTS = 4000, MAX_THREADS = 32, EXCHANGE = 1000 };

struct object {
  char *p;
  size_t size, stamped;
  uint64_t tag;
};

struct model {
  uint64_t rng, tag;
  long operations, live, live_small, live_small_rounded;
  struct object slots[SLOTS];
};

static struct model models[MAX_THREADS];
static unsigned long seed;
static bool keep; /* MODEL_KEEP: books to compare with the report, hence no aligned blocks, whose
                     cells are larger */
static _Atomic(struct object *)
    exchange[EXCHANGE]; /* whole records change hands, with the object */

/* As FAIL, with the seed that brings the failure back. */
#define EXPECT(cond, format, ...)                                                                  \
  CHECK(cond, "seed %lu, operation %ld: " format, seed, m->operations, __VA_ARGS__)

static bool is_small(size_t n) { return n < 512; }

/* What a request of n bytes takes in the arena: classes are 16 bytes apart, and even 0 bytes take a
 * cell. */
static long rounded(size_t n) { return n ? (long)((n + 15) / 16 * 16) : 16; }

static void book(struct model *m, size_t n, int sign) {
  m->live += sign;
  if (is_small(n)) {
    m->live_small += sign;
    m->live_small_rounded += sign * rounded(n);
  }
}

/* Mostly 0..600, around the border between the heaps; some large, few huge. */
static size_t pick_size(struct model *m) {
  size_t kind = rng_below(&m->rng, 1000);
  if (kind < 2)
    return rng_below(&m->rng, 1 << 20);
  if (kind < 30)
    return rng_below(&m->rng, 40000);
  if (kind < 200)
    return 480 + rng_below(&m->rng, 64);
  return rng_below(&m->rng, kind < 600 ? 128 : 600);
}

static void put(struct model *m, struct object *o, char *p, size_t size) {
  EXPECT((uintptr_t)p % 16 == 0, "%zu bytes expected 16-byte aligned, found %p", size, (void *)p);
  *o = (struct object){p, size, size, ++m->tag * 0x10001};
  if (o->tag % 8 == 0) {
    o->stamped = malloc_usable_size(p);
    EXPECT(o->stamped >= size, "%zu usable bytes expected at least, found %zu", size, o->stamped);
  }
  stamp(p, o->stamped, o->tag);
  book(m, size, 1);
}

static void check(struct model *m, const struct object *o) {
  long at = stamp_wrong_at(o->p, o->stamped, o->tag);
  EXPECT(at < 0, "object of %zu bytes at %p expected unchanged, found changed at %ld", o->size,
         (void *)o->p, at);
}

static void op_new(struct model *m, struct object *o) {
  size_t n = pick_size(m), alignment = 16;
  char *p = NULL;
  switch (keep ? 3 + rng_below(&m->rng, 13) : rng_below(&m->rng, 16)) {
  case 0:
    p = memalign(alignment = (size_t)1 << rng_below(&m->rng, 13), n);
    break;
  case 1: {
    void *made = NULL;
    int error = posix_memalign(&made, alignment = (size_t)8 << rng_below(&m->rng, 10), n);
    EXPECT(error == 0, "posix_memalign(%zu, %zu) expected 0, found %d", alignment, n, error);
    p = made;
    break;
  }
  case 2:
    p = aligned_alloc(alignment = (size_t)1 << rng_below(&m->rng, 11), n);
    break;
  case 3:
  case 4:
  case 5:
    p = calloc(1, n);
    EXPECT(p && (n == 0 || (p[0] == 0 && memcmp(p, p + 1, n - 1) == 0)),
           "calloc(%zu) expected zeroes, found %p", n, (void *)p);
    break;
  case 6:
    p = realloc(NULL, n);
    break;
  default:
    p = malloc(n);
  }
  EXPECT(p, "%zu bytes expected, found NULL, errno %d", n, errno);
  EXPECT((uintptr_t)p % alignment == 0, "alignment %zu expected, found %p", alignment, (void *)p);
  put(m, o, p, n);
}

static void op_free(struct model *m, struct object *o) {
  check(m, o);
  book(m, o->size, -1);
  free(o->p);
  o->p = NULL;
}

static void op_realloc(struct model *m, struct object *o) {
  size_t n = pick_size(m);
  check(m, o);
  book(m, o->size, -1);
  char *p = realloc(o->p, n);
  if (n == 0) {
    EXPECT(!p, "realloc(p, 0) expected NULL, found %p", (void *)p);
    o->p = NULL;
    return;
  }
  EXPECT(p, "realloc to %zu bytes expected, found NULL, errno %d", n, errno);
  size_t kept = o->stamped < n ? o->stamped : n;
  long at = stamp_wrong_at(p, kept == o->stamped ? kept : kept / 8 * 8, o->tag);
  EXPECT(at < 0, "realloc(%zu -> %zu) expected to keep contents, found changed at %ld", o->size, n,
         at);
  put(m, o, p, n);
}

/* Leaves an object, record and all, for whoever comes by, and takes what lies there. */
static void op_pass(struct model *m, struct object *o) {
  struct object *out = must(malloc(sizeof *out));
  *out = *o;
  book(m, o->size, -1);
  o->p = NULL;
  struct object *in = atomic_exchange(&exchange[rng_below(&m->rng, EXCHANGE)], out);
  if (!in)
    return;
  *o = *in;
  free(in);
  book(m, o->size, 1);
  check(m, o);
}

static void *run(void *arg) {
  struct model *m = arg;
  bool threaded = m != models || models[1].operations;
  for (; m->operations > 0; m->operations--) {
    /* the population swells and shrinks, so that slabs fill, empty and move */
    size_t reach = m->operations / 100000 % 2 ? SLOTS : SLOTS / 8;
    size_t i = rng_below(&m->rng, m->operations % 16 ? reach : SLOTS);
    struct object *o = &m->slots[i];
    size_t way = rng_below(&m->rng, 8);
    if (!o->p)
      op_new(m, o);
    else if (way == 0)
      op_realloc(m, o);
    else if (way == 1 && threaded)
      op_pass(m, o);
    else
      op_free(m, o);
  }
  return NULL;
}

static void drain_exchange(struct model *m) {
  for (int i = 0; i < EXCHANGE; i++) {
    struct object *o = atomic_exchange(&exchange[i], NULL);
    if (!o)
      continue;
    book(m, o->size, 1);
    op_free(m, o);
    free(o);
  }
}

static void drain_slots(struct model *m) {
  for (int i = 0; i < SLOTS; i++)
    if (m->slots[i].p)
      op_free(m, &m->slots[i]);
}

int main(int argc, char **argv) {
  long operations = arg_long(argc, argv, 1, 2000000), threads = arg_long(argc, argv, 3, 1);
  keep = getenv("MODEL_KEEP") != NULL;
  seed = (unsigned long)arg_long(argc, argv, 2, 1);
  CHECK(threads > 0 && threads <= MAX_THREADS, "1 to %d threads expected, found %ld", MAX_THREADS,
        threads);
  watchdog(60 + (unsigned)(operations / 200000));
  pthread_t running[MAX_THREADS];
  for (long i = 0; i < threads; i++) {
    models[i].rng = seed * 1000 + (unsigned long)i;
    models[i].operations = operations / threads;
  }
  for (long i = 1; i < threads; i++)
    running[i] = thread_start(run, &models[i]);
  run(&models[0]);
  for (long i = 1; i < threads; i++)
    pthread_join(running[i], NULL);
  drain_exchange(&models[0]);
  long live = 0, small = 0, bytes = 0;
  for (long i = 0; i < threads; i++) {
    live += models[i].live, small += models[i].live_small, bytes += models[i].live_small_rounded;
    if (!keep)
      drain_slots(&models[i]);
  }
  if (keep)
    SAY("live=%ld live_small=%ld live_small_rounded=%ld\n", live, small, bytes);
}
