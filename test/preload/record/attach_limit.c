/* Holds small objects until few addresses are left below its limit (RLIMIT_AS), and goes on to
 * allocate and free: there is no room for a row of tags beside each slab. */
#include "../check.h"
#include <sys/resource.h>

enum { ROUNDS = 1000 };

int main(void) {
  static void *some[ROUNDS];
  struct rlimit limit;
  CHECK(getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY, "a limit expected");
  void **list = NULL;
  for (rlim_t held = 0; held < limit.rlim_cur * 4 / 5;) {
    void **p = malloc(496);
    if (p == NULL)
      break;
    *p = list;
    list = p;
    held += 496;
  }
  watchdog(60);
  SAY("full\n");
  for (;;) {
    for (int i = 0; i < ROUNDS; i++)
      some[i] = malloc(100);
    for (int i = 0; i < ROUNDS; i++)
      free(some[i]);
    usleep(1000);
  }
}
