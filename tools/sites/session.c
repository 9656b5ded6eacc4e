/* Call sites made ready, and shown; contract in session.h. */
#include "session.h"
#include "fit.h"
#include "runtime.h"
#include "say.h"
#include "text.h"

#include <stdlib.h>

void session_open(struct session *s, const struct dump *d, const struct option_names *names,
                  enum row_by by) {
  *s = (struct session){.dump = d, .by = by};
  s->names = option_names_new(names, d);
  s->paths = paths_new(d, s->names, names->merge, names->cuts);
  s->own = own_paths(s->paths, d, s->names);
  s->texts = trie_new();
  if (by == ROW_FUNCTION)
    s->functions = own_functions(s->paths, d, s->names, s->own, s->texts);
  bool *runtime = names->join_runtime ? runtime_paths(s->paths, d, s->names) : NULL;
  s->rows = rows_new(&(struct rows_keys){d, s->paths, by, s->functions, runtime});
  free(runtime);
}

void session_close(struct session *s) {
  rows_free(s->rows);
  trie_free(s->texts);
  free(s->functions);
  free(s->own);
  paths_free(s->paths);
  names_free(s->names);
}

static void module_print(const struct session *s, uint32_t module, FILE *to) {
  fputs(names_module(s->names, module), to);
  if (module > 0 && s->dump->modules[module - 1].flags & DUMP_MODULE_GONE)
    fputs(" (unloaded)", to);
}

void session_frame_print(const struct session *s, uint32_t path, enum frame_detail detail,
                         FILE *to) {
  paths_print_frame(s->paths, s->dump, s->names, path, to);
  if (detail == FRAME_CALL)
    paths_print_place(s->paths, s->dump, s->names, path, to);
}

static void own_print(const struct session *s, uint32_t path, FILE *to) {
  fputs(FIT_NAME, to);
  paths_print_frame(s->paths, s->dump, s->names, path, to);
  fputs(FIT_PLACE, to);
  paths_print_place(s->paths, s->dump, s->names, path, to);
  fputs(FIT_END, to);
}

/* What stands before the first frame and before each other one. */
struct marks {
  const char *first, *other;
};

/* The frames of a path, innermost first. */
static void frames_print(const struct session *s, uint32_t path, const struct marks *marks,
                         FILE *to) {
  uint32_t frames[PATH_DEPTH_MAX], n = 0, own = s->own[path];
  for (; path != PATH_ROOT && n < PATH_DEPTH_MAX; path = s->paths->items[path].parent)
    frames[n++] = path;
  for (uint32_t i = n; i-- > 0;) {
    fputs(i + 1 == n ? marks->first : marks->other, to);
    if (frames[i] == own)
      own_print(s, own, to);
    else
      session_frame_print(s, frames[i], FRAME_CALL, to);
  }
}

char *session_row_text(const struct session *s, const struct row *r) {
  struct text text;
  FILE *to = text_start(&text);
  const char *words = s->by == ROW_MODULE ? row_words(r) : row_title(r);
  if (words != NULL)
    fprintf(to, "%s%s", words, r->key != 0 ? " " : "");
  if (s->by == ROW_MODULE && (words == NULL || r->key != 0))
    module_print(s, r->key, to);
  else if (s->by == ROW_FUNCTION && r->key != 0)
    fputs(s->texts->texts[r->key], to);
  else if (s->by == ROW_PATH)
    frames_print(s, r->key, &(struct marks){"", " < "}, to);
  return text_end(to, &text);
}

const char *session_row_title(const struct session *s) {
  static const char *const titles[] = {[ROW_PATH] = "call path, innermost first",
                                       [ROW_FUNCTION] = "innermost function of the program's own",
                                       [ROW_MODULE] = "module"};
  return titles[s->by];
}

char *session_row_lines(const struct session *s, const struct row *r) {
  struct text text;
  FILE *to = text_start(&text);
  const char *title = row_title(r);
  if (title != NULL)
    fputs(title, to);
  frames_print(s, r->key, &(struct marks){title != NULL ? "\n" : "", "\n"}, to);
  return text_end(to, &text);
}

char *session_node_lines(const struct session *s, const char *name, uint32_t node) {
  struct text text;
  FILE *to = text_start(&text);
  fputs(name, to);
  frames_print(s, s->paths->of_node[node], &(struct marks){"\n", "\n"}, to);
  return text_end(to, &text);
}
