/* Passes a pointer into the middle of a small object: fault_interior free|realloc|stay|usable
 * [OFFSET = 16 [SIZE = 100]]. Prints the pointer, then must die. stay: a realloc that could leave
 * an object where it is. */
#include "../check.h"
#include <malloc.h>

int main(int argc, char **argv) {
  CHECK(argc > 1, "an argument expected, found none");
  size_t n = (size_t)arg_long(argc, argv, 3, 100);
  char *p = must(malloc(n));
  void *inside = hide(p + arg_long(argc, argv, 2, 16));
  SAY("%p\n", inside);
  if (strcmp(argv[1], "realloc") == 0)
    free(must(realloc(inside, 200)));
  else if (strcmp(argv[1], "stay") == 0)
    SAY("%p\n", realloc(inside, n));
  else if (strcmp(argv[1], "usable") == 0)
    SAY("%zu\n", malloc_usable_size(inside));
  else
    free(inside);
  FAIL("%p lies inside an object: death expected, found alive", inside);
}
