/* Makes regions with known totals: one alive at exit, a thousand that ended under one name. */
#include "../check.h"
#include "../../../arena/arena.h"

int main(void) {
  struct arena *alive = arena_create("alive", NULL);
  CHECK(alive, "a region expected, found %p", (void *)alive);
  for (int i = 0; i < 100; i++)
    CHECK(arena_alloc(alive, 50), "memory expected at %d", i);
  for (int i = 0; i < 1000; i++) {
    struct arena *a = arena_create("ended", NULL);
    CHECK(a && arena_alloc(a, 10) && arena_alloc(a, 20000), "a region expected at %d", i);
    arena_destroy(a);
  }
  return 0;
}
