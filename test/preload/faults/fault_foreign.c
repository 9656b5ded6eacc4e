/* Frees a pointer of neither heap: fault_foreign stack|static|file|wild|heap_end. Prints the
 * pointer, then must die. */
#include "../check.h"
#include <sys/mman.h>

static char global[100];

static void *foreign(const char *kind, char *local) {
  if (strcmp(kind, "stack") == 0)
    return local;
  if (strcmp(kind, "static") == 0)
    return global + 32;
  if (strcmp(kind, "wild") == 0)
    return (void *)(uintptr_t)0xdead0000dead0;
  CHECK(strcmp(kind, "file") == 0, "stack, static, wild or file expected, found %s", kind);
  int fd = open("/proc/self/exe", O_RDONLY);
  char *p = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
  CHECK(p != MAP_FAILED, "a mapped file expected, found errno %d", errno);
  return p + 64;
}

int main(int argc, char **argv) {
  char local[100];
  free(must(malloc(100))); /* both heaps are up */
  free(must(malloc(10000)));
  CHECK(argc > 1, "an argument expected, found none");
  void *p = hide(foreign(argv[1], local + 20));
  SAY("%p\n", p);
  argc > 2 ? free(must(realloc(p, 50))) : free(p);
  FAIL("%p is of neither heap: death expected, found alive", p);
}
