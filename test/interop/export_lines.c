/* Calls whose return address lies in the next line, or in the next function: a profile must name
 * the line of the call. */
#include <stdlib.h>
#include <string.h>

#define APART __attribute__((noinline, noclone))

static void *volatile kept[8];
static volatile int steps;

APART static void *leaf(void) {
  void *p = malloc(100); /* malloc in leaf */
  steps++;
  return p;
}

APART static void middle(int i) {
  kept[i] = leaf(); /* leaf in middle */
  steps += i;
}

static inline __attribute__((always_inline)) void within(int i) {
  middle(i); /* middle in within */
  steps -= i;
}

APART static void twice(void) {
  within(0); /* within in twice, the first */
  within(1); /* within in twice, the second */
  steps = 7;
}

/* The call is its last instruction, so that it returns into the function that comes next. */
APART __attribute__((noreturn)) static void never(void) {
  kept[2] = leaf(); /* leaf in never */
  exit(steps != 8);
}

APART __attribute__((noreturn)) static void last(void) { never(); /* never in last */ }

int main(void) {
  twice(); /* twice in main */
  last();  /* last in main */
}
