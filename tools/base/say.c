/* Messages and allocations that can't fail; contract in say.h. */
#include "say.h"
#include "utf8.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct {
  FILE *stream;
  unsigned count;
  size_t bytes; /* of all lines */
  int redirected;
  const char *command;
} said;

/* What it quotes may hold any bytes.  Nothing is allocated: memory may be what is short. */
static void say(const char *kind, const char *format, va_list values) {
  enum { LINE_MAX_BYTES = 16 << 10 }; /* longer ones are cut: three paths of PATH_MAX fit */
  char line[LINE_MAX_BYTES];
  FILE *stream = said.redirected ? said.stream : stderr;
  said.count++;
  if (stream == NULL)
    return;
  vsnprintf(line, sizeof line, format, values);
  said.bytes += strlen(line);
  fprintf(stream, "arenashim: %s", kind);
  utf8_print(line, stream);
  fputc('\n', stream);
}

void say_error(const char *format, ...) {
  va_list values;
  va_start(values, format);
  say("", format, values);
  va_end(values);
}

void say_warning(const char *format, ...) {
  va_list values;
  va_start(values, format);
  say("warning: ", format, values);
  va_end(values);
}

void say_called(const char *argv0) {
  said.command = argv0 != NULL && strchr(argv0, '/') != NULL ? argv0 : NULL;
}

const char *say_command(void) { return said.command != NULL ? said.command : "arenashim"; }

unsigned say_count(void) { return said.count; }

unsigned say_rows(unsigned width) {
  return said.redirected || !isatty(STDERR_FILENO) ? 0
                                                   : said.count + (unsigned)(said.bytes / width);
}

void say_to(FILE *stream) {
  said.stream = stream;
  said.redirected = 1;
}

void *must_have(void *p) {
  if (p == NULL) {
    say_error("out of memory: close other programs, or raise the limit (ulimit -v)");
    exit(2);
  }
  return p;
}

void *must_alloc(size_t bytes) { return must_have(malloc(bytes > 0 ? bytes : 1)); }

void *must_zalloc(size_t items, size_t bytes) {
  return must_have(calloc(items > 0 ? items : 1, bytes > 0 ? bytes : 1));
}

void *must_resize(void *p, size_t items, size_t bytes) {
  if (items == 0 || bytes == 0)
    items = bytes = 1;
  return must_have(items > SIZE_MAX / bytes ? NULL : realloc(p, items * bytes));
}

void *must_extend(void *p, size_t used, size_t items, size_t bytes) {
  char *all = must_resize(p, items, bytes);
  memset(all + used * bytes, 0, (items - used) * bytes);
  return all;
}

char *must_copy(const char *s) { return must_have(strdup(s)); }

char *must_print(const char *format, ...) {
  char *text;
  va_list values;
  va_start(values, format);
  int length = vasprintf(&text, format, values);
  va_end(values);
  return must_have(length < 0 ? NULL : text);
}
