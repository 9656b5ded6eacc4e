/* The flow of a report; contract in report.h. */
#include "report.h"
#include "dump_read.h"
#include "report_parts.h"
#include "say.h"
#include "view_options.h"

/* Whether what is asked for is in the dump; says why not. */
static bool has_what_is_asked(const struct report_options *o, const struct dump *d,
                              enum report_by by) {
  if ((by == BY_SITE || by == BY_FUNCTION || by == BY_MODULE ||
       (by == BY_LIFETIME && !d->mapped)) &&
      d->has_accounts)
    return rows_possible(d, o->view.file) && sort_possible(d, o->view.file, o->view.sort);
  if (d->mapped) {
    say_error("%s: mapped memory is shown by site, function or module: use one of these with "
              "--kind mapped",
              o->view.file);
    return false;
  }
  if (o->view.sort == (enum sort)SORT_RESIDENT) {
    say_error(
        "--sort resident: arenas and size classes have no resident size of their own: sort by "
        "live, peak, allocs, bytes or waste");
    return false;
  }
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

static void report_body(const struct view *v, void *arg) {
  struct session *s = arg;
  enum report_by by = by_of((const struct report_options *)v->options, v->dump);
  view_head(v);
  if (by == BY_LIFETIME)
    report_lives(v, s);
  else if (s != NULL)
    report_sites(v, s);
  else if (by == BY_CLASS)
    report_classes(v);
  else
    report_arenas(v);
}

int report_write(const struct view_options *o, const struct dump *old, const struct dump *d,
                 FILE *to) {
  struct report_options asked = *(const struct report_options *)o;
  struct view v = view_of(&asked.view, d, to);
  enum report_by by = by_of(&asked, d);
  struct session s;
  (void)old;
  if (!has_what_is_asked(&asked, d, by))
    return 2;
  if (by == BY_ARENA || by == BY_CLASS)
    return view_print(&v, report_body, NULL, 0);
  asked.view.by = by == BY_MODULE ? ROW_MODULE : by == BY_FUNCTION ? ROW_FUNCTION : ROW_PATH;
  view_session(&v, &s);
  rows_sort(s.rows, o->sort);
  if (by == BY_LIFETIME)
    report_lives_order(s.rows);
  int status = view_print(&v, report_body, &s, 0);
  session_close(&s);
  return status;
}

int report_command(int argc, char **argv) {
  struct report_options o = {.view.rows = ROWS_THAT_FIT};
  return view_run(&report_argp, &o.view, report_write, argc, argv);
}
