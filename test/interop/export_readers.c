/* What profiles of merges, differences and mapped memory are read from: dumps at SIGUSR1 and at the end, two builds.
 *
 * Between the dumps some memory goes and other comes; with the argument `grow` nothing goes.
 */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define APART __attribute__((noinline, noclone, noipa))

static void *kept[512];
static int used;

APART static void *keep(void *p) { return kept[used++] = p; }
APART static void fill(int count, size_t bytes) {
  for (int i = 0; i < count; i++)
    keep(malloc(bytes + (size_t)i));
}
#ifdef NEW /* so that what comes after it stands elsewhere */
APART static void other(void) { keep(calloc(3, 77)); }
#endif
APART static void early(void) { fill(20, 100); }
APART static void late(void) { fill(30, 3000); }
APART static void both(void) { fill(4, 70); }
APART static void map(size_t pages) {
  keep(mmap(NULL, pages * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
}
APART static void *thread(void *unused) {
  fill(50, 33);
  map(7);
  return unused;
}

int main(int argc, char **argv) {
  pthread_t t;
  early();
  both();
  map(3);
  raise(SIGUSR1);
  usleep(20000); /* the window */
  for (int i = 0; i < 15 && (argc < 2 || strcmp(argv[1], "grow") != 0); i++)
    free(kept[i]);
  late();
  both();
#ifdef NEW
  other();
#endif
  return pthread_create(&t, NULL, thread, NULL) != 0 || pthread_join(t, NULL) != 0;
}
