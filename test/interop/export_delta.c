/* What a difference is about: a dump on SIGUSR1, then some of it is freed and other memory asked for. */
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static void *kept[64];

__attribute__((noinline)) static void fill(int from, int to, size_t bytes) {
  for (int i = from; i < to; i++)
    kept[i] = malloc(bytes);
}
__attribute__((noinline)) static void early(void) { fill(0, 20, 100); }
__attribute__((noinline)) static void late(void) { fill(20, 50, 3000); }
__attribute__((noinline)) static void both(int from) { fill(from, from + 4, 70); }

int main(void) {
  early();
  both(50);
  raise(SIGUSR1);
  usleep(20000); /* the window */
  for (int i = 0; i < 15; i++)
    free(kept[i]);
  late();
  both(54);
  return 0;
}
