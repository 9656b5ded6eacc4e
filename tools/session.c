/* Call sites made ready, and shown; contract in session.h. */
#include "session.h"
#include "say.h"
#include "text.h"

#include <stdlib.h>

void session_open(struct session *s, const struct dump *d, const struct option_names *names,
                  bool modules) {
  *s = (struct session){.dump = d, .modules = modules};
  s->names = option_names_new(names, d);
  s->paths = paths_new(d, s->names);
  s->rows = rows_new(&(struct rows_keys){.dump = d, .paths = s->paths, .modules = modules});
}

void session_close(struct session *s) {
  rows_free(s->rows);
  paths_free(s->paths);
  names_free(s->names);
}

static void module_print(const struct session *s, uint32_t module, FILE *to) {
  fputs(names_module(s->names, module), to);
  if (module > 0 && s->dump->modules[module - 1].flags & DUMP_MODULE_GONE)
    fputs(" (unloaded)", to);
}

char *session_row_text(const struct session *s, const struct row *r) {
  struct text text;
  FILE *to = text_start(&text);
  const char *words = row_words(r);
  bool empty = words != NULL && r->key == 0;
  if (words != NULL)
    fprintf(to, "%s%s", words, empty ? "" : " ");
  if (s->modules && !empty)
    module_print(s, r->key, to);
  else if (r->key != PATH_ROOT)
    paths_print(s->paths, s->dump, s->names, r->key, to);
  else if (!empty)
    fputs("(no path)", to);
  return text_end(to, &text);
}

void session_frame_print(const struct session *s, uint32_t path, enum frame_detail detail,
                         FILE *to) {
  if (detail == FRAME_CALL)
    paths_print_call(s->paths, s->dump, s->names, path, to);
  else
    paths_print_frame(s->paths, s->dump, s->names, path, to);
}

/* A line for each frame of a path, innermost first; `comma` stands before the first. */
static void path_lines(const struct session *s, uint32_t path, enum frame_detail detail,
                       const char *comma, FILE *to) {
  uint32_t frames[PATH_DEPTH_MAX], n = 0;
  for (; path != PATH_ROOT && n < PATH_DEPTH_MAX; path = s->paths->items[path].parent)
    frames[n++] = path;
  while (n-- > 0) {
    fputs(comma, to);
    session_frame_print(s, frames[n], detail, to);
    comma = "\n";
  }
}

char *session_row_lines(const struct session *s, const struct row *r, enum frame_detail detail) {
  struct text text;
  FILE *to = text_start(&text);
  const char *words = row_words(r);
  if (words != NULL)
    fputs(words, to);
  else if (r->key == PATH_ROOT)
    fputs("(no path)", to);
  path_lines(s, r->key, detail, words != NULL ? "\n" : "", to);
  return text_end(to, &text);
}

char *session_node_lines(const struct session *s, const char *name, uint32_t node) {
  struct text text;
  FILE *to = text_start(&text);
  fputs(name, to);
  path_lines(s, s->paths->of_node[node], FRAME_CALL, "\n", to);
  return text_end(to, &text);
}
