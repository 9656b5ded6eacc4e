/* malloc+free pairs, or reallocs, for counting: pairs LOOP TIMES.
 *
 *   deep     one object at a time, 16 sizes from 16 to 256 bytes in turn
 *   random   1,000 slots, one of them replaced at random, sizes 16..256
 *   large    one object at a time, 1,000 bytes
 *   realloc  one object that grows through 16 sizes from 16 to 496 bytes, again and again
 *   empty*   the same loops without the calls, to be taken off
 *
 * The loop runs twice: to warm up, a sixth of TIMES, and then inside `counted`, which is all that
 * callgrind is told to look at.  With PAIRS_TOGGLED in the environment it runs in between while
 * somebody is attached, and again after that; with PAIRS_FRAMES that many calls below main. */
#include "toggle.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS = 1000 };

static void *slots[SLOTS];
static uint64_t state = 88172645463325252u;

struct loop {
  const char *name;
  void (*run)(const struct loop *, long times);
  void *(*allocate)(size_t);
  void (*release)(void *);
  void *(*resize)(void *, size_t);
};

static uint64_t next_random(void) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state;
}

/* What the loops call instead: 2 instructions, 1 and 2, their returns included. */
__attribute__((noinline)) static void *no_malloc(size_t n) {
  __asm__ volatile("" : : "r"(n));
  return slots;
}
__attribute__((noinline)) static void no_free(void *p) { __asm__ volatile("" : : "r"(p)); }
__attribute__((noinline)) static void *no_realloc(void *p, size_t n) {
  __asm__ volatile("" : : "r"(n));
  return p;
}

/* One call site for each, and none that the compiler knows: what stands here is all that is counted
 * beside malloc and free. */
static void deep(const struct loop *l, long times) {
  void *(*allocate)(size_t) = l->allocate;
  void (*release)(void *) = l->release;
  for (long i = 0; i < times; i++)
    release(allocate(16 * (size_t)(i % 16 + 1)));
}

static void large(const struct loop *l, long times) {
  void *(*allocate)(size_t) = l->allocate;
  void (*release)(void *) = l->release;
  for (long i = 0; i < times; i++)
    release(allocate(1000));
}

static void replace(const struct loop *l, long times) {
  void *(*allocate)(size_t) = l->allocate;
  void (*release)(void *) = l->release;
  for (long i = 0; i < times; i++) {
    uint64_t r = next_random();
    void **slot = &slots[(r >> 20) % SLOTS];
    release(*slot);
    *slot = allocate(16 + (r >> 40) % 241);
  }
}

static void grow(const struct loop *l, long times) {
  void *(*resize)(void *, size_t) = l->resize;
  for (long i = 0; i < times; i++)
    slots[0] = resize(slots[0], 16 + 32 * (size_t)(i % 16));
}

__attribute__((noinline, noclone)) static void counted(const struct loop *l, long times) {
  l->run(l, times);
  __asm__ volatile(""); /* no tail call: it would end `counted` */
}

__attribute__((noinline, noclone)) static void counted_below(int calls, const struct loop *l,
                                                             long times) {
  if (calls > 0)
    counted_below(calls - 1, l, times);
  else
    counted(l, times);
  __asm__ volatile(""); /* as above */
}

/* Objects of another size, more than a list has: a loop may take no slow path for ever. */
static void take_slow_paths(void) {
  static void *p[3000];
  for (int i = 0; i < 3000; i++)
    p[i] = malloc(400);
  for (int i = 0; i < 3000; i++)
    free(p[i]);
}

/* Until the process has followed. */
static void toggle(const struct loop *l, long times, uint64_t sample_bytes) {
  struct record_head *head = toggle_head();
  if (head == NULL)
    return;
  toggle_ask(head, sample_bytes, 8);
  while (!toggle_seen(head))
    take_slow_paths();
  l->run(l, times);
}

static void warm_up(const struct loop *l, long times) {
  l->run(l, times);
  for (int i = 0; i < 3 && getenv("PAIRS_TOGGLED") != NULL; i++) {
    toggle(l, times, i == 1 ? 65536 : 1);
    toggle(l, times, 0);
  }
}

static const struct loop loops[] = {
    {"deep", deep, malloc, free, NULL},
    {"random", replace, malloc, free, NULL},
    {"large", large, malloc, free, NULL},
    {"realloc", grow, NULL, NULL, realloc},
    {"empty", deep, no_malloc, no_free, NULL},
    {"emptylarge", large, no_malloc, no_free, NULL},
    {"emptyrandom", replace, no_malloc, no_free, NULL},
    {"emptyrealloc", grow, NULL, NULL, no_realloc},
};

int main(int argc, char **argv) {
  long times = argc == 3 ? atol(argv[2]) : 0;
  for (const struct loop *l = loops; times > 0 && l < loops + sizeof loops / sizeof *loops; l++) {
    if (strcmp(argv[1], l->name) == 0) {
      warm_up(l, times / 6);
      const char *calls = getenv("PAIRS_FRAMES");
      counted_below(calls == NULL ? 0 : atoi(calls), l, times);
      return 0;
    }
  }
  fprintf(
      stderr,
      "usage: pairs deep|random|large|realloc|empty|emptyrandom|emptylarge|emptyrealloc TIMES\n");
  return 2;
}
