/* Forks after 40 MB came and went and five threads ended: the child's report counts from there. */
#include "../check.h"
#include <malloc.h>

enum { COUNT = 400000, THREADS = 5 };
static char *objects[COUNT];

static void *use(void *arg) {
  free(must(malloc(48)));
  return arg;
}

int main(void) {
  for (int i = 0; i < COUNT; i++)
    objects[i] = must(malloc(100));
  for (int i = 0; i < COUNT; i++)
    free(objects[i]);
  malloc_trim(0);
  for (int i = 0; i < THREADS; i++)
    pthread_join(thread_start(use, NULL), NULL);
  pid_t pid = fork();
  if (pid > 0)
    wait_ok(pid);
  return 0;
}
