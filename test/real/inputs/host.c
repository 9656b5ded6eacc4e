/* A C program, without libstdc++, that opens a C++ plugin, works with it, and closes it: thrice.
 * Usage: host [NUMBER] PLUGIN
 * The plugin describes NUMBER; at 12345, the default, it also lets a new fail. */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *(*describe)(int);
static void *(*make)(int);
static void (*destroy)(void *);
static int (*fails)(int);

static void *find(void *plugin, const char *name) {
  void *found = dlsym(plugin, name);
  if (!found) {
    fprintf(stderr, "%s\n", dlerror());
    exit(9);
  }
  return found;
}

static void *work(void *unused) {
  (void)unused;
  int caught = 0;
  for (int i = 0; i < 2000; i++) {
    void *object = make(i);
    char *text = describe(i);
    caught += fails(i);
    free(text); // strdup'ed by the plugin
    destroy(object);
  }
  return (void *)(size_t)caught;
}

int main(int argc, char **argv) {
  int number = argc > 2 ? atoi(argv[1]) : 12345;
  for (int round = 0; round < 3; round++) {
    void *plugin = dlopen(argv[argc - 1], RTLD_NOW | RTLD_LOCAL);
    if (!plugin) {
      fprintf(stderr, "%s\n", dlerror());
      return 8;
    }
    *(void **)&describe = find(plugin, "describe");
    *(void **)&make = find(plugin, "make");
    *(void **)&destroy = find(plugin, "destroy");
    *(void **)&fails = find(plugin, "fails");
    char *text = describe(number);
    puts(text);
    free(text);
    pthread_t thread[3];
    for (int i = 0; i < 3; i++)
      pthread_create(&thread[i], NULL, work, NULL);
    for (int i = 0; i < 3; i++) {
      void *caught;
      pthread_join(thread[i], &caught);
      printf("caught %zu\n", (size_t)caught);
    }
    dlclose(plugin);
  }
  return 2;
}
