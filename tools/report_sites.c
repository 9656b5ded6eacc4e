/* Rows of call sites and modules; contract in report_parts.h. */
#include "report_parts.h"
#include "table.h"

#include <stdlib.h>

struct sites {
  const struct view *view;
  struct names *names;
  struct paths *paths;
  struct rows *rows;
  bool modules;
};

static void module_print(const struct sites *s, const struct row *r, FILE *to) {
  const struct dump *d = s->view->dump;
  fputs(names_module(s->names, r->key), to);
  if (r->key > 0 && d->modules[r->key - 1].flags & DUMP_MODULE_GONE)
    fputs(" (unloaded)", to);
}

static void row_text(const struct sites *s, const struct row *r, struct table *t) {
  char *text = NULL;
  size_t length = 0;
  FILE *to = open_memstream(&text, &length);
  if (to == NULL)
    abort();
  const char *kind = row_words(r);
  fputs(kind == NULL ? "" : kind, to);
  if (r->key != 0 && kind != NULL)
    fputc(' ', to);
  if (r->key != 0 && s->modules)
    module_print(s, r, to);
  else if (r->key != 0)
    paths_print(s->paths, s->view->dump, s->names, r->key, to);
  else if (kind == NULL)
    fputs(s->modules ? names_module(s->names, 0) : "(no path)", to);
  fclose(to);
  table_text(t, text);
  free(text);
}

/* The peak of several accounts together is at most the sum of theirs. */
static const char *peak_mark(const struct view *v, const struct row *r) {
  return *v->estimate != '\0' ? v->estimate : r->accounts > 1 ? "<=" : "";
}

static void row_numbers(const struct sites *s, const struct row *r, struct table *t, uint64_t peak,
                        const char *mark) {
  const struct view *v = s->view;
  enum sort by = v->options->sort;
  table_number(t, v->estimate, r->sum.live_bytes);
  table_number(t, mark, peak);
  table_number(t, v->estimate, r->sum.allocs);
  if (by == SORT_BYTES)
    table_number(t, v->estimate, r->sum.bytes);
  table_percent(t, row_value(r, by), row_value(&s->rows->total, by));
  if (r->sum.allocs == 0)
    table_words(t, "-");
  else
    table_range(t, r->sum.smallest, r->sum.largest);
  table_percent(t, r->sum.temporary, r->sum.allocs);
  table_number(t, v->estimate, account_waste(&r->sum));
}

static void total_row(const struct sites *s, struct table *t) {
  const struct dump_process *p = s->view->dump->process;
  row_numbers(s, &s->rows->total, t, p->peak_bytes, p->flags & DUMP_PEAK_BOUND ? "<=" : "");
  table_text(t, "total");
}

static void sites_print(const struct sites *s) {
  const struct view *v = s->view;
  const char *what = s->modules ? "module" : "call path, innermost first";
  const char *plain[] = {"live", "peak", "allocs", "share", "sizes", "temp", "waste", what, NULL};
  const char *bytes[] = {"live",  "peak", "allocs", "bytes", "share",
                         "sizes", "temp", "waste",  what,    NULL};
  size_t shown = report_shown(v, s->rows->count);
  struct table *t = table_new(v->options->sort == SORT_BYTES ? bytes : plain, v->width);
  for (size_t i = 0; i < shown; i++) {
    const struct row *r = &s->rows->items[i];
    row_numbers(s, r, t, r->sum.peak_bytes, peak_mark(v, r));
    row_text(s, r, t);
  }
  total_row(s, t);
  fputc('\n', v->to);
  table_end(t, v->to);
  report_more(v, s->rows->count);
}

void report_sites(const struct view *v) {
  struct sites s = {.view = v, .modules = v->options->by == BY_MODULE};
  s.names = option_names_new(&v->options->names, v->dump);
  s.paths = paths_new(v->dump, s.names);
  struct rows_keys keys = {.dump = v->dump, .paths = s.paths, .modules = s.modules};
  s.rows = rows_new(&keys);
  rows_sort(s.rows, v->options->sort);
  sites_print(&s);
  rows_free(s.rows);
  paths_free(s.paths);
  names_free(s.names);
}
