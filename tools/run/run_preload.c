/* Makes the link for odd paths; contract in run_preload.h. */
#include "run_preload.h"
#include "say.h"
#include "text.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_plain(const char *path) { return strpbrk(path, " :$") == NULL; }

/* Where others may write they must not be able to replace what is ours. */
static bool is_safe(const char *directory) {
  struct stat s;
  return *directory == '/' && is_plain(directory) && stat(directory, &s) == 0 &&
         S_ISDIR(s.st_mode) && ((s.st_mode & S_ISVTX) || !(s.st_mode & (S_IWGRP | S_IWOTH))) &&
         (s.st_uid == 0 || s.st_uid == geteuid());
}

/* The user that the program becomes must find it, too: so others may pass, but not look. */
static bool link_in(struct run_preload *p, const char *directory, const char *shim) {
  p->directory = must_print("%s/arenashim-XXXXXX", directory);
  p->path = NULL;
  if (mkdtemp(p->directory) != NULL) {
    p->path = must_print("%s/%s", p->directory, file_base(shim));
    if (chmod(p->directory, 0711) == 0 && symlink(shim, p->path) == 0)
      return true;
    rmdir(p->directory);
  }
  free(p->path);
  free(p->directory);
  return false;
}

bool run_preload_make(struct run_preload *p, const char *shim) {
  const char *temporary = getenv("TMPDIR");
  const char *places[] = {"/tmp", "/var/tmp", "/dev/shm", temporary != NULL ? temporary : ""};
  *p = (struct run_preload){0};
  if (is_plain(shim)) {
    p->path = must_copy(shim);
    return true;
  }
  for (size_t i = 0; i < sizeof places / sizeof *places; i++)
    if (is_safe(places[i]) && link_in(p, places[i], shim))
      return true;
  *p = (struct run_preload){0};
  say_error(
      "%s: LD_PRELOAD takes no path with a colon, blank or $, and no link to it can be made in "
      "/tmp: install the shim elsewhere",
      shim);
  return false;
}

void run_preload_leave(struct run_preload *p, bool nobody_needs) {
  if (p->directory != NULL && nobody_needs) {
    unlink(p->path);
    rmdir(p->directory);
  }
  free(p->path);
  free(p->directory);
}
