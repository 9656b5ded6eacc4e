/* Announces regions as libarena does: region_rows queue|full.
 * queue: 20,000 of one name, 500 alive at a time, the oldest ends first. full: 70,000 alive at
 * once. */
#include "../check.h"
#include "../../../arena/attach.h"

int main(int argc, char **argv) {
  enum { ALIVE = 500, MADE = 20000, MANY = 70000 };
  static struct region_row *rows[ALIVE];
  CHECK(argc > 1 && arenashim_region_attach_v1, "an argument and the shim expected");
  if (strcmp(argv[1], "queue") == 0)
    for (int i = 0; i < MADE; i++) {
      struct region_row **row = &rows[i % ALIVE];
      if (*row)
        (*row)->state = REGION_ROW_ENDED;
      *row = arenashim_region_attach_v1("queued", main);
      CHECK(*row, "a row expected at %d", i);
    }
  else
    for (int i = 0; i < MANY; i++)
      arenashim_region_attach_v1("one of many", main);
  return 0;
}
