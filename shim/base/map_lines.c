/* Reads /proc/self/maps; contract in map_lines.h. */
#include "map_lines.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

bool map_lines_open(struct map_lines *m, char *buffer, bool sums) {
  int saved = errno;
  *m = (struct map_lines){.buffer = buffer, .sums = sums};
  m->fd = open(sums ? "/proc/self/smaps" : "/proc/self/maps", O_RDONLY | O_CLOEXEC);
  errno = saved;
  return m->fd >= 0;
}

void map_lines_close(struct map_lines *m) {
  int saved = errno;
  close(m->fd);
  errno = saved;
}

/* Moves what is left of the buffer to its front, and reads more.  False at the end. */
static bool read_more(struct map_lines *m) {
  int saved = errno;
  size_t left = m->bytes - m->next;
  memmove(m->buffer, m->buffer + m->next, left);
  m->next = 0;
  m->bytes = left;
  ssize_t n = pread(m->fd, m->buffer + left, MAP_LINES_BYTES - left, (off_t)m->offset);
  errno = saved;
  if (n <= 0)
    return false;
  m->bytes += (size_t)n;
  m->offset += (uint64_t)n;
  return true;
}

/* The end of the line that begins `skip` bytes behind the next one; NULL: there is none. */
static char *find_newline(struct map_lines *m, size_t skip) {
  do
    for (size_t i = m->next + skip; i < m->bytes; i++)
      if (m->buffer[i] == '\n')
        return m->buffer + i;
  while (read_more(m));
  return NULL;
}

static uintptr_t number(const char **at) {
  uintptr_t n = 0;
  for (;; ++*at) {
    char c = **at;
    if (c >= '0' && c <= '9')
      n = n * 16 + (uintptr_t)(c - '0');
    else if (c >= 'a' && c <= 'f')
      n = n * 16 + (uintptr_t)(c - 'a') + 10;
    else
      return n;
  }
}

static const char *skip_word(const char *at) {
  while (*at != ' ' && *at != '\0')
    at++;
  while (*at == ' ')
    at++;
  return at;
}

/* 7f00-7f10 rw-p 00000000 fe:00 1234     /path */
static void parse(const char *at, struct map_line *line) {
  line->start = number(&at);
  at += *at == '-';
  line->end = number(&at);
  at += *at == ' ';
  if (strnlen(at, 5) == 5) {
    line->readable = at[0] == 'r';
    line->writable = at[1] == 'w';
    line->executable = at[2] == 'x';
    line->shared = at[3] == 's';
  }
  for (unsigned word = 0; word < 4; word++)
    at = skip_word(at);
  line->path = at;
}

/* ---- sums ---- */

/* "Rss:      12 kB", in bytes; else false. */
static bool read_sum(const char *at, const char *name, uint64_t *bytes) {
  size_t n = strlen(name);
  if (strncmp(at, name, n) != 0)
    return false;
  for (at += n; *at == ' '; at++)
    ;
  for (*bytes = 0; *at >= '0' && *at <= '9'; at++)
    *bytes = *bytes * 10 + (uint64_t)(*at - '0');
  *bytes *= 1024;
  return true;
}

/* Lines with names follow those with addresses.  Returns how many bytes they have; the mapping's
 * own line, of `skip` bytes, stays in the buffer. */
static size_t read_sums(struct map_lines *m, size_t skip, struct map_line *line) {
  size_t first = skip;
  for (char *end; (end = find_newline(m, skip)) != NULL;) {
    const char *at = m->buffer + m->next + skip;
    if (*at < 'A' || *at > 'Z')
      break;
    if (!read_sum(at, "Rss:", &line->resident) && !read_sum(at, "Anonymous:", &line->anonymous))
      read_sum(at, "Swap:", &line->swapped);
    skip = (size_t)(end + 1 - (m->buffer + m->next));
  }
  return skip - first;
}

bool map_lines_next(struct map_lines *m, struct map_line *line) {
  char *end = find_newline(m, 0);
  if (end == NULL)
    return false;
  *line = (struct map_line){0};
  size_t bytes = (size_t)(end + 1 - (m->buffer + m->next));
  size_t more = m->sums ? read_sums(m, bytes, line) : 0;
  m->buffer[m->next + bytes - 1] = '\0';
  parse(m->buffer + m->next, line);
  m->next += bytes + more;
  return true;
}
