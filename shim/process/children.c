/* Removes the shim from LD_PRELOAD; contract in children.h.
 *
 * The environment is edited in place, without getenv, setenv and unsetenv: bash and other programs
 * define functions of these names for variables of their own, and we would call those.
 */
#include "children.h"
#include "text.h"

#include <dlfcn.h>
#include <string.h>
#include <unistd.h>

static const char preload[] = "LD_PRELOAD=";
enum { PRELOAD_LENGTH = sizeof preload - 1 };

/* Is `file` the last component of the path of n bytes? */
static bool names(const char *path, size_t n, const char *file) {
  size_t length = strlen(file);
  return n >= length && memcmp(path + n - length, file, length) == 0 &&
         (n == length || path[n - length - 1] == '/');
}

/* Removes our library from the list, by its file name, because the path can be written in several
 * ways.  Entries are separated by colons or spaces.  The others move to the front, so that the list
 * fits where it was. */
static void keep_others(char *list, const char *ours) {
  static const char separators[] = ": ";
  char *to = list;
  for (const char *from = list; *from != '\0';) {
    size_t n = strcspn(from, separators);
    bool last = from[n] == '\0';
    if (n > 0 && !names(from, n, ours)) {
      if (to != list)
        *to++ = ':';
      memmove(to, from, n);
      to += n;
    }
    from += n + !last;
  }
  *to = '\0';
}

void children_drop_shim(void) {
  Dl_info us;
  if (environ == NULL || dladdr((void *)children_drop_shim, &us) == 0)
    return;
  char **to = environ;
  for (char **from = environ; *from != NULL; from++) {
    char *list = *from + PRELOAD_LENGTH;
    bool is_preload = strncmp(*from, preload, PRELOAD_LENGTH) == 0;
    if (is_preload)
      keep_others(list, text_base(us.dli_fname));
    if (!is_preload || *list != '\0')
      *to++ = *from;
  }
  *to = NULL;
}
