/* Sources; contract in source.h.  Files of dumps alone: a process is not read yet. */
#include "source.h"
#include "dump_read.h"
#include "say.h"

#include <stdlib.h>
#include <string.h>

struct source {
  char *path;
};

struct source *source_open(const char *what) {
  if (*what != '\0' && what[strspn(what, "0123456789")] == '\0') {
    say_error("%s: a running process can't be read yet: name a dump", what);
    return NULL;
  }
  struct dump *d = dump_open(what);
  if (d == NULL)
    return NULL;
  dump_close(d);
  struct source *s = must_zalloc(1, sizeof *s);
  s->path = must_copy(what);
  return s;
}

void source_close(struct source *s) {
  free(s->path);
  free(s);
}

struct dump *source_read(struct source *s) {
  return dump_open(s->path);
}

enum source_state source_state(const struct source *s) {
  (void)s;
  return SOURCE_FILE;
}

size_t source_pids(int **pids) {
  *pids = NULL;
  return 0;
}
