/* Random operations on several heaps, compared with a shadow model.
 *
 *   heap_model_test [OPERATIONS [SEED]]          default 300000 operations, seed 1
 *
 * One thread plays several in turn, so that a run can be repeated: each player has a heap, or
 * none yet, or has ended.  The shadow knows of each object its address, size and fill; a map of
 * the range's grains shows an overlap at once; books by class are compared with the exact
 * counters, and every so often all heaps are held against their invariants.
 */
#include "heap_setup.h"

enum { PLAYERS = 5, OBJECTS = 30000, CHECKS = 60 };

struct object {
  unsigned char *p;
  uint16_t size;
  unsigned char fill;
};

static struct object objects[OBJECTS];
static unsigned held, target;
static struct heap *players[PLAYERS];
static unsigned player;
static uint64_t random_state = 1, operations = 300000;
static uint64_t allocs[CLASS_SLOTS], frees[CLASS_SLOTS], remote[CLASS_SLOTS];
static unsigned char *grains; /* one bit a grain of the range: is in an object */

static uint64_t chance(uint64_t n) { return next_random(&random_state) % n; }

/* ---- the map ---- */

#define MAP_BYTES (UINT64_C(1) << 30) /* of the range; more is never used here */

static void mark(const void *p, size_t bytes, bool taken) {
  uintptr_t first = range_offset(p) / GRAIN;
  require(range_offset(p) + bytes <= MAP_BYTES);
  for (uintptr_t g = first; g < first + bytes / GRAIN; g++) {
    require((grains[g / 8] >> g % 8 & 1) != taken);
    grains[g / 8] ^= (unsigned char)(1 << g % 8);
  }
}

/* ---- operations ---- */

/* Sizes: any, or in phases one class alone, so that slabs fill up and empty. */
static size_t pick_size(void) {
  static size_t favourite;
  if (chance(2000) == 0)
    favourite = chance(SMALL_MAX + 1);
  return chance(3) == 0 ? chance(SMALL_MAX + 1) : favourite;
}

static void do_alloc(void) {
  if (held == OBJECTS)
    return;
  size_t n = pick_size();
  unsigned c = request_class(n);
  struct object *o = &objects[held++];
  *o = (struct object){.p = allocate(n), .size = (uint16_t)n, .fill = (unsigned char)chance(256)};
  require(o->p != NULL && (uintptr_t)o->p % GRAIN == 0);
  require(heap_usable(o->p, "model", NULL) == class_bytes(c));
  mark(o->p, class_bytes(c), true);
  fill(o->p, n, o->fill);
  allocs[c]++;
}

static void free_object(unsigned i) {
  struct object o = objects[i];
  unsigned c = request_class(o.size);
  objects[i] = objects[--held];
  require(is_filled(o.p, o.size, o.fill));
  mark(o.p, class_bytes(c), false);
  frees[c]++;
  remote[c] += slab_of(o.p)->owner != heap_self;
  heap_free(o.p);
}

/* The newest, the oldest, or any. */
static void do_free(void) {
  if (held == 0)
    return;
  uint64_t which = chance(4);
  free_object(which == 0 ? held - 1 : which == 1 ? 0 : (unsigned)chance(held));
}

static void switch_to(unsigned i) {
  players[player] = heap_self;
  player = i;
  heap_self = players[i];
}

/* Ends a thread, or lets one that has ended begin anew. */
static void do_end(void) {
  if (heap_self == &heap_over)
    heap_self = (struct heap *)&heap_none;
  else
    heap_thread_ended();
}

static void do_rare(void) {
  switch (chance(9)) {
  case 0:
    do_end();
    break;
  case 1:
    chance(2) ? heap_trim() : trim_own();
    break;
  case 2: /* slabs go on to recycle, or not */
    list_spread_bytes = chance(2) ? 0 : LIST_SPREAD_BYTES;
    break;
  default:
    switch_to((unsigned)chance(PLAYERS));
  }
}

static void step(void) {
  if (chance(5000) == 0)
    target = (unsigned)chance(4) * (OBJECTS / 4);
  if (chance(150) == 0)
    do_rare();
  else if (chance(100) < (held < target ? 65 : 35))
    do_alloc();
  else
    do_free();
}

/* ---- comparison ---- */

static void compare(void) {
  struct heap_totals t = totals_of_all();
  for (unsigned c = 1; c < CLASS_SLOTS; c++) {
    require(t.allocs[c] == allocs[c] && t.frees[c] == frees[c]);
    require(t.remote[c] == remote[c]);
  }
  check_all_heaps();
}

static void test_random_operations(void **state) {
  (void)state;
  for (uint64_t i = 1; i <= operations; i++) {
    step();
    if (i % (operations / CHECKS + 1) == 0)
      compare();
  }
  compare();
  require(heap_count() <= PLAYERS + 1);
}

/* Everything freed and given back: nothing is left but the current slabs. */
static void test_nothing_is_lost(void **state) {
  (void)state;
  while (held > 0)
    free_object((unsigned)chance(held));
  for (unsigned i = 0; i < PLAYERS; i++) {
    switch_to(i);
    trim_own();
  }
  for (unsigned i = 0; i < PLAYERS; i++) { /* mail of those that came later */
    switch_to(i);
    heap_thread_ended();
  }
  heap_trim();
  compare();
  for (unsigned c = 1; c < CLASS_SLOTS; c++)
    require(allocs[c] == frees[c]);
  for (unsigned i = 0; i < heap_count(); i++) {
    struct inventory v = check_invariants(heap_at(i));
    for (unsigned c = 1; c < CLASS_SLOTS; c++)
      require(v.slabs[c][SLAB_QUEUED] == 0 && v.slabs[c][SLAB_FULL] == 0);
    require(heap_at(i)->dirty_bytes == 0 && v.blocks <= CLASSES);
  }
}

int main(int argc, char **argv) {
  if (argc > 1)
    operations = strtoull(argv[1], NULL, 10);
  if (argc > 2)
    random_state = strtoull(argv[2], NULL, 10) | 1;
  test_start();
  grains = calloc(MAP_BYTES / GRAIN / 8, 1);
  for (unsigned i = 0; i < PLAYERS; i++)
    players[i] = (struct heap *)&heap_none;
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_random_operations),
      cmocka_unit_test(test_nothing_is_lost),
  };
  int failures = cmocka_run_group_tests(tests, NULL, NULL);
  free(grains);
  return failures;
}
