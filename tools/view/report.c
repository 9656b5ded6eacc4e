/* The flow of a report; contract in report.h. */
#include "report.h"
#include "dump_read.h"
#include "report_parts.h"
#include "say.h"

/* Whether what is asked for is in the dump; says why not. */
static bool has_what_is_asked(const struct report_options *o, const struct dump *d,
                              enum report_by by) {
  if ((by == BY_SITE || by == BY_FUNCTION || by == BY_MODULE) && d->has_accounts)
    return rows_possible(d, o->view.file) && sort_possible(d, o->view.file, o->view.sort);
  bool there = by == BY_ARENA ? d->has_arenas : by == BY_CLASS && d->has_classes;
  if (!there)
    say_error("%s: the part that this report is made of is damaged or missing: try another --by, "
              "or copy or make the dump again",
              o->view.file);
  else if (by == BY_CLASS && o->view.sort == SORT_PEAK)
    say_error("--sort peak: size classes have no peak: sort by live, allocs, bytes or waste");
  else
    return by == BY_CLASS || sort_possible(d, o->view.file, o->view.sort);
  return false;
}

static enum report_by by_of(const struct report_options *o, const struct dump *d) {
  if (o->by != BY_DEFAULT)
    return o->by;
  bool sites = d->has_accounts && (d->process->tags != DUMP_TAG_OFF || d->n_accounts > 0);
  return sites || !d->has_arenas ? BY_SITE : BY_ARENA;
}

int report_write(const struct report_options *o, const struct dump *d, FILE *to) {
  struct view v = view_of(&o->view, d, to);
  enum report_by by = by_of(o, d);
  if (!has_what_is_asked(o, d, by))
    return 2;
  view_head(&v);
  if (by == BY_ARENA)
    report_arenas(&v);
  else if (by == BY_CLASS)
    report_classes(&v);
  else
    report_sites(&v, by == BY_MODULE ? ROW_MODULE : by == BY_FUNCTION ? ROW_FUNCTION : ROW_PATH);
  return view_end(&v, 0);
}

int report_command(int argc, char **argv) {
  struct report_options o;
  report_options_read(&o, argc, argv);
  struct dump *d = dump_open(o.view.file);
  int status = d == NULL ? 2 : report_write(&o, d, stdout);
  dump_close(d);
  fold_free(o.view.names.fold);
  return status;
}
