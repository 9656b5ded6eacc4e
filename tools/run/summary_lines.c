/* Makes lines of call paths and merges equal ones; contract in summary_lines.h. */
#include "summary_lines.h"
#include "fit.h"
#include "say.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

enum { CALLERS_MAX = 8 };

/* The frames of a path, innermost first. */
static uint32_t frames_get(const struct session *s, uint32_t path,
                           struct frame frames[DUMP_DEPTH_MAX], uint32_t paths[DUMP_DEPTH_MAX]) {
  uint32_t n = 0;
  for (uint32_t p = path; p != PATH_ROOT && n < DUMP_DEPTH_MAX; p = s->paths->items[p].parent)
    n++;
  for (uint32_t i = n; i-- > 0; path = s->paths->items[path].parent) {
    paths[i] = path;
    paths_frame(s->paths, s->dump, s->names, path, &frames[i]);
  }
  return n;
}

/* "function file.cc:12", the last thing to be cut. */
static void own_print(const struct frame *f, FILE *to) {
  fprintf(to, FIT_NAME "%s" FIT_PLACE, f->function);
  if (f->file != NULL)
    fprintf(to, " %s:%u", file_base(f->file), f->line);
  if (f->type != NULL)
    fprintf(to, " [%s]", f->type);
  fputs(FIT_END, to);
}

static void frame_print(const struct session *s, const struct frame *f, uint32_t path, bool first,
                        FILE *to) {
  if (first && f->function != NULL && f->label == NULL)
    own_print(f, to);
  else
    session_frame_print(s, path, FRAME_NAME, to);
}

/* What comes after it is how every program starts, or a library that calls back. */
static uint32_t last_own(const struct session *s, const struct frame *frames, uint32_t n) {
  uint32_t last = 0;
  for (uint32_t i = 0; i < n; i++) {
    if (frames[i].function != NULL && text_starts(frames[i].function, "__libc_start"))
      break;
    if (frame_is_own(s->dump, &frames[i]))
      last = i;
  }
  return last;
}

/* From the innermost frame of the program's own to its outermost; all when there is none before the
 * program's start: _start is its own, too. */
static void path_print(const struct session *s, uint32_t path, FILE *to) {
  struct frame frames[DUMP_DEPTH_MAX];
  uint32_t paths[DUMP_DEPTH_MAX], n = frames_get(s, path, frames, paths), own = 0;
  while (own < n && paths[own] != s->own[path])
    own++;
  uint32_t end = own < n ? last_own(s, frames, n) + 1 : n;
  if (own >= end) {
    own = 0;
    end = n;
  }
  for (uint32_t i = own; i < n; i++) {
    if (frames[i].label == NULL && (i >= end || i > own + CALLERS_MAX))
      continue; /* the program's own tags are shown wherever they stand */
    fputs(i > own ? " < " : "", to);
    frame_print(s, &frames[i], paths[i], i == own, to);
  }
}

static char *row_text(const struct session *s, const struct row *r) {
  struct text text;
  FILE *to = text_start(&text);
  const char *title = row_title(r);
  if (title != NULL)
    fprintf(to, "%s%s", title, r->key != PATH_ROOT ? " " : "");
  if (r->key != PATH_ROOT)
    path_print(s, r->key, to);
  char *all = text_end(to, &text), *line = fit_short(all, text.length);
  free(all);
  return line;
}

static int text_compare(const void *a, const void *b) {
  return strcmp(((const struct summary_line *)a)->text, ((const struct summary_line *)b)->text);
}

/* Sorted by text, equal lines are neighbours. */
static void lines_merge(struct summary_lines *l) {
  size_t kept = 0;
  if (l->count > 0)
    qsort(l->items, l->count, sizeof *l->items, text_compare);
  for (size_t i = 0; i < l->count; i++) {
    if (kept > 0 && text_compare(&l->items[i], &l->items[kept - 1]) == 0) {
      row_join(&l->items[kept - 1].row, &l->items[i].row);
      free(l->items[i].text);
    } else
      l->items[kept++] = l->items[i];
  }
  l->count = kept;
}

struct summary_lines summary_lines_new(const struct session *s) {
  const struct rows *rows = s->rows;
  struct summary_lines l = {.items = must_alloc(rows->count * sizeof *l.items),
                            .count = rows->count};
  for (uint32_t i = 0; i < rows->count; i++)
    l.items[i] = (struct summary_line){row_text(s, &rows->items[i]), rows->items[i]};
  lines_merge(&l);
  return l;
}

void summary_lines_free(struct summary_lines *l) {
  for (size_t i = 0; i < l->count; i++)
    free(l->items[i].text);
  free(l->items);
}

static int value_compare(const void *a, const void *b, void *by) {
  const struct summary_line *x = a, *y = b;
  uint64_t p = row_added(&x->row, *(enum sort *)by), q = row_added(&y->row, *(enum sort *)by);
  return p != q ? (p > q ? -1 : 1) : strcmp(x->text, y->text);
}

void summary_lines_sort(struct summary_lines *l, enum sort by) {
  if (l->count > 0)
    qsort_r(l->items, l->count, sizeof *l->items, value_compare, &by);
}
