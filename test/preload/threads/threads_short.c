/* Many short threads: arenas are handed on, so resident memory stays flat. threads_short [THREADS =
 * 5000] Eight at a time; each leaves some objects to the main thread, which frees them after the
 * thread's end. */
#include "../check.h"

enum { TOGETHER = 8, LEFT = 16, COUNT = 300, SLACK = 4 << 20 };

struct legacy {
  uint64_t rng;
  char *left[LEFT];
  size_t sizes[LEFT];
};

static void *live_shortly(void *arg) {
  struct legacy *l = arg;
  char *held[COUNT];
  size_t sizes[COUNT];
  for (int i = 0; i < COUNT; i++) {
    sizes[i] = rng_below(&l->rng, i % 50 != 49 ? 512 : 9000);
    held[i] = must(malloc(sizes[i]));
    stamp(held[i], sizes[i], (uintptr_t)held[i]);
  }
  for (int i = 0; i < COUNT; i++)
    if (i < LEFT) {
      l->left[i] = held[i];
      l->sizes[i] = sizes[i];
    } else {
      CHECK_STAMP(held[i], sizes[i], (uintptr_t)held[i]);
      free(held[i]);
    }
  return NULL;
}

static void run_together(struct legacy *legacies) {
  pthread_t threads[TOGETHER];
  for (int i = 0; i < TOGETHER; i++)
    threads[i] = thread_start(live_shortly, &legacies[i]);
  for (int i = 0; i < TOGETHER; i++)
    pthread_join(threads[i], NULL);
  for (int i = 0; i < TOGETHER * LEFT; i++) {
    struct legacy *l = &legacies[i / LEFT];
    CHECK_STAMP(l->left[i % LEFT], l->sizes[i % LEFT], (uintptr_t)l->left[i % LEFT]);
    free(l->left[i % LEFT]);
  }
}

int main(int argc, char **argv) {
  long threads = arg_long(argc, argv, 1, 5000), warm = threads / 10 + 100, before = 0;
  watchdog(60 + (unsigned)(threads / 500));
  static struct legacy legacies[TOGETHER];
  for (int i = 0; i < TOGETHER; i++)
    legacies[i].rng = (uint64_t)i;
  for (long done = 0; done < threads; done += TOGETHER) {
    if (!before && done >= warm)
      before = resident_bytes();
    run_together(legacies);
  }
  long grown = resident_bytes() - before;
  CHECK(grown < SLACK, "resident memory expected flat over %ld threads, found %ld KiB more",
        threads - warm, grown / 1024);
}
