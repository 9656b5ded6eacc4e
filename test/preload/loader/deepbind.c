/* Opens a plugin with RTLD_DEEPBIND and has memory cross its border both ways.  Ends with 7.
 * Usage: deepbind PLUGIN */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

int main(int count, char **arguments) {
  void *plugin = count == 2 ? dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND) : NULL;
  if (plugin == NULL)
    return 2;
  char *(*give)(void) = (char *(*)(void))dlsym(plugin, "plugin_give");
  void (*take)(char *) = (void (*)(char *))dlsym(plugin, "plugin_take");
  int (*line)(const char *) = (int (*)(const char *))dlsym(plugin, "plugin_line");
  for (int i = 0; i < 1000; i++) {
    char *p = realloc(give(), 2000);
    if (p == NULL || strcmp(p, "given") != 0 || !line(arguments[0]))
      return 1;
    take(p);
    take(strdup("ours"));
  }
  return 7;
}
