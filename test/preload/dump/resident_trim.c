/* Writes a dump, does what its sentences advise, and prints by how many bytes its resident size fell.
 *
 *   trim   frees small, large and huge objects; then malloc_trim
 *   pins   frees all small objects but a few, which keep their slabs; then frees these, and malloc_trim
 */
#define _GNU_SOURCE
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int arenashim_dump(const char *pattern) __attribute__((weak));

enum { SMALL = 200000, LARGE = 1000, HUGE = 3, PIN_EACH = 150 };
static char *small[SMALL], *large[LARGE], *huge[HUGE];

static long resident(void) {
  long pages = 0;
  FILE *f = fopen("/proc/self/statm", "re");
  if (f == NULL || fscanf(f, "%*d %ld", &pages) != 1)
    exit(1);
  fclose(f);
  return pages * 4096;
}

static char *filled(size_t n) { return memset(malloc(n), 1, n); }

__attribute__((noinline)) static char *pin_keep(void) {
  return memset(malloc(150), 1, 150); /* a frame of its own */
}
__attribute__((noinline)) static char *pin_go(void) { return memset(malloc(150), 1, 150); }

static void allocate(void) {
  for (int i = 0; i < SMALL; i++)
    small[i] = i % PIN_EACH == 0 ? pin_keep() : pin_go();
  for (int i = 0; i < LARGE; i++)
    large[i] = filled(16 << 10);
  for (int i = 0; i < HUGE; i++)
    huge[i] = filled(3 << 20);
}

static void free_small(int pins) {
  for (int i = 0; i < SMALL; i++)
    if ((i % PIN_EACH == 0) == pins)
      free(small[i]);
}

int main(int argc, char **argv) {
  int trim = argc == 3 && strcmp(argv[1], "trim") == 0;
  if (argc != 3 || arenashim_dump == NULL)
    return 2;
  allocate();
  free_small(0);
  if (trim) {
    free_small(1);
    for (int i = 0; i < LARGE; i++)
      free(large[i]);
    for (int i = 0; i < HUGE; i++)
      free(huge[i]);
  } else {
    malloc_trim(0); /* what is not pinned is no part of this */
  }
  resident();
  if (arenashim_dump(argv[2]) != 0)
    return 1;
  long before = resident();
  if (!trim)
    free_small(1);
  malloc_trim(0);
  printf("%ld\n", before - resident());
  return 0;
}
