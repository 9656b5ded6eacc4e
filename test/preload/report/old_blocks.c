/* Old objects pin blocks: 4 MiB of 64-byte objects, of which one a slab stays; then CHURN requests
 * of another size, and 2 MiB of them that stay.  Prints CHURN. */
#include "../check.h"

enum { OLD = 4 << 14, SLAB = 1024, CHURN = 1000000, NEW = 2 << 12 };

static void *old[OLD], *new[NEW];

int main(void) {
  watchdog(60);
  for (int i = 0; i < OLD; i++)
    old[i] = must(malloc(64));
  for (int i = 0; i < OLD; i++)
    if (i % SLAB != 0)
      free(old[i]);
  for (int i = 0; i < CHURN - NEW; i++)
    free(hide(must(malloc(256))));
  for (int i = 0; i < NEW; i++)
    new[i] = must(malloc(256));
  SAY("%d\n", CHURN);
}
