/* Keeps N objects of 64 bytes, and asks N times for 16 bytes that it frees: grow N. */
#include <stdio.h>
#include <stdlib.h>

static void **kept;

__attribute__((noinline)) static void keep(long i) {
  kept[i] = malloc(64);
  if (kept[i] == NULL)
    abort();
}

__attribute__((noinline)) static void fill(long n) {
  for (long i = 0; i < n; i++) {
    keep(i);
    void *volatile passing = malloc(16);
    free(passing);
  }
}

int main(int argc, char **argv) {
  static void *room[1 << 20];
  long n = argc > 1 ? strtol(argv[1], NULL, 10) : 0;
  kept = room;
  if (n < 0 || n > 1 << 20)
    return 2;
  fill(n);
  printf("%ld\n", n);
  return 0;
}
