/* Has many objects, and writes a dump of itself.  How often that asks the kernel, and what it maps,
 * strace sees (resident.bats).
 * Usage: resident_cost BYTES COUNT FILE   objects of that size: below 512 in slabs, above jemalloc's */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int arenashim_dump(const char *pattern) __attribute__((weak));

static __attribute__((noinline)) void keep(size_t bytes, unsigned long count) {
  static void **last;
  for (unsigned long i = 0; i < count; i++) {
    void **p = malloc(bytes);
    memset(p, 1, bytes);
    *p = (void *)last;
    last = p;
  }
}

int main(int count, char **arguments) {
  if (count < 4)
    return 2;
  keep(strtoul(arguments[1], NULL, 10), strtoul(arguments[2], NULL, 10));
  getpgid(0); /* a mark in strace's output */
  return arenashim_dump != NULL && arenashim_dump(arguments[3]) == 0 ? 0 : 1;
}
