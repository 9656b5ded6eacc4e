/* Takes all memory that the limit on its address space leaves, and ends with it, not a page being
 * left for a dump: dump_at_limit BYTES prints how many objects of so many bytes it got. */
#include "../check.h"
#include <sys/mman.h>

static char *object(size_t bytes) { return malloc(bytes); }

int main(int argc, char **argv) {
  CHECK(argc == 2, "expected BYTES, found %d arguments", argc - 1);
  size_t bytes = strtoull(argv[1], NULL, 10), n = 0;
  while (object(bytes) != NULL)
    n++;
  while (mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED)
    ;
  SAY("%zu\n", n);
}
