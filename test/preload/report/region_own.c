/* A program with an arena_create of its own, unlike ours, and a plugin that calls it: it keeps it
 * under the shim. */
#include "../check.h"
#include <dlfcn.h>

int arena_create(int x) { return x + 1; }

int main(int argc, char **argv) {
  CHECK(argc > 1, "a plugin expected, found %d arguments", argc);
  void *plugin = dlopen(argv[1], RTLD_NOW);
  CHECK(plugin, "a plugin expected, found %s", dlerror());
  int (*call)(int) = (int (*)(int))dlsym(plugin, "call_arena_create");
  CHECK(call && call(41) == 42, "the program's arena_create expected, found %d",
        call ? call(41) : -1);
  CHECK(arena_create(1) == 2, "the program's arena_create expected, found %d", arena_create(1));
  return 0;
}
