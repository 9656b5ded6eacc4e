/* Reads /proc/self/maps; contract in map_lines.h. */
#include "map_lines.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

bool map_lines_open(struct map_lines *m, char *buffer) {
  int saved = errno;
  *m = (struct map_lines){.buffer = buffer};
  m->fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
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

static char *find_newline(const struct map_lines *m) {
  for (size_t i = m->next; i < m->bytes; i++)
    if (m->buffer[i] == '\n')
      return m->buffer + i;
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

bool map_lines_next(struct map_lines *m, struct map_line *line) {
  char *end;
  while ((end = find_newline(m)) == NULL)
    if (!read_more(m))
      return false;
  *end = '\0';
  *line = (struct map_line){0};
  parse(m->buffer + m->next, line);
  m->next = (size_t)(end + 1 - m->buffer);
  return true;
}
