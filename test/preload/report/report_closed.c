/* Opens a plugin that allocates, closes it, keeps what it allocated:
 * report_closed PLUGIN */
#include "../check.h"
#include <dlfcn.h>

static void *kept[100];

int main(int argc, char **argv) {
  watchdog(60);
  CHECK(argc == 2, "one argument expected, found %d", argc - 1);
  void *plugin = must(dlopen(argv[1], RTLD_NOW));
  void *(*holds)(void) = (void *(*)(void))must(dlsym(plugin, "plugin_holds"));
  for (int i = 0; i < 100; i++)
    kept[i] = holds();
  CHECK(dlclose(plugin) == 0, "dlclose failed: %s", dlerror());
  must(dlopen("libresolv.so.2", RTLD_NOW)); /* the loader asks for memory: who comes next looks */
  free(must(malloc(100)));
}
