/* A C program, free of libstdc++, that opens a C++ plugin: blocks cross between them both ways.
 * capp PLUGIN.so. With a set of operators missing in the shim, the plugin's blocks come from
 * another heap. */
#define _GNU_SOURCE
#include "../check.h"
#include <dlfcn.h>
#include <malloc.h>

static void *symbol(void *plugin, const char *name) {
  void *found = dlsym(plugin, name);
  CHECK(found, "%s expected in the plugin, found: %s", name, dlerror());
  return found;
}

static const char *home_of(void *code) {
  Dl_info info;
  return dladdr(code, &info) ? info.dli_fname : "nowhere";
}

static void use(const char *path) {
  void *plugin = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  CHECK(plugin, "dlopen(%s) expected to succeed, found: %s", path, dlerror());
  char *(*text)(size_t) = symbol(plugin, "plugin_text");
  void (*delete_one)(void *) = symbol(plugin, "plugin_delete");
  void (*delete_array)(void *) = symbol(plugin, "plugin_delete_array");
  int (*work)(int) = symbol(plugin, "plugin_work");
  int (*fails_cleanly)(void) = symbol(plugin, "plugin_fails_cleanly");
  for (size_t n = 0; n <= 1024; n++) {
    char *p = text(n);
    CHECK(strlen(p) == n && malloc_usable_size(p) > n,
          "text of %zu bytes expected from the plugin, found %zu", n, strlen(p));
    p = must(realloc(p, n + 100));
    CHECK(strlen(p) == n, "text of %zu bytes expected after realloc, found %zu", n, strlen(p));
    free(p);
    delete_one(must(malloc(n)));
    delete_array(must(calloc(1, n)));
  }
  CHECK(work(20000) == 0, "plugin's containers and exceptions expected right, found wrong");
  CHECK(fails_cleanly() == 0, "plugin's failing new expected to throw, found otherwise");
  dlclose(plugin);
}

/* Under the shim, the operator that the plugin binds to must live where malloc lives. */
static void check_one_heap(const char *path) {
  void *plugin = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  CHECK(plugin, "dlopen(%s) expected to succeed, found: %s", path, dlerror());
  void *malloc_ = dlsym(RTLD_DEFAULT, "malloc"), *new_ = dlsym(RTLD_DEFAULT, "_Znwm");
  if (strstr(home_of(malloc_), "libarenashim"))
    CHECK(new_ && strcmp(home_of(new_), home_of(malloc_)) == 0,
          "operator new expected in %s, found in %s", home_of(malloc_),
          new_ ? home_of(new_) : "none");
  dlclose(plugin);
}

int main(int argc, char **argv) {
  watchdog(60);
  CHECK(argc == 2, "one argument expected, the plugin; found %d", argc - 1);
  CHECK(!dlsym(RTLD_DEFAULT, "__cxa_throw"),
        "a program without libstdc++ expected, found it linked");
  check_one_heap(argv[1]);
  for (int i = 0; i < 20; i++)
    use(argv[1]);
}
