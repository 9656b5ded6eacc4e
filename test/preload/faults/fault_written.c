/* Objects written to after they were freed, so that their first words lead elsewhere: malloc must
 * not hand out what they lead to. fault_written [SIZE = 64]: prints the address written, then dies.
 */
#include "../check.h"

enum { COUNT = 20000, SLAB = 65536, GRAIN = 16 };

static char elsewhere[4096] __attribute__((aligned(64)));
static void *objects[COUNT];

int main(int argc, char **argv) {
  size_t size = (size_t)arg_long(argc, argv, 1, 64);
  int a_slab = (int)(SLAB / ((size + GRAIN - 1) / GRAIN * GRAIN));
  for (int i = 0; i < 3 * a_slab; i++)
    objects[i] = must(malloc(size));
  for (int i = 0; i < a_slab / 2; i++)
    free(objects[i]);
  for (int i = 0; i < a_slab / 2; i++) {
    void **first = hide(objects[i]);
    *first = elsewhere;
  }
  SAY("%p\n", (void *)elsewhere);
  for (int i = 0; i < COUNT; i++)
    if (hide(malloc(size)) == (void *)elsewhere)
      FAIL("malloc expected an object of its own, found the address that was written into a freed "
           "one");
  FAIL("death expected, found alive");
}
