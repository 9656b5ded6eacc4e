/* Opens a library that frees and allocates in its destructor, after the shim's own: late_free
 * PLUGIN.so. Prints "late: done"; exits with 7. */
#include "../check.h"
#include <dlfcn.h>

static void at_exit(void) {
  for (size_t n = 0; n < 600; n++)
    free(must(malloc(n)));
}

int main(int argc, char **argv) {
  CHECK(argc == 2, "one argument expected, the plugin; found %d", argc - 1);
  void *plugin = dlopen(argv[1], RTLD_NOW);
  CHECK(plugin, "dlopen expected to succeed, found: %s", dlerror());
  atexit(at_exit);
  return 7;
}
