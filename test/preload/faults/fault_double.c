/* Frees a small object twice, in the ways that are seen without cost: fault_double twice|emptied
 * [SIZE = 100]. twice: at once, the object is the head of its list. emptied: all its neighbours are
 * freed too, and memory given back. Prints the pointer, then must die. */
#include "../check.h"
#include <malloc.h>

enum { COUNT = 200000 };

static void *neighbours[COUNT];

int main(int argc, char **argv) {
  CHECK(argc > 1, "an argument expected, found none");
  size_t n = (size_t)arg_long(argc, argv, 2, 100);
  void *p;
  if (strcmp(argv[1], "twice") == 0) {
    p = hide(must(malloc(n)));
    SAY("%p\n", p);
    free(p);
  } else {
    for (int i = 0; i < COUNT; i++)
      neighbours[i] = must(malloc(n));
    p = hide(neighbours[COUNT / 2]);
    SAY("%p\n", p);
    for (int i = 0; i < COUNT; i++)
      free(neighbours[i]);
    malloc_trim(0);
  }
  free(hide(p));
  FAIL("%p was freed twice: death expected, found alive", p);
}
