/* Requests in every way C has, by many paths, the same at each run: two profilers must agree.
 *
 * Their counts mean the same: what was granted, size 0 included, each realloc as one more, whether
 * the object moved or not; refused ones don't count.  Not here: memalign and pvalloc, which
 * heaptrack 1.4 does not see, and callbacks through the C library (qsort), whose inner functions
 * have names only where its debug file is installed.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define APART __attribute__((noipa))

static volatile int zero; /* keeps calls from being last ones, which leave no frame */

APART void *xmalloc(size_t bytes) {
  void *p = malloc(bytes);
  if (p == NULL)
    abort();
  return p;
}

APART void *xrealloc(void *old, size_t bytes) {
  void *p = realloc(old, bytes);
  if (p == NULL)
    abort();
  return p;
}

/* Deeper than what is recorded: both sides are cut. */
APART int descend(int depth, size_t bytes) {
  void *p = xmalloc(bytes);
  int below = depth > 0 ? descend(depth - 1, bytes + 1) : 0;
  free(p);
  return below + 1 + zero;
}

APART int odd(int n);
APART int even(int n) {
  char *p = calloc((size_t)n + 1, 3);
  int r = n > 0 ? odd(n - 1) : 0;
  free(p);
  return r + zero;
}
int odd(int n) {
  char *p = xmalloc((size_t)n);
  int r = n > 0 ? even(n - 1) : 1;
  free(p);
  return r + zero;
}

APART void grow_and_shrink(int steps) {
  char *p = realloc(NULL, 8);
  for (int i = 1; i < steps; i++)
    p = xrealloc(p, (size_t)i * 48); /* from small to large */
  for (int i = steps; i > 1; i--)
    p = realloc(p, (size_t)i * 40);
  p = reallocarray(p, 7, 11);
  free(p);
}

static volatile size_t sizes;
APART void *resize(void *p, size_t bytes) {
  p = realloc(p, bytes);
  sizes = bytes;
  return p;
}

/* Who resizes is not who allocated, and the object may stay where it is. */
APART void handed_over(size_t bytes) {
  void *p = xmalloc(bytes);
  for (size_t i = 0; i < 20; i++)
    p = resize(p, bytes + i);
  free(p);
}

APART void aligned(int rounds) {
  for (int i = 0; i < rounds; i++) {
    void *p = NULL;
    if (posix_memalign(&p, (size_t)64 << i, 100) != 0)
      abort();
    free(p);
    free(aligned_alloc(128, 256));
    free(valloc(10));
  }
}

APART void nothing(void) {
  free(malloc(0));
  free(calloc(0, 5));
  free(realloc(NULL, 0));
  free(NULL);
}

APART void refused(void) {
  volatile size_t too_much = SIZE_MAX / 2, many = SIZE_MAX / 16;
  void *p = NULL, *kept = xmalloc(20);
  free(malloc(too_much));
  free(calloc(many, many));
  free(reallocarray(NULL, many, many));
  if (realloc(kept, too_much) != NULL || posix_memalign(&p, 64, too_much) == 0 ||
      posix_memalign(&p, 3, 3) == 0)
    abort();
  free(kept);
}

static void *list;
APART void keep(size_t bytes) {
  void **p = xmalloc(bytes + sizeof *p);
  *p = list;
  list = p;
}

APART void once(size_t bytes) { free(xmalloc(bytes)); }

APART int called_back(void (*by)(size_t), size_t bytes) {
  by(bytes);
  return zero;
}

APART int copies(const char *text) {
  char *a = strdup(text), *b = strndup(text, 3);
  int same = strcmp(a, b);
  free(a);
  free(b);
  return same + zero;
}

int main(void) {
  for (int i = 0; i < 3; i++) {
    descend(6 + i, 10);
    descend(60, 1);
    even(9);
    odd(4);
  }
  grow_and_shrink(40);
  grow_and_shrink(5);
  handed_over(100);
  handed_over(2000);
  aligned(5);
  nothing();
  refused();
  for (size_t i = 0; i < 1000; i++)
    keep(i);
  for (int i = 0; i < 10; i++)
    copies("a text of some length");
  for (int i = 0; i < 4; i++)
    called_back(i % 2 == 0 ? keep : once, (size_t)i);
  free(xmalloc(100000));
  return 0;
}
