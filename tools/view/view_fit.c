/* How much of a view fits a window; contract in view.h.
 *
 * A view is printed into memory with fewer and fewer rows, until it fits: rows, heads and tables of
 * all kinds then need no sums of their own about lines.  Where even a few rows don't fit below all
 * that stands around them, less of that is printed.
 */
#include "say.h"
#include "text.h"
#include "view.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS_WANTED = 5 }; /* of each table, before what is around them is shortened */

size_t view_rows(const struct view *v, const struct rows *rows) {
  size_t count = rows->count;
  while (v->is_short && count > 0 && row_added(&rows->items[count - 1], v->options->sort) == 0)
    count--;
  return count;
}

size_t view_shown(const struct view *v, size_t rows) {
  return v->limit > 0 && v->limit < rows ? v->limit : rows;
}

void view_spare(enum sort by, const char *const order[], const char *spare[VIEW_SPARE_MAX + 1]) {
  static const char *const kept[] = {"live", "peak", "allocs", "bytes", "waste"};
  size_t n = 0;
  for (; *order != NULL && n < VIEW_SPARE_MAX; order++)
    if (by > SORT_WASTE || strcmp(*order, kept[by]) != 0)
      spare[n++] = *order;
  spare[n] = NULL;
}

struct table *view_table(const struct view *v, const char *const titles[],
                         const char *const spare[]) {
  struct table *t = table_new(titles, v->width);
  if (v->exact)
    table_exact(t);
  if (v->is_short && spare != NULL)
    table_spare(t, spare);
  return t;
}

void view_say(const struct view *v, const char *format, ...) {
  char *text;
  va_list values;
  va_start(values, format);
  int length = vasprintf(&text, format, values);
  va_end(values);
  lines_fit(must_have(length < 0 ? NULL : text), v->width, v->to);
  free(text);
}

/* "12 more rows: --all shows them, and the columns temp, sizes" */
static void more_print(const struct view *v, size_t more, const char *columns) {
  struct text text;
  FILE *to = text_start(&text);
  if (more > 0)
    fprintf(to, "%zu more row%s: --all shows %s", more, more == 1 ? "" : "s",
            more == 1 ? "it" : "them");
  if (*columns != '\0')
    fprintf(to, "%s%s", more > 0 ? ", and the columns " : "--all shows more columns: ", columns);
  fputs(more > 0 || *columns != '\0' ? "\n" : "", to);
  lines_fit(text_end(to, &text), v->width, v->to);
  free(text.at);
}

void view_table_end(const struct view *v, struct table *t, size_t shown, size_t rows) {
  char *columns = table_dropped(t);
  table_end(t, v->to);
  more_print(v, rows - shown, columns);
  free(columns);
}

static void health_print(const struct view *v) {
  bool any = false;
  for (uint32_t i = 0; i < v->dump->n_health; i++) {
    const struct dump_health *h = &v->dump->health[i];
    if (!(h->flags & DUMP_PROBLEM) || h->count == 0)
      continue;
    if (!any)
      view_say(v, "\nhealth: these make the figures doubtful\n");
    any = true;
    view_say(v, "  %12llu  %s\n", (unsigned long long)h->count, dump_text(v->dump, h->name));
  }
}

/* A view that is being printed. */
struct printed {
  const struct view *view;
  view_body *body;
  void *arg;
  struct text text; /* the last that was printed into memory */
};

/* Prints into memory with at most `limit` rows a table and that much detail; whether it fits. */
static bool try_print(struct printed *p, size_t limit, enum view_detail detail) {
  struct view v = *p->view;
  size_t lines = 1 + say_rows(v.width); /* the shell's next one; what was said above */
  free(p->text.at);
  v.to = text_start(&p->text);
  v.limit = limit;
  v.detail = detail;
  p->body(&v, p->arg);
  health_print(&v);
  text_end(v.to, &p->text);
  for (const char *c = p->text.at; *c != '\0'; c++)
    lines += *c == '\n';
  return lines <= v.height;
}

/* Prints with as many rows as fit, at least one; returns how many those are. */
static size_t most_rows(struct printed *p, enum view_detail detail) {
  size_t fits = 0, over = p->view->height + 1;
  if (try_print(p, p->view->height, detail))
    return p->view->height;
  while (over - fits > 1) {
    size_t limit = (fits + over) / 2;
    *(try_print(p, limit, detail) ? &fits : &over) = limit;
  }
  try_print(p, fits > 0 ? fits : 1, detail);
  return fits;
}

static void fitted_print(struct printed *p) {
  enum view_detail detail = DETAIL_ALL;
  while (most_rows(p, detail) < ROWS_WANTED && detail < DETAIL_ROWS)
    detail++;
  fputs(p->text.at, p->view->to);
  free(p->text.at);
}

int view_print(struct view *v, view_body *body, void *arg, int status) {
  struct printed p = {.view = v, .body = body, .arg = arg};
  if (v->height > 0)
    fitted_print(&p);
  else {
    body(v, arg);
    health_print(v);
  }
  if (fflush(v->to) == 0 && !ferror(v->to))
    return status;
  say_error("the report could not be written: check where its output goes");
  return 2;
}
