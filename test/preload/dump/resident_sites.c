/* Has objects of very many call paths, with free cells between them, and writes a dump of itself.
 * Usage: resident_sites PATHS FILE
 *
 * Path k is one call for each digit of k.  It makes two objects of 16 + k % 400 bytes, of which the
 * second of each odd k is freed, and each hundredth path one of 3,000 bytes.  The last path makes
 * HOLED objects of 500 bytes, some pages of which are given back to the system; how many is printed.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { DIGITS = 5, HOLED = 2000, CELL = 512, PAGE = 4096, ON_TWO_PAGES = 2 * PAGE / CELL };

int arenashim_dump(const char *pattern) __attribute__((weak));

static void *kept; /* what is alive, each in the next */
static char *holed[HOLED];
static int holes;

static void keep(void **p) {
  *p = kept;
  kept = p;
}

static void make(unsigned long k) {
  size_t bytes = 16 + k % 400;
  keep(memset(malloc(bytes), 1, bytes));
  void *p = memset(malloc(bytes), 1, bytes);
  if (k % 2 == 1)
    free(p);
  else
    keep(p);
  if (k % 100 == 0)
    keep(memset(malloc(3000), 1, 3000));
}

/* Pages in the middle of neighbours: all that lies on them is theirs. */
static int make_holes(void) {
  int pages = 0;
  for (int i = 0; i < HOLED; i++)
    holed[i] = memset(malloc(500), 1, 500);
  for (int i = 0; i + ON_TWO_PAGES < HOLED; i += ON_TWO_PAGES)
    if (holed[i + ON_TWO_PAGES] == holed[i] + 2 * (size_t)PAGE) {
      char *page = holed[i] + (-(uintptr_t)holed[i] & (PAGE - 1));
      pages += madvise(page, PAGE, MADV_DONTNEED) == 0;
    }
  return pages;
}

static void call(unsigned long k, unsigned long rest, int digits, int last);

#define WAY(n)                                                                                     \
  case n:                                                                                          \
    call(k, rest / 10, digits - 1, last);                                                          \
    __asm__ volatile("# way " #n);                                                                 \
    break

/* Each digit is a call of its own, and none is the last thing that is done. */
static __attribute__((noinline)) void call(unsigned long k, unsigned long rest, int digits,
                                           int last) {
  if (digits == 0) {
    make(k);
    if (last)
      holes = make_holes();
    return;
  }
  switch (rest % 10) {
    WAY(0);
    WAY(1);
    WAY(2);
    WAY(3);
    WAY(4);
    WAY(5);
    WAY(6);
    WAY(7);
    WAY(8);
    WAY(9);
  }
}

int main(int count, char **arguments) {
  if (count < 3 || arenashim_dump == NULL)
    return 2;
  unsigned long paths = strtoul(arguments[1], NULL, 10);
  for (unsigned long k = 0; k < paths; k++)
    call(k, k, DIGITS, k == paths - 1);
  getpgid(0); /* a mark in strace's output */
  if (arenashim_dump(arguments[2]) != 0)
    return 1;
  printf("%d\n", holes); /* after the dump: its buffer would be an object more */
  return 0;
}
