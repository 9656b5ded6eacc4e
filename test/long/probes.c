/* Requests of known sizes, two thirds of which are freed, half of these by another thread.  With an argument: a line for
 * each request instead, its size, the bytes that it has, and whether it is freed.
 */
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { OBJECTS = 30000 };

static void *held[OBJECTS];

static size_t size_of(int i) { return (size_t)(i % 50 == 0 ? 600 + i % 7000 : 1 + i * 17 % 500); }

static void free_from(int first) {
  for (int i = first; i < OBJECTS; i += 3)
    free(held[i]);
}

static void *other(void *unused) {
  free_from(1);
  return unused;
}

int main(int argc, char **argv) {
  pthread_t t;
  (void)argv;
  for (int i = 0; i < OBJECTS; i++)
    held[i] = malloc(size_of(i));
  for (int i = 0; i < OBJECTS && argc > 1; i++)
    printf("%zu %zu %d\n", size_of(i), malloc_usable_size(held[i]), i % 3 != 2);
  free_from(0);
  return pthread_create(&t, NULL, other, NULL) != 0 || pthread_join(t, NULL) != 0;
}
