/* What exports are compared on: known sites by several paths, of all sizes, freed or not.
 *
 * Build with -fno-builtin; all functions but one are kept apart.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define APART __attribute__((noinline, noclone, noipa))

static void *volatile kept[4096];
static int used;

APART static void *keep(void *p) { return kept[used++] = p; }

static inline __attribute__((always_inline)) void *within(size_t bytes) { return malloc(bytes); }
APART static void *leaf(size_t bytes) { return within(bytes); }
APART static void empty(void) { /* counted, without a byte */
  for (int i = 0; i < 7; i++)
    keep(malloc(0));
}
APART static void tiny(void) {
  for (int i = 0; i < 300; i++)
    keep(leaf(1 + (size_t)(i % 9)));
}
APART static void mixed(int from) {
  for (int i = from; i < 700; i += 3) {
    void *p = leaf((size_t)i);
    if (i % 5 > 0)
      free(p);
    else
      keep(p);
  }
}
APART static void deep(int n) {
  if (n > 0)
    deep(n - 1);
  else
    mixed(2);
  keep(calloc((size_t)n + 1, 24)); /* so that the call above is no jump */
}
APART static void large(void) {
  keep(realloc(malloc(1000), 70000));
  keep(aligned_alloc(64, 640));
  free(malloc(3000000));
}
APART static void *thread(void *unused) {
  mixed(1);
  keep(strdup("a thread's own"));
  return unused;
}

int main(void) {
  pthread_t other;
  empty();
  tiny();
  mixed(0);
  deep(3);
  large();
  if (pthread_create(&other, NULL, thread, NULL) != 0 || pthread_join(other, NULL) != 0)
    return 1;
  return 0;
}
