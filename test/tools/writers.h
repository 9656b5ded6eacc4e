/* Everything that the command can write of a dump, for tests of damaged ones. */
#ifndef TEST_TOOLS_WRITERS_H
#define TEST_TOOLS_WRITERS_H

#include "arenas.h"
#include "check.h"
#include "diff.h"
#include "export.h"
#include "html_data.h"
#include "leaks.h"
#include "merge.h"
#include "report.h"
#include "resident.h"
#include "top_head.h"
#include "tree.h"
#include "view_options.h"
#include "waste.h"

#include <stdlib.h>

static void writers_report(const struct dump *d, enum sort sort, struct fold *fold, FILE *to) {
  struct report_options o = {
      .view = {.file = "dump", .sort = sort, .rows = 50, .names.fold = fold}};
  for (int by = BY_DEFAULT; by <= BY_MODULE; by++) {
    o.by = (enum report_by)by;
    report_write(&o.view, NULL, d, to);
  }
}

static void writers_export(const struct dump *d, unsigned which, enum sort sort, struct fold *fold,
                           FILE *to) {
  unsigned formats = 0;
  while (export_formats[formats].name != NULL)
    formats++;
  struct export_options o = {.file = "dump", .names.fold = fold};
  o.format = &export_formats[which % formats];
  o.value = (enum export_value)sort;
  export_write(&o, d, to);
}

static void writers_resident(const struct dump *d, const struct view_options *view, FILE *to) {
  struct resident_options o = {.view = *view};
  o.view.all = true;
  resident_write(&o.view, NULL, d, to);
  o.json = true;
  resident_write(&o.view, NULL, d, to);
}

enum { WRITERS_VIEWS = 8 };

/* One of the commands that have view_options; those that compare get the dump twice. */
static void writers_view(const struct dump *d, unsigned which, enum sort sort, struct fold *fold,
                         FILE *to) {
  struct check_options o = {.view = {.file = "dump", .old = "dump", .sort = sort, .rows = 50}};
  static view_writer *const views[] = {tree_write, arenas_write, leaks_write, waste_write};
  o.view.names.fold = fold;
  o.view.least = sort;
  for (int i = 0; i < CHECKS; i++)
    o.limits[i].set = true;
  if (which < sizeof views / sizeof *views)
    views[which](&o.view, NULL, d, to);
  else if (which == WRITERS_VIEWS - 2)
    html_data_write(d, &o.view.names, to);
  else if (which == WRITERS_VIEWS - 1)
    diff_write(&o.view, d, d, to);
  else if (which == WRITERS_VIEWS - 3)
    writers_resident(d, &o.view, to);
  else
    check_write(&o.view, d, d, to);
}

/* What `top` shows of a dump that is read twice. */
static void writers_top(const struct dump *d, unsigned seed, struct fold *fold, FILE *to) {
  struct option_names names = {.fold = fold};
  struct top_watch w = {
      .what = "file", .state = SOURCE_FILE, .model = top_model_new(&names, seed % 2 == 0)};
  for (uint64_t ns = 1; ns <= 2; ns++)
    top_model_add(w.model, d, ns);
  w.dump = (struct dump *)d;
  char *head = top_head(&w, seed % 100, seed % 2 == 0);
  fputs(head, to);
  free(head);
  for (int by = 0; by < TOP_GROUPS; by++)
    free(top_model_lines(w.model, (enum top_by)by, (enum top_sort)(seed % 4), "a").items);
  top_model_free(w.model);
}

/* A merge of the dump with itself, of which every index must lead somewhere. */
static void writers_merge(const struct dump *d, unsigned seed, struct fold *fold, FILE *to) {
  struct merge *m = merge_new();
  struct names *names = seed % 2 == 0 ? names_new(d, NULL, NULL) : NULL;
  size_t bytes;
  merge_add(m, d, &(struct merge_how){.process = seed % 4 > 1 ? "process" : NULL, .names = names});
  merge_add(m, d, &(struct merge_how){.names = names, .subtract = seed % 8 > 5});
  unsigned char *image = merge_end(m, &bytes);
  unsigned said = say_count();
  struct dump *merged = dump_parse("merged", image, bytes);
  if (merged == NULL || say_count() != said)
    abort();
  writers_report(merged, (enum sort)(seed % 5), fold, to);
  dump_close(merged);
  if (names != NULL)
    names_free(names);
  free(image);
}

/* All reports, and `views` of the other commands and of the exports; `seed` says which, and of
 * which value. */
static void writers_all(const struct dump *d, unsigned seed, unsigned views, FILE *to) {
  struct fold *fold = fold_new();
  enum sort sort = (enum sort)(seed % 5);
  writers_report(d, sort, fold, to);
  if (seed % 4 == 0)
    writers_top(d, seed / 4, fold, to);
  if (seed % 16 == 0)
    writers_merge(d, seed / 16, fold, to);
  for (unsigned i = 0; i < views; i++) {
    writers_export(d, seed + i, sort, fold, to);
    writers_view(d, (seed + i) % WRITERS_VIEWS, sort, fold, to);
  }
  fold_free(fold);
}

#endif
