/* Requests that malloc refuses, each in turn: nothing is lost, nothing counted. */
#include "region_watch.h"

/* How often the cleanup ran. */
static uint64_t ran;

static void count(void *times) { *(uint64_t *)times += 1; }

/* Each step either works or fails with ENOMEM and leaves the counters alone. */
static bool step(const struct arena *a, const struct arena_stats *before, bool worked) {
  if (worked)
    return true;
  assert_int_equal(errno, ENOMEM);
  assert_unchanged(a, before);
  errno = 0;
  return false;
}

static bool requests_made(struct arena *a) {
  struct arena_stats s = arena_stats(a);
  void *p = NULL;
  bool fine = step(a, &s, (p = arena_alloc(a, 8192)) != NULL);
  fine = fine && (s = arena_stats(a), step(a, &s, arena_zalloc(a, 5000) != NULL));
  fine = fine && (s = arena_stats(a), step(a, &s, arena_calloc(a, 100, 100) != NULL));
  fine = fine && (s = arena_stats(a), step(a, &s, arena_alloc_aligned(a, 4096, 5000) != NULL));
  fine = fine && (s = arena_stats(a), step(a, &s, arena_realloc(a, p, 8192, 20000) != NULL));
  fine = fine && (s = arena_stats(a), step(a, &s, arena_memdup(a, "x", 2) != NULL));
  return fine && (s = arena_stats(a), step(a, &s, arena_printf(a, "%9000d", 1) != NULL));
}

static bool all_made(void) {
  struct arena *a = arena_create("root", NULL);
  if (a == NULL) {
    assert_int_equal(errno, ENOMEM);
    return false;
  }
  struct arena_stats s = arena_stats(a);
  struct arena_config c = {.parent = a};
  struct arena *b = NULL;
  bool fine = requests_made(a);
  fine = fine && (s = arena_stats(a), step(a, &s, arena_add_cleanup(a, count, &ran) == 0));
  fine = fine && (s = arena_stats(a), step(a, &s, (b = arena_create("child", &c)) != NULL));
  fine = fine && requests_made(b);
  fine = fine && (s = arena_stats(b), step(b, &s, arena_add_cleanup(b, count, &ran) == 0));
  uint64_t cleanups = arena_stats(a).cleanups + (b == NULL ? 0 : arena_stats(b).cleanups);
  arena_destroy(a);
  assert_int_equal(ran, cleanups);
  ran = 0;
  return fine;
}

static void nth_malloc_refused(void **state) {
  (void)state;
  long n = 0;
  bool fine = false;
  while (!fine) {
    mallocs_until_refusal = n++;
    fine = all_made();
    mallocs_until_refusal = -1;
    assert_int_equal(mallocs_alive, 0);
  }
  assert_in_range(n, 12, 20); /* create, 5 or 6 blocks, cleanup; twice; and the run that works */
}

int main(void) {
  const struct CMUnitTest tests[] = {
      CASE(nth_malloc_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
