/* An object freed twice by a thread that has no arena, or by one that has: fault_remote bare|own.
 * The slab has free cells already, so that the second free's chain would be appended to them. */
#include "../check.h"

static void *objects[1000];

static void *free_twice(void *own) {
  if (own)
    free(must(malloc(10)));
  dprintf(1, "%p\n", objects[5]);
  free(objects[5]);
  free(hide(objects[5]));
  return NULL;
}

int main(int argc, char **argv) {
  CHECK(argc == 2, "bare or own expected, found %d arguments", argc);
  for (int i = 0; i < 1000; i++)
    objects[i] = must(malloc(100));
  for (int i = 200; i < 400; i++)
    free(objects[i]);
  pthread_t t = thread_start(free_twice, strcmp(argv[1], "own") == 0 ? objects : NULL);
  pthread_join(t, NULL);
  for (int i = 0; i < 100000; i++)
    must(malloc(100));
  return 0;
}
