/* What malloc_trim gives back of tagged objects: attach_trim GO.
 *
 * Works until the file GO is there, so that who attaches meanwhile is followed.  Then takes and
 * frees a few objects of each size class up to a page, which jemalloc's caches keep, and calls
 * malloc_trim: nothing of them may count as allocated afterwards. */
#define _GNU_SOURCE
#include "../jemalloc/je.h"
#include <malloc.h>

enum { EACH = 8, LEAST = 600, MOST = 4000, STEP = 200, SIZES = (MOST - LEAST) / STEP + 1 };

/* A thread looks at what is asked of it in slow paths, of which objects that come and go one by one
 * take none. */
static void work(void) {
  static void *some[2000];
  for (int i = 0; i < 2000; i++)
    some[i] = must(malloc(100));
  for (int i = 0; i < 2000; i++)
    free(some[i]);
}

int main(int argc, char **argv) {
  static void *object[SIZES][EACH];
  size_t taken = 0;
  CHECK(argc == 2, "expected a file's name");
  while (access(argv[1], F_OK) != 0)
    work();
  malloc_trim(0);
  size_t empty = allocated();
  for (int i = 0; i < SIZES * EACH; i++) {
    object[i / EACH][i % EACH] = must(malloc((size_t)(LEAST + i / EACH * STEP)));
    taken += malloc_usable_size(object[i / EACH][i % EACH]);
  }
  for (int i = 0; i < SIZES * EACH; i++)
    free(object[i / EACH][i % EACH]);
  size_t kept = allocated() - empty;
  malloc_trim(0);
  size_t left = allocated() - empty;
  printf("taken %zu, kept in caches %zu, left after malloc_trim %zu\n", taken, kept, left);
  return 0;
}
