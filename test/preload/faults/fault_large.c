/* Misuse of objects of 512 bytes and more: fault_large CASE BYTES [CLEAN]. Prints the pointer, then
 * does what must end the program; "missed" if it goes on.
 *   twice      free(p) free(p)
 *   later      free(p) free(q) free(p)
 *   deep       the same, with ten frees in between
 *   realloc    free(p) free(q) realloc(p)
 *   remote     another thread frees p, then this one
 *   interior   free(p + 16)
 *   none       nothing wrong: objects that look as if they were freed are not taken for it */
#include "../check.h"

enum { BETWEEN = 10 };

static char *p;

static void *free_it(void *unused) {
  free(p);
  return unused;
}

static void free_others(size_t n, int count) {
  void *q[BETWEEN];
  for (int i = 0; i < count; i++)
    q[i] = must(malloc(n));
  free(p);
  for (int i = 0; i < count; i++)
    free(q[i]);
}

/* An object that goes back and comes again keeps, but for the first word, what a freed one holds.
 */
static void nothing_wrong(size_t n) {
  char copy[512];
  free(p);
  memcpy(copy, hide(p), sizeof copy);
  for (int i = 0; i < 300; i++) {
    char *q = must(malloc(n)), *r = must(malloc(n));
    memcpy(q, copy, sizeof copy);
    memcpy(r, copy, sizeof copy);
    free(i % 2 ? q : r);
    free(i % 2 ? r : q);
  }
}

int main(int argc, char **argv) {
  const char *kind = argc > 1 ? argv[1] : "";
  size_t n = (size_t)arg_long(argc, argv, 2, 1000);
  p = must(malloc(n));
  SAY("%p\n", (void *)p);
  if (strcmp(kind, "twice") == 0) {
    free(p);
    free(hide(p));
  } else if (strcmp(kind, "later") == 0) {
    free_others(n, 1);
    free(hide(p));
  } else if (strcmp(kind, "deep") == 0) {
    free_others(n, BETWEEN);
    free(hide(p));
  } else if (strcmp(kind, "realloc") == 0) {
    free_others(n, 1);
    p = realloc(hide(p), 2 * n);
  } else if (strcmp(kind, "remote") == 0) {
    pthread_t thread;
    pthread_create(&thread, NULL, free_it, NULL);
    pthread_join(thread, NULL);
    free(hide(p));
  } else if (strcmp(kind, "interior") == 0) {
    free(hide(p + 16));
  } else {
    nothing_wrong(n);
    return 0;
  }
  SAY("missed\n");
}
