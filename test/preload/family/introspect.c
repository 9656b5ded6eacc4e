/* mallinfo2 and malloc_trim tell the truth: introspect live|remote|trim. */
#include "../check.h"
#include <malloc.h>

enum { COUNT = 20000 };
static char *objects[COUNT];

static size_t in_use(void) { return mallinfo2().uordblks; }

static void expect_use(const char *when, size_t before, size_t bytes) {
  size_t now = in_use() - before;
  CHECK(now == bytes, "%s: %zu bytes in use expected, found %zu", when, bytes, now);
}

static void live(void) {
  size_t before = in_use();
  objects[0] = must(malloc(100));
  expect_use("one object", before, 112);
  for (int i = 1; i < COUNT; i++)
    objects[i] = must(malloc(100));
  expect_use("all objects", before, COUNT * 112);
  for (int i = 0; i < COUNT; i += 2)
    free(objects[i]);
  expect_use("half freed", before, COUNT * 56);
  struct mallinfo2 m = mallinfo2();
  CHECK(m.uordblks + m.fordblks == m.arena, "in use %zu and free %zu expected to be all %zu",
        m.uordblks, m.fordblks, m.arena);
}

static pthread_barrier_t step;

static void *free_some(void *arg) {
  free(must(malloc(1)));
  pthread_barrier_wait(&step);
  pthread_barrier_wait(&step);
  for (int i = 0; i < 1600; i++)
    free(objects[i]);
  pthread_barrier_wait(&step);
  pthread_barrier_wait(&step);
  return arg;
}

/* Freed by another thread, and waiting in the mail. */
static void remote(void) {
  pthread_barrier_init(&step, NULL, 2);
  pthread_t t = thread_start(free_some, NULL);
  pthread_barrier_wait(&step);
  for (int i = 0; i < COUNT; i++)
    objects[i] = must(malloc(8));
  size_t before = in_use();
  pthread_barrier_wait(&step);
  pthread_barrier_wait(&step);
  size_t freed = before - in_use();
  CHECK(freed > 1400 * 16 && freed <= 1600 * 16, "1,600 objects of 16 bytes less, found %zu",
        freed);
  pthread_barrier_wait(&step);
  pthread_join(t, NULL);
}

static void trim_until_done(const char *when) {
  for (int i = 0; i < 5; i++)
    if (malloc_trim(0) == 0)
      return;
  FAIL("%s: malloc_trim still says that it released memory", when);
}

static void trim(void) {
  for (int i = 0; i < COUNT; i++)
    objects[i] = must(malloc(100));
  trim_until_done("at first");
  for (int i = 0; i < COUNT; i++)
    free(objects[i]);
  CHECK(malloc_trim(0) == 1, "1 expected of malloc_trim after %d small objects, found 0", COUNT);
  trim_until_done("small ones");
  char *large = memset(must(malloc(4 << 20)), 1, 4 << 20);
  trim_until_done("a large one alive");
  free(large);
  CHECK(malloc_trim(0) == 1, "1 expected of malloc_trim after 4 MiB, found %d", 0);
  trim_until_done("large ones");
}

int main(int argc, char **argv) {
  watchdog(60);
  const char *what = argc > 1 ? argv[1] : "";
  if (strcmp(what, "live") == 0)
    live();
  else if (strcmp(what, "remote") == 0)
    remote();
  else if (strcmp(what, "trim") == 0)
    trim();
  else
    FAIL("live, remote or trim expected, found %s", what);
  return 0;
}
