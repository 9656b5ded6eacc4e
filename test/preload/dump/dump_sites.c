/* Call sites whose figures are known, a function each; for dump.bats.
 * dump_sites [PLUGIN PLUGIN]: with plugins, each is opened, allocates 7 objects of 70 bytes, and is
 * closed again. */
#include "../check.h"
#include <dlfcn.h>

enum { KEPT = 100, CHURNED = 1000, LARGE = 3, HANDED = 500 };

static void *kept[KEPT + LARGE + 1], *handed[HANDED];

__attribute__((noinline)) static void *site_kept(void) { return hide(must(malloc(40))); }
__attribute__((noinline)) static void *site_churned(void) { return hide(must(malloc(100))); }
__attribute__((noinline)) static void *site_large(void) { return hide(must(malloc(5000))); }
__attribute__((noinline)) static void *site_handed(void) { return hide(must(malloc(24))); }
__attribute__((noinline)) static void *site_grown(void *p, size_t n) {
  return hide(must(realloc(p, n)));
}

static void *worker(void *arg) {
  for (int i = 0; i < HANDED; i++)
    handed[i] = site_handed();
  return arg;
}

static void plugin_once(const char *path) {
  void *library = dlopen(path, RTLD_NOW);
  CHECK(library, "%s expected to open, found: %s", path, dlerror());
  void (*allocate)(void) = (void (*)(void))dlsym(library, "plugin_allocate");
  CHECK(allocate, "plugin_allocate expected in %s", path);
  allocate();
  SAY("%s at %p\n", path, (void *)allocate);
  dlclose(library);
}

int main(int argc, char **argv) {
  watchdog(60);
  for (int i = 0; i < KEPT; i++)
    kept[i] = site_kept();
  for (int i = 0; i < CHURNED; i++)
    free(site_churned());
  for (int i = 0; i < LARGE; i++)
    kept[KEPT + i] = site_large();
  kept[KEPT + LARGE] = site_grown(site_grown(NULL, 50), 3000);
  pthread_join(thread_start(worker, NULL), NULL);
  for (int i = 0; i < HANDED; i++) /* its thread has ended: nobody collects them */
    free(handed[i]);
  for (int i = 1; i < argc; i++)
    plugin_once(argv[i]);
  return 0;
}
