/* Makes the link for odd paths, and the list; contract in run_preload.h. */
#include "run_preload.h"
#include "say.h"
#include "text.h"

#include <stddef.h>
#include <stdio.h>
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

char *run_preload_list(const struct run_preload *p) {
  const char *from = getenv("LD_PRELOAD"), *base = file_base(p->path);
  struct text list;
  FILE *to = text_start(&list);
  fputs(p->path, to);
  for (size_t length; from != NULL && *from != '\0'; from += length + (from[length] != '\0')) {
    length = strcspn(from, ": ");
    char *other = must_print("%.*s", (int)length, from);
    if (length > 0 && strcmp(file_base(other), base) != 0)
      fprintf(to, ":%s", other);
    free(other);
  }
  return text_end(to, &list);
}

void run_preload_leave(struct run_preload *p, bool nobody_needs) {
  if (p->directory != NULL && nobody_needs) {
    unlink(p->path);
    rmdir(p->directory);
  }
  free(p->path);
  free(p->directory);
}
