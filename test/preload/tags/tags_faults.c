/* Misuse that tags always detect: the program dies with one message.
 * Usage: tags_faults CASE      under ARENASHIM_TAG=site or stack:N */
#include "../check.h"

static void *p[8];
static void *free_first(void *argument) {
  free(p[0]);
  return argument;
}
static void in_thread(void *(*run)(void *)) { pthread_join(thread_start(run, NULL), NULL); }

static void again_later(void) { /* not the list's head any more */
  for (int i = 0; i < 5; i++)
    free(p[i]);
  free(hide(p[0]));
}
static void remote_again(void) {
  in_thread(free_first);
  free(hide(p[0]));
}
static void remote_twice(void) {
  in_thread(free_first);
  in_thread(free_first);
}
static void *remote_other(void *argument) {
  for (int i = 0; i < 5; i++)
    free(p[i]);
  free(hide(p[1]));
  return argument;
}
static void remote_later(void) { in_thread(remote_other); }
static void local_remote(void) {
  free(p[0]);
  in_thread(free_first);
}
static void interior(void) { free(hide((char *)p[0] + 16)); }
static void interior_odd(void) { free(hide((char *)p[0] + 1)); }
static void interior_realloc(void) { p[0] = realloc(hide((char *)p[0] + 16), 20); }
static void realloc_freed(void) {
  free(p[0]);
  free(p[1]);
  p[0] = realloc(hide(p[0]), 60);
}

int main(int argc, char **argv) {
  static const struct {
    const char *name;
    void (*run)(void);
  } cases[] = {{"again_later", again_later},    {"remote_again", remote_again},
               {"remote_twice", remote_twice},  {"remote_later", remote_later},
               {"local_remote", local_remote},  {"interior", interior},
               {"interior_odd", interior_odd},  {"interior_realloc", interior_realloc},
               {"realloc_freed", realloc_freed}};
  for (int i = 0; i < 8; i++)
    p[i] = must(malloc(56));
  for (size_t i = 0; argc > 1 && i < sizeof cases / sizeof *cases; i++)
    if (strcmp(argv[1], cases[i].name) == 0)
      cases[i].run();
  return 0;
}
