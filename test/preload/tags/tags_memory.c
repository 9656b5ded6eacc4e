/* What tags cost in memory.  Usage: tags_memory live BYTES  |  tags_memory paths DEPTH
 *   live    1,000,000 objects of that size: prints tags and tables in percent of the live bytes
 *   paths   1,000,000 different paths: the process keeps running, what found no room is counted */
#define _GNU_SOURCE
#include "../../../shim/arenashim.h"
#include "../check.h"

static struct arenashim_totals totals(void) {
  struct arenashim_totals t = {.size = sizeof t};
  arenashim_totals(&t);
  return t;
}

enum { OBJECTS = 1000000 };
static void *object[OBJECTS];

static int live(size_t bytes, long limit) {
  long before = resident_bytes();
  uint64_t tables = totals().table_bytes;
  memset(object, 1, sizeof object); /* resident before it is measured */
  long holding = resident_bytes() - before;
  for (int i = 0; i < OBJECTS; i++)
    memset(object[i] = must(malloc(bytes)), 1, bytes);
  long used = resident_bytes() - before - holding;
  struct arenashim_totals t = totals();
  CHECK(t.live_bytes >= OBJECTS * bytes, "live bytes");
  double live_rounded = (double)t.live_rounded;
  SAY("%zu bytes: %.1f %% above the cells, tables grew by %.2f %%\n", bytes,
      100 * ((double)used - live_rounded) / live_rounded,
      100 * (double)(t.table_bytes - tables) / live_rounded);
  return (double)used > live_rounded * (1 + (double)limit / 100);
}

/* Each level has two call sites: 2^20 paths of 20 levels. */
static uint64_t made;
__attribute__((noinline)) static void branch(int level) {
  if (level == 0) {
    free(must(malloc(32)));
    made++;
    return;
  }
  branch(level - 1);
  __asm__ volatile("");
  branch(level - 1);
  __asm__ volatile("");
}
static int paths(void) {
  branch(20);
  struct arenashim_totals t = totals();
  SAY("%llu paths: %llu sites, %llu without room, %llu MiB of tables\n", (unsigned long long)made,
      (unsigned long long)t.sites, (unsigned long long)t.full,
      (unsigned long long)t.table_bytes >> 20);
  CHECK(made == 1 << 20 && t.allocs >= made, "all served");
  CHECK(t.full > 0 && t.sites + t.full > made / 2, "what found no room is counted");
  free(must(malloc(32)));
  return 0;
}

int main(int argc, char **argv) {
  CHECK(argc > 2 && arenashim_totals, "usage");
  watchdog(250);
  return strcmp(argv[1], "paths") == 0
             ? paths()
             : live((size_t)arg_long(argc, argv, 2, 16), arg_long(argc, argv, 3, 30));
}
