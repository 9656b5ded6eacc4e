/* Chooses places for dumps; contract in run_place.h. */
#include "run_place.h"
#include "run_name.h"
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

static const char ending[] = "/%e.%p.dump", record_ending[] = "/%e.%p.record";
enum {
  PATTERN_LONGEST = 1023, /* the shim's */
  NAME_ROOM = RUN_NAME_MAX + sizeof ".4194304.record.4194304.tmp.123456789012345"
};

/* The directory of a path with its slash, "" for a name alone.  The caller frees it. */
static char *directory_of(const char *path) {
  return must_print("%.*s", (int)(file_base(path) - path), path);
}

/* 0, or the errno that says why a file of that name can't be made or replaced. */
static int name_error(const char *file) {
  struct stat s;
  if (stat(file, &s) == 0)
    return S_ISREG(s.st_mode) ? 0 : EINVAL;
  if (errno == ENOTDIR || errno == ENAMETOOLONG)
    return errno;
  return strlen(file_base(file)) > NAME_MAX ? ENAMETOOLONG : 0;
}

static bool is_too_long(const char *path) {
  size_t signs = 0;
  for (const char *c = path; *c != '\0'; c++)
    signs += *c == '%';
  return strlen(path) + signs + sizeof record_ending > PATTERN_LONGEST ||
         strlen(path) + NAME_ROOM > PATTERN_LONGEST;
}

/* The directory that was just made; false with errno when the shim can't take its path. */
static bool made_take(struct run_place *p, char *directory) {
  char *path = realpath(directory, NULL);
  if (path != NULL && !is_too_long(path)) {
    p->directory = directory;
    p->path = path;
    return true;
  }
  int error = path != NULL ? ENAMETOOLONG : errno;
  rmdir(directory);
  free(path);
  free(directory);
  errno = error;
  return false;
}

/* `within` has a slash at its end, or is "".  Where an earlier run had the same pid, a number makes
 * the name another.  Nobody else may write into it, whatever the umask. */
static bool make_within(struct run_place *p, const char *within, const char *name) {
  for (int i = 1;; i++) {
    char number[16] = "";
    if (i > 1)
      snprintf(number, sizeof number, "-%d", i);
    char *directory = must_print("%sarenashim.%s.%d%s", within, name, (int)getpid(), number);
    if (mkdir(directory, 0755) == 0)
      return made_take(p, directory);
    int error = errno;
    free(directory);
    errno = error;
    if (error != EEXIST)
      return false;
  }
}

static bool make_in_temporary(struct run_place *p, const char *temporary, const char *name) {
  char *within = must_print("%s/", temporary);
  bool made = make_within(p, within, name);
  free(within);
  return made;
}

static bool make_default(struct run_place *p, const char *name) {
  const char *temporary = getenv("TMPDIR");
  if (make_within(p, "", name))
    return true;
  const char *why = strerror(errno);
  if ((temporary != NULL && *temporary != '\0' && make_in_temporary(p, temporary, name)) ||
      make_in_temporary(p, "/tmp", name)) {
    say_warning("the current directory can't be written (%s): dumps go to %s/; -o FILE puts them "
                "elsewhere",
                why, p->directory);
    return true;
  }
  say_error("neither the current directory nor /tmp can be written: say with -o FILE where the "
            "dump goes");
  return false;
}

static bool refuse(const char *out, int error) {
  say_error("%s can't be written: %s: name another file with -o", out,
            error == EINVAL ? "Not a regular file" : strerror(error));
  return false;
}

/* A directory: one that is there, or a name with a slash behind it, which is made. */
static bool make_in(struct run_place *p, const char *directory, const char *name) {
  size_t length = strlen(directory);
  while (length > 1 && directory[length - 1] == '/')
    length--;
  p->out = must_print("%.*s/", (int)length, length == 1 && *directory == '/' ? "" : directory);
  if (mkdir(p->out, 0777) != 0 && errno != EEXIST)
    return refuse(directory, errno);
  return make_within(p, p->out, name) || refuse(directory, errno);
}

static bool make_beside(struct run_place *p, const char *file, const char *name) {
  int error = name_error(file);
  if (error != 0)
    return refuse(file, error);
  p->file = must_copy(file);
  p->out = directory_of(file);
  return make_within(p, p->out, name) || refuse(file, errno);
}

bool run_place_make(struct run_place *p, const char *out, const char *name) {
  struct stat s;
  *p = (struct run_place){0};
  if (out == NULL)
    return make_default(p, name);
  bool is_directory = *file_base(out) == '\0' || (stat(out, &s) == 0 && S_ISDIR(s.st_mode));
  return is_directory ? make_in(p, out, name) : make_beside(p, out, name);
}

static char *pattern_of(const struct run_place *p, const char *file) {
  char *pattern = must_alloc(2 * strlen(p->path) + strlen(file) + 1), *to = pattern;
  for (const char *from = p->path; *from != '\0'; from++) {
    if (*from == '%')
      *to++ = '%';
    *to++ = *from;
  }
  memcpy(to, file, strlen(file) + 1);
  return pattern;
}

char *run_place_pattern(const struct run_place *p) { return pattern_of(p, ending); }
char *run_place_record_pattern(const struct run_place *p) { return pattern_of(p, record_ending); }

/* A program's name may have ".dump" or ".tmp." in it, too: the last one counts. */
const char *run_place_ending(const char *name) {
  const char *last = NULL;
  for (const char *at = name; (at = strstr(at, ".dump")) != NULL; at++)
    last = at;
  return last;
}

bool run_place_is_temporary(const char *name) {
  const char *end = run_place_ending(name), *record = strstr(name, ".record");
  return (end != NULL && strstr(end, ".tmp.") != NULL) ||
         (record != NULL && strstr(record, ".tmp.") != NULL);
}

static void temporary_remove(const struct run_place *p) {
  DIR *all = opendir(p->path);
  for (struct dirent *e; all != NULL && (e = readdir(all)) != NULL;)
    if (run_place_is_temporary(e->d_name))
      unlinkat(dirfd(all), e->d_name, 0);
  if (all != NULL)
    closedir(all);
}

void run_place_leave(const struct run_place *p, bool nobody_writes) {
  if (!nobody_writes)
    return;
  temporary_remove(p);
  rmdir(p->path);
}

void run_place_free(struct run_place *p) {
  free(p->directory);
  free(p->path);
  free(p->file);
  free(p->out);
}
