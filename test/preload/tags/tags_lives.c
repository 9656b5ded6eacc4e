/* Call sites whose objects live for known times, counted in allocations; for lives.bats.
 * tags_lives ROUNDS [CHILD [kill]]: each round allocates brief, lasting, mixed twice and large,
 * 5 objects in all.
 *   brief    freed at once
 *   lasting  freed 1,000 rounds later
 *   mixed    one freed at once, one 1,000 rounds later
 *   large    20,000 bytes, freed 100 rounds later
 * With CHILD above 0, a child by fork goes on for so many rounds.  With "kill" the last of the two
 * ends by SIGKILL.
 *   remote   once, 100 objects, of which another thread frees 90, 10 rounds before the end */
#include "../check.h"

enum { KEPT = 1000, LARGE = 100, REMOTE = 100 };

static void *lasting[KEPT], *mixed[KEPT], *large[LARGE], *remote[REMOTE];

__attribute__((noinline)) static void *site_brief(void) { return hide(must(malloc(40))); }
__attribute__((noinline)) static void *site_lasting(void) { return hide(must(malloc(100))); }
__attribute__((noinline)) static void *site_mixed(void) { return hide(must(malloc(60))); }
__attribute__((noinline)) static void *site_large(void) { return hide(must(malloc(20000))); }
__attribute__((noinline)) static void *site_remote(void) { return hide(must(malloc(200))); }

static void *free_them(void *arg) {
  for (int i = 0; i < REMOTE - 10; i++)
    free(remote[i]);
  return arg;
}

static void one_round(long i) {
  free(site_brief());
  free(lasting[i % KEPT]);
  lasting[i % KEPT] = site_lasting();
  free(site_mixed());
  free(mixed[i % KEPT]);
  mixed[i % KEPT] = site_mixed();
  free(large[i % LARGE]);
  large[i % LARGE] = site_large();
}

int main(int argc, char **argv) {
  long rounds = arg_long(argc, argv, 1, 1000);
  watchdog(60);
  for (int i = 0; i < REMOTE; i++)
    remote[i] = site_remote();
  for (long i = 0; i < rounds; i++) {
    if (i == rounds - 10)
      pthread_join(thread_start(free_them, NULL), NULL);
    one_round(i);
  }
  int is_killed = argc > 3 && strcmp(argv[3], "kill") == 0;
  pid_t child = arg_long(argc, argv, 2, 0) > 0 ? fork() : -1;
  for (long i = 0; child == 0 && i < arg_long(argc, argv, 2, 0); i++)
    one_round(i);
  if (is_killed && child <= 0)
    raise(SIGKILL);
  if (child > 0 && is_killed)
    waitpid(child, NULL, 0);
  else if (child > 0)
    wait_ok(child);
}
