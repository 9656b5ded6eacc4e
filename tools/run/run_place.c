/* Chooses names for dumps; contract in run_place.h. */
#include "run_place.h"
#include "run_find.h"
#include "say.h"
#include "text.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
  NAME_ROOM = 60,                 /* ".NAME.PID.tmp.PID": what the shim appends to FILE */
  PATH_LONGEST = 1023 - NAME_ROOM /* of its patterns, and of what they become */
};

/* The directory of a path, "." for a name alone.  The caller frees it. */
static char *directory_of(const char *path) {
  const char *base = file_base(path);
  size_t length = (size_t)(base - path);
  char *directory = must_copy(length > 0 ? path : ".");
  if (length > 0)
    directory[length > 1 ? length - 1 : 1] = '\0';
  return directory;
}

/* 0, or the errno that tells why a file of that name can't be made or replaced. */
static int name_error(const char *file) {
  struct stat s;
  bool there = stat(file, &s) == 0;
  if (!there && errno == ENOTDIR)
    return ENOTDIR;
  if (*file_base(file) == '\0' || (there && S_ISDIR(s.st_mode)))
    return EISDIR;
  if (there && !S_ISREG(s.st_mode))
    return EINVAL;
  return strlen(file_base(file)) > NAME_MAX - NAME_ROOM ? ENAMETOOLONG : 0;
}

/* Absolute; NULL with errno when its directory is not there. */
static char *absolute(const char *file) {
  char *directory = directory_of(file);
  char *full = access(directory, W_OK | X_OK) == 0 ? realpath(directory, NULL) : NULL;
  int error = errno;
  char *path = NULL;
  if (full != NULL)
    path = must_print("%s/%s", full[1] == '\0' ? "" : full, file_base(file));
  free(full);
  free(directory);
  errno = error;
  return path;
}

/* Absolute; NULL with errno when nothing can be written there. */
static char *writable(const char *file) {
  int error = name_error(file);
  char *path = error == 0 ? absolute(file) : NULL;
  if (path != NULL && strlen(path) > PATH_LONGEST) {
    free(path);
    path = NULL;
    errno = ENAMETOOLONG;
  }
  if (error != 0)
    errno = error;
  return path;
}

/* Where an earlier run had the same pid, a number makes the name another: nothing is lost. */
static bool place_in(struct run_place *p, const char *directory, const char *program) {
  const char *slash = *directory != '\0' ? "/" : "";
  for (int i = 1;; i++) {
    char number[16] = "";
    if (i > 1)
      snprintf(number, sizeof number, "-%d", i);
    char *file = must_print("%s%sarenashim.%.100s.%d%s.dump", directory, slash, program,
                            (int)getpid(), number);
    char *path = writable(file);
    if (path != NULL && access(path, F_OK) != 0) {
      p->file = file;
      p->path = path;
      return true;
    }
    int error = errno;
    bool taken = path != NULL;
    free(file);
    free(path);
    errno = error;
    if (!taken)
      return false;
  }
}

static bool place_default(struct run_place *p, const char *program) {
  const char *temporary = getenv("TMPDIR");
  if (place_in(p, "", program))
    return true;
  const char *why = strerror(errno);
  if ((temporary != NULL && *temporary != '\0' && place_in(p, temporary, program)) ||
      place_in(p, "/tmp", program)) {
    say_warning("the current directory can't be written (%s): the dump will be %s; -o FILE puts it "
                "elsewhere",
                why, p->file);
    return true;
  }
  say_error(
      "neither the current directory nor /tmp can be written: say with -o FILE where the dump "
      "goes");
  return false;
}

static bool place_out(struct run_place *p, const char *out) {
  p->path = writable(out);
  if (p->path == NULL) {
    say_error("%s can't be written: %s: name another file with -o", out,
              errno == EINVAL ? "Not a regular file" : strerror(errno));
    return false;
  }
  p->file = must_copy(out);
  return true;
}

void run_place_names_free(char **names, size_t count) {
  for (size_t i = 0; i < count; i++)
    free(names[i]);
  free(names);
}

char **run_place_names(const struct run_place *p, size_t *count) {
  char **names = NULL, *directory = directory_of(p->path);
  const char *base = file_base(p->path);
  size_t length = strlen(base);
  DIR *all = opendir(directory);
  *count = 0;
  for (struct dirent *e; all != NULL && (e = readdir(all)) != NULL;) {
    if (strncmp(e->d_name, base, length) != 0 || e->d_name[length] != '.')
      continue;
    names = must_resize(names, *count + 1, sizeof *names);
    names[(*count)++] = must_copy(e->d_name);
  }
  if (all != NULL)
    closedir(all);
  free(directory);
  return names;
}

bool run_place_choose(struct run_place *p, const char *out, const char *program) {
  *p = (struct run_place){0};
  bool chosen = out != NULL ? place_out(p, out) : place_default(p, program);
  if (chosen)
    p->before = run_place_names(p, &p->n_before);
  return chosen;
}

char *run_place_pattern(const struct run_place *p) {
  static const char ending[] = ".%e.%p";
  char *pattern = must_alloc(2 * strlen(p->path) + sizeof ending), *to = pattern;
  for (const char *from = p->path; *from != '\0'; from++) {
    if (*from == '%')
      *to++ = '%';
    *to++ = *from;
  }
  memcpy(to, ending, sizeof ending);
  return pattern;
}

void run_place_free(struct run_place *p) {
  run_place_names_free(p->before, p->n_before);
  free(p->file);
  free(p->path);
}
