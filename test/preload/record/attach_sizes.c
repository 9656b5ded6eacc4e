/* What objects of less than a page take: attach_sizes GO.
 *
 * Works until the file GO is there, so that who attaches meanwhile is followed.  Then keeps 10,000
 * objects of 600..3000 bytes, got in all ways there are, and says how many bytes malloc_usable_size
 * and the kernel's resident pages give them. */
#define _GNU_SOURCE
#include "../check.h"
#include <malloc.h>
#include <unistd.h>

enum { OBJECTS = 10000, LEAST = 600, SPREAD = 2400, ALIGNMENT = 64 };

static char *object[OBJECTS];

/* A thread looks at what is asked of it every MiB. */
static void work(void) {
  for (int i = 0; i < 2000; i++) {
    free(must(malloc(1000)));
    free(must(malloc(100)));
  }
}

static char *take(uint64_t *rng, size_t n) {
  switch (rng_below(rng, 4)) {
  case 0:
    return must(calloc(1, n));
  case 1:
    return must(realloc(must(malloc(1000)), n));
  case 2:
    return must(memalign(ALIGNMENT, n));
  default:
    return must(malloc(n));
  }
}

static void measure(void) {
  uint64_t rng = 1;
  size_t usable = 0, asked = 0;
  long before = resident_bytes();
  for (int i = 0; i < OBJECTS; i++) {
    size_t n = LEAST + rng_below(&rng, SPREAD);
    object[i] = memset(take(&rng, n), i, n);
    usable += malloc_usable_size(object[i]);
    asked += n;
  }
  printf("%zu %zu %ld\n", asked, usable, resident_bytes() - before);
  fflush(stdout);
}

int main(int argc, char **argv) {
  CHECK(argc == 2, "expected a file's name");
  while (access(argv[1], F_OK) != 0)
    work();
  measure();
  return 0;
}
