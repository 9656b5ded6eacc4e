/* Takes the shim out of LD_PRELOAD, other preloaded libraries stay; contract in children.h. */
#include "children.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

static const char *base_name(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash != NULL ? slash + 1 : path;
}

static bool names(const char *path, size_t n, const char *file) {
  size_t length = strlen(file);
  return n >= length && memcmp(path + n - length, file, length) == 0 &&
         (n == length || path[n - length - 1] == '/');
}

/* Entries are separated by colons or spaces; ours may be written as another path to it. */
static void copy_others(char *to, const char *from, const char *ours) {
  static const char separators[] = ": ";
  char *start = to;
  while (*from != '\0') {
    size_t n = strcspn(from, separators);
    if (n > 0 && !names(from, n, ours)) {
      if (to != start)
        *to++ = ':';
      memcpy(to, from, n);
      to += n;
    }
    from += n + (from[n] != '\0');
  }
  *to = '\0';
}

void children_drop_shim(void) {
  Dl_info us;
  const char *value = getenv("LD_PRELOAD");
  if (value == NULL || dladdr((void *)children_drop_shim, &us) == 0)
    return;
  char *others = malloc(strlen(value) + 1);
  if (others == NULL)
    return;
  copy_others(others, value, base_name(us.dli_fname));
  if (*others != '\0')
    setenv("LD_PRELOAD", others, 1);
  else
    unsetenv("LD_PRELOAD");
  free(others);
}
