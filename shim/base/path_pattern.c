/* Checks and expands patterns; contract in path_pattern.h. */
#include "path_pattern.h"
#include "program.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

bool pattern_is_legal(const char *value) {
  for (const char *p = strchr(value, '%'); p != NULL; p = strchr(p + 2, '%'))
    if (p[1] == '\0' || strchr("pehtn%", p[1]) == NULL)
      return false;
  return strlen(value) < PATTERN_MAX;
}

bool pattern_has(const char *pattern, char letter) {
  for (const char *p = strchr(pattern, '%'); p != NULL; p = strchr(p + 2, '%'))
    if (p[1] == letter)
      return true;
  return false;
}

/* The directory where the process is, with each % doubled and / at its end; nothing if it cannot be
 * read. */
static void add_directory(struct text *t) {
  static char here[PATTERN_MAX]; /* once, in the single-threaded start */
  if (cpu_syscall(SYS_getcwd, (long)here, sizeof here, 0, 0, 0, 0) <= 0 || here[0] != '/')
    return;
  for (const char *p = here; *p != '\0'; p++) {
    if (*p == '%')
      text_char(t, '%');
    text_char(t, *p);
  }
  if (here[1] != '\0')
    text_char(t, '/');
}

void pattern_absolute(char to[PATTERN_MAX], const char *value) {
  struct text t = {.bytes = to, .capacity = PATTERN_MAX};
  int saved = errno;
  if (*value != '/')
    add_directory(&t);
  if (t.length + strlen(value) >= PATTERN_MAX)
    t.length = 0;
  text_str(&t, value);
  to[t.length] = '\0';
  errno = saved;
}

static void text_field(struct text *to, char field, uint64_t number) {
  switch (field) {
  case 'p':
    text_u64(to, (uint64_t)getpid());
    break;
  case 'e':
    text_str(to, program_name());
    break;
  case 'h':
    text_str(to, program_host());
    break;
  case 't':
    text_u64(to, (uint64_t)time(NULL));
    break;
  case 'n':
    text_u64(to, number);
    break;
  case '%':
    text_char(to, '%');
    break;
  default: /* no such field: the text stays as it is */
    text_char(to, '%');
    text_char(to, field);
  }
}

static void expand(struct text *to, const char *pattern, uint64_t number) {
  for (; *pattern != '\0'; pattern++) {
    if (*pattern == '%' && pattern[1] != '\0')
      text_field(to, *++pattern, number);
    else
      text_char(to, *pattern);
  }
}

void pattern_expand(struct text *to, const char *pattern, const char *what, uint64_t number) {
  size_t length = strlen(pattern);
  expand(to, pattern, number);
  if (length > 0 && pattern[length - 1] == '/')
    expand(to,
           strcmp(what, "dump") == 0      ? "%e.%p.dump"
           : strcmp(what, "record") == 0  ? "%e.%p.record"
           : strcmp(what, "metrics") == 0 ? "%e.%p.prom"
                                          : "%e.%p.txt",
           number);
}
