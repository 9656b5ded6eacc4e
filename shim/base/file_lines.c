/* Cuts a file into lines; contract in file_lines.h. */
#include "file_lines.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static struct {
  char chunk[4096];
  char line[FILE_LINE_MAX + 1];
  size_t length; /* of the line so far */
} space;

/* Adds bytes to the line, and passes it on at each newline.  False if `each` wants no more. */
static bool take(const char *at, size_t bytes, bool (*each)(char *, void *), void *argument) {
  for (size_t i = 0; i < bytes; i++) {
    if (at[i] != '\n') {
      if (space.length < FILE_LINE_MAX)
        space.line[space.length++] = at[i];
      continue;
    }
    space.line[space.length] = '\0';
    space.length = 0;
    if (!each(space.line, argument))
      return false;
  }
  return true;
}

static ssize_t next_chunk(int fd) {
  ssize_t n;
  do
    n = read(fd, space.chunk, sizeof space.chunk);
  while (n < 0 && errno == EINTR);
  return n;
}

/* A last line without a newline is passed on, too. */
static bool read_lines(int fd, bool (*each)(char *, void *), void *argument) {
  space.length = 0;
  ssize_t n = next_chunk(fd);
  bool readable = n >= 0;
  for (; n > 0; n = next_chunk(fd))
    if (!take(space.chunk, (size_t)n, each, argument))
      return true;
  if (space.length > 0)
    take("\n", 1, each, argument);
  return readable;
}

bool file_lines(const char *path, bool (*each)(char *line, void *argument), void *argument) {
  int saved = errno;
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
  bool done = fd >= 0 && read_lines(fd, each, argument);
  if (fd >= 0)
    close(fd);
  errno = saved;
  return done;
}
