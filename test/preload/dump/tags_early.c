/* Prints how many requests came before the shim's start, and how many stand in paths of one frame.
 * Here nothing else ends after one frame, so the two are the same. */
#include "../check.h"
#include "../../../shim/arenashim.h"

static void add_up(const struct arenashim_site *site, void *sum) {
  if (site->frames == 1)
    *(uint64_t *)sum += site->allocs;
}

int main(void) {
  watchdog(60);
  struct arenashim_totals t = {.size = sizeof t};
  uint64_t sum = 0;
  for (int i = 0; i < 100; i++)
    free(must(malloc(100 * (size_t)i)));
  arenashim_totals(&t);
  arenashim_sites(add_up, &sum);
  SAY("%llu %llu\n", (unsigned long long)t.early, (unsigned long long)sum);
}
