/* malloc+free pairs for counting and timing: pairs deep|random|empty|emptyrandom TIMES.
 *
 *   deep     one object at a time, 16 sizes from 16 to 256 bytes in turn
 *   random   1,000 slots, one of them replaced at random, sizes 16..256
 *   empty*   the same loops without the calls, to be taken off
 *
 * Two runs that differ in TIMES tell the cost of a pair without the process's start. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS = 1000 };

static void *slots[SLOTS];
static uint64_t state = 88172645463325252u;

static uint64_t next_random(void) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state;
}

/* What the loops call instead: 2 instructions and 1, their returns included. */
__attribute__((noinline)) static void *no_malloc(size_t n) {
  __asm__ volatile("" : : "r"(n));
  return slots;
}
__attribute__((noinline)) static void no_free(void *p) { __asm__ volatile("" : : "r"(p)); }

__attribute__((noinline, noclone)) static void deep(long times, void *(*allocate)(size_t),
                                                    void (*release)(void *)) {
  for (long i = 0; i < times; i++)
    release(allocate(16 * (size_t)(i % 16 + 1)));
}

__attribute__((noinline, noclone)) static void replace(long times, void *(*allocate)(size_t),
                                                       void (*release)(void *)) {
  for (long i = 0; i < times; i++) {
    uint64_t r = next_random();
    void **slot = &slots[(r >> 20) % SLOTS];
    release(*slot);
    *slot = allocate(16 + (r >> 40) % 241);
  }
}

int main(int argc, char **argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: pairs deep|random|empty|emptyrandom TIMES\n");
    return 2;
  }
  long times = atol(argv[2]);
  bool empty = strncmp(argv[1], "empty", 5) == 0;
  void *(*allocate)(size_t) = empty ? no_malloc : malloc;
  void (*release)(void *) = empty ? no_free : free;
  bool random = strcmp(argv[1], "random") == 0 || strcmp(argv[1], "emptyrandom") == 0;
  (random ? replace : deep)(times, allocate, release);
  return 0;
}
