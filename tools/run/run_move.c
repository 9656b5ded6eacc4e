/* Renames, or copies between file systems; contract in run_move.h. */
#include "run_move.h"
#include "run_place.h"
#include "say.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <unistd.h>

/* Not every file system has a rename that replaces nothing: then a second name, and the first away.
 */
static bool rename_new(const char *from, const char *to) {
  if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
    return true;
  if (errno != EINVAL && errno != ENOSYS)
    return false;
  return link(from, to) == 0 && unlink(from) == 0;
}

static bool copy_bytes(int from, int to) {
  ssize_t done;
  while ((done = sendfile(to, from, NULL, 1 << 30)) > 0)
    ;
  return done == 0;
}

/* A dump is readable by its owner alone.  The copy gets its name when it is whole. */
static bool copy_to(const char *from, const char *to, bool replace) {
  char *temporary = must_print("%s.tmp.%d", to, (int)getpid());
  int in = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  int out = in < 0 ? -1 : open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  bool copied = out >= 0 && copy_bytes(in, out);
  int error = errno;
  if (in >= 0)
    close(in);
  if (out >= 0 && close(out) != 0)
    copied = false;
  if (copied && !(replace ? rename(temporary, to) == 0 : rename_new(temporary, to))) {
    error = errno;
    copied = false;
  }
  if (copied)
    unlink(from);
  else if (out >= 0)
    unlink(temporary);
  free(temporary);
  errno = error;
  return copied;
}

bool move_to(const char *from, const char *to, bool replace) {
  if (replace ? rename(from, to) == 0 : rename_new(from, to))
    return true;
  return errno == EXDEV && copy_to(from, to, replace);
}

char *move_into(const char *from, const char *directory) {
  const char *name = file_base(from), *end = run_place_ending(name);
  int length = end != NULL ? (int)(end - name) : (int)strlen(name);
  for (int i = 1;; i++) {
    char number[16] = "";
    if (i > 1)
      snprintf(number, sizeof number, "-%d", i);
    char *to = must_print("%s%.*s%s.dump", directory, length, name, number);
    if (move_to(from, to, false))
      return to;
    int error = errno;
    free(to);
    errno = error;
    if (error != EEXIST)
      return NULL;
  }
}
