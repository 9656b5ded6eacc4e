/* Where the shim and programs are; contract in run_find.h. */
#include "run_find.h"
#include "say.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* "directory/name", or NULL with errno when that can't be read (or executed: mode X_OK). */
static char *file_there(const char *directory, size_t length, const char *name, int mode) {
  struct stat s;
  char *path = must_print("%.*s%s%s", (int)length, directory, length > 0 ? "/" : "", name);
  bool there = stat(path, &s) == 0;
  if (there && S_ISDIR(s.st_mode))
    errno = EISDIR;
  else if (there && access(path, mode) == 0)
    return path;
  int error = errno;
  free(path);
  errno = error;
  return NULL;
}

static char *shim_below(const char *directory) {
  static const char *const places[] = {"libarenashim.so", "../lib/libarenashim.so",
                                       "../lib/x86_64-linux-gnu/libarenashim.so",
                                       "../lib/arenashim/libarenashim.so"};
  for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
    char *path = file_there(directory, strlen(directory), places[i], R_OK);
    char *plain = path != NULL ? realpath(path, NULL) : NULL;
    free(path);
    if (plain != NULL)
      return plain;
  }
  return NULL;
}

char *find_shim(void) {
  char self[PATH_MAX];
  ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
  self[length > 0 ? length : 0] = '\0';
  char *slash = strrchr(self, '/');
  if (slash != NULL)
    *slash = '\0';
  char *path = shim_below(self);
  if (path == NULL)
    say_error("libarenashim.so is neither in %s nor in ../lib of it: install both with `make "
              "install`",
              self);
  return path;
}

/* Of several reasons, one that is more than "not there" is reported. */
char *find_program(const char *word) {
  const char *list = getenv("PATH");
  int error = ENOENT;
  if (strchr(word, '/') != NULL || *word == '\0')
    return file_there("", 0, word, X_OK);
  for (const char *from = list != NULL ? list : "/bin:/usr/bin";; from++) {
    size_t length = strcspn(from, ":");
    char *path = file_there(length > 0 ? from : ".", length > 0 ? length : 1, word, X_OK);
    if (path != NULL)
      return path;
    if (errno == EACCES)
      error = EACCES;
    from += length;
    if (*from == '\0')
      break;
  }
  errno = error;
  return NULL;
}
