/* Judges dumps; contract in check.h.
 *
 *   figure           from                   judged by
 *   live bytes       the process            --max-live, --max-growth
 *   peak bytes       the process            --max-peak, --max-growth
 *   allocations      the sum of all arenas  --max-allocs
 *   bytes requested  the sum of all arenas  --max-growth
 *
 * A peak that is only known to be at most so much may hold, but is never said to exceed a limit.
 * A figure that a dump does not have is never taken for one that holds.
 */
#include "check.h"
#include "changes.h"
#include "dump_read.h"
#include "say.h"
#include "view_options.h"
#include "when.h"

enum verdict { HOLDS, EXCEEDED, UNKNOWN }; /* the exit statuses */

/* One figure of a dump, and how far it may be trusted. */
struct figure {
  uint64_t value;
  bool known, bound; /* bound: at most the value */
};

struct judge {
  const struct check_options *options;
  const struct view *view;
  const struct dump *old;
  struct table *table;
  enum verdict limits[CHECKS], growths[CHECKS];
};

static const enum sort sorts[] = {SORT_LIVE, SORT_PEAK, SORT_ALLOCS, SORT_BYTES};

static uint64_t arenas_sum(const struct dump *d, bool bytes) {
  uint64_t sum = 0;
  for (uint32_t i = 0; i < d->n_arenas; i++)
    sum += bytes ? d->arenas[i].total_size : d->arenas[i].total_allocs;
  return sum;
}

static struct figure figure_of(const struct dump *d, int which) {
  const struct dump_process *p = d->process;
  switch (which) {
  case CHECK_LIVE:
    return (struct figure){.value = p->live_bytes, .known = true};
  case CHECK_PEAK:
    return (struct figure){
        .value = p->peak_bytes, .known = true, .bound = p->flags & DUMP_PEAK_BOUND};
  default:
    return (struct figure){.value = arenas_sum(d, which == CHECK_BYTES), .known = d->has_arenas};
  }
}

/* Whether a dump counts what is judged; says why not. */
static bool is_judgeable(const struct dump *d, const char *file) {
  if (!d->has_processes || d->n_processes == 0)
    say_error("%s: can't be judged: its process's figures are lost: copy or make the dump again",
              file);
  else if (d->process->tags == DUMP_TAG_OFF)
    say_error(
        "%s: can't be judged: without tags large requests are not counted: run the program with "
        "ARENASHIM_TAG=site",
        file);
  else if (d->process->sample_bytes > 0)
    say_error("%s: can't be judged: it is sampled, and estimates are not judged: run the program "
              "without ARENASHIM_SAMPLE",
              file);
  else
    return true;
  return false;
}

static enum verdict judged(struct figure f, uint64_t most) {
  return f.known && f.value <= most ? HOLDS : !f.known || f.bound ? UNKNOWN : EXCEEDED;
}

static void figure_row(const struct judge *j, int which, enum verdict v, uint64_t most,
                       const struct figure *was) {
  static const char *const words[] = {"holds", "EXCEEDED", "unknown"};
  struct figure is = figure_of(j->view->dump, which);
  enum unit unit = sort_unit(sorts[which]);
  table_words(j->table, words[v]);
  table_number(j->table, unit, is.bound ? "<=" : "", is.value);
  table_number(j->table, unit, "", most);
  if (was == NULL) {
    table_words(j->table, "-");
    table_words(j->table, "-");
  } else {
    table_number(j->table, unit, was->bound ? "<=" : "", was->value);
    table_growth(j->table, was->value, is.value);
  }
  table_heat(j->table, v == EXCEEDED, 1);
  table_text(j->table, sort_words(sorts[which]));
}

static void limit_judge(struct judge *j, int which) {
  uint64_t most = j->options->limits[which].most;
  if (!j->options->limits[which].set)
    return;
  j->limits[which] = judged(figure_of(j->view->dump, which), most);
  figure_row(j, which, j->limits[which], most, NULL);
}

/* Nothing may become something only if any growth is allowed: none of nothing is nothing. */
static void growth_judge(struct judge *j, int which) {
  struct figure was = figure_of(j->old, which);
  long double most = was.value + was.value * (long double)j->options->growth / 100;
  uint64_t limit = most < (long double)UINT64_MAX ? (uint64_t)most : UINT64_MAX;
  bool usable = was.known && !was.bound;
  j->growths[which] = usable ? judged(figure_of(j->view->dump, which), limit) : UNKNOWN;
  figure_row(j, which, j->growths[which], limit, &was);
}

static enum verdict judge_all(struct judge *j) {
  static const char *const titles[] = {"verdict", "is", "at most", "was", "growth", "what", NULL};
  bool exceeded = false, unknown = false;
  j->table = view_table(j->view, titles, NULL);
  for (int i = 0; i < CHECKS; i++)
    limit_judge(j, i);
  for (int i = 0; i < CHECKS && j->old != NULL; i++)
    if (i != CHECK_ALLOCS)
      growth_judge(j, i);
  table_end(j->table, j->view->to);
  for (int i = 0; i < CHECKS; i++) {
    exceeded |= j->limits[i] == EXCEEDED || j->growths[i] == EXCEEDED;
    unknown |= j->limits[i] == UNKNOWN || j->growths[i] == UNKNOWN;
  }
  return exceeded ? EXCEEDED : unknown ? UNKNOWN : HOLDS;
}

/* Who is responsible: by each figure that was exceeded, those with most, or that grew most. */
static void sites_print(const struct judge *j, const enum verdict verdicts[CHECKS],
                        const struct dump *old, const char *words) {
  const struct dump *d = j->view->dump;
  bool any = false;
  for (int i = 0; i < CHECKS; i++)
    any |= verdicts[i] == EXCEEDED;
  if (!any || !d->has_accounts || (old != NULL && !old->has_accounts))
    return;
  struct option_names names = j->options->view.names;
  names.join_runtime = j->view->is_short;
  struct changes *c = changes_new(old, d, &names, SORT_LIVE);
  for (int i = 0; i < CHECKS; i++) {
    struct view_options o = j->options->view;
    struct view v = *j->view;
    if (verdicts[i] != EXCEEDED)
      continue;
    v.options = &o;
    o.sort = sorts[i];
    changes_sort(c, o.sort);
    fprintf(v.to, "\n%s %s\n", words, sort_words(o.sort));
    changes_print(c, &v, CHANGES_GREW);
  }
  changes_free(c);
}

/* One line on stderr, where the reason of a failed job is looked for. */
static void unknown_say(const struct check_options *o) {
  say_error(
      "%s: can't be judged: the figures above are damaged, or only upper bounds: make the dump "
      "again, with tags",
      o->view.file);
}

struct judged {
  struct judge judge;
  enum verdict verdict;
};

static void check_body(const struct view *v, void *arg) {
  struct judged *all = arg;
  struct judge *j = &all->judge;
  j->view = v;
  if (dump_is_snapshot(v->dump))
    view_process(v, ""); /* judged before its end */
  all->verdict = judge_all(j);
  sites_print(j, j->limits, NULL, "who has most");
  sites_print(j, j->growths, j->old, "who grew most, by");
}

int check_write(const struct view_options *options, const struct dump *old, const struct dump *d,
                FILE *to) {
  const struct check_options *o = (const struct check_options *)options;
  struct view v = view_of(options, d, to);
  struct judged all = {.judge = {.options = o, .old = old}};
  if (!is_judgeable(d, options->file) || (old != NULL && !is_judgeable(old, options->old)))
    return UNKNOWN;
  if (old != NULL)
    changes_warn(options, old, d);
  int status = view_print(&v, check_body, &all, HOLDS);
  if (status != HOLDS)
    return status;
  if (all.verdict == UNKNOWN)
    unknown_say(o);
  return all.verdict;
}

int check_command(int argc, char **argv) {
  struct check_options o = {.view.rows = 5};
  return view_run(&check_argp, &o.view, check_write, argc, argv);
}
