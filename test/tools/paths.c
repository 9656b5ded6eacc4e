/* Call paths for the two trees of a page: allocations from several lines of a function, which
 * several lines call; a function that allocates by itself and by others; many small ones; and paths
 * that are longer than eight frames. */
#include <stdlib.h>

#define APART __attribute__((noinline, noclone))

static void *volatile kept[64];
static int used;

APART static void leaf(size_t bytes) {
  kept[used++] = malloc(bytes); /* first */
  kept[used++] = malloc(bytes); /* second */
}

APART static void left(void) { leaf(50000); /* left */ }

APART static void right(void) {
  leaf(100000);                 /* right */
  kept[used++] = malloc(60000); /* right itself */
}

APART static void many(void) {
  kept[used++] = malloc(301);
  kept[used++] = malloc(302);
  kept[used++] = malloc(303);
  kept[used++] = malloc(304);
  kept[used++] = malloc(305);
  kept[used++] = malloc(306);
  kept[used++] = malloc(307);
  kept[used++] = malloc(308);
}

APART static void deep(int n) {
  if (n > 0)
    deep(n - 1);
  else
    leaf(25000); /* deep */
  used += 0 * n;
}

int main(void) {
  left();  /* main 1 */
  left();  /* main 2 */
  right(); /* main 3 */
  many();
  deep(20);
  return 0;
}
