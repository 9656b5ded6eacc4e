/* Preloaded beside the shim: its constructor runs before the shim's, and asks for memory. */
#include <stdlib.h>

static void *volatile kept[1000];

__attribute__((constructor)) static void ask_early(void) {
  for (int i = 0; i < 1000; i++)
    kept[i] = malloc(24);
  for (int i = 0; i < 10; i++) {
    void *volatile p = malloc(2000);
    free(p);
  }
}
