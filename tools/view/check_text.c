/* Prints verdicts on one dump; contract in check.h. */
#include "check.h"
#include "changes.h"
#include "check_judge.h"
#include "say.h"
#include "view_options.h"
#include "when.h"

/* A dump that was judged. */
struct judged {
  const struct check_options *options;
  const struct dump *old;
  struct check_result result;
};

static void verdict_row(const struct check_verdict *c, int which, bool grown, struct table *t) {
  static const char *const words[] = {"holds", "EXCEEDED", "unknown"};
  enum unit unit = sort_unit(check_sorts[which]);
  if (!c->asked)
    return;
  table_words(t, words[c->verdict]);
  table_number(t, unit, c->is.bound ? "<=" : "", c->is.value);
  table_number(t, unit, "", c->most);
  if (grown) {
    table_number(t, unit, c->was.bound ? "<=" : "", c->was.value);
    table_growth(t, c->was.value, c->is.value);
  } else {
    table_words(t, "-");
    table_words(t, "-");
  }
  table_heat(t, c->verdict == EXCEEDED, 1);
  table_text(t, sort_words(check_sorts[which]));
}

static void verdicts_print(const struct view *v, const struct check_result *r) {
  static const char *const titles[] = {"verdict", "is", "at most", "was", "growth", "what", NULL};
  struct table *t = view_table(v, titles, NULL);
  for (int i = 0; i < CHECKS; i++)
    verdict_row(&r->limits[i], i, false, t);
  for (int i = 0; i < CHECKS; i++)
    verdict_row(&r->growths[i], i, true, t);
  table_end(t, v->to);
}

/* Who is responsible: by each figure that was exceeded, those with most, or that grew most. */
static void sites_print(const struct view *view, const struct judged *j,
                        const struct check_verdict verdicts[CHECKS], const struct dump *old,
                        const char *words) {
  const struct dump *d = view->dump;
  bool any = false;
  for (int i = 0; i < CHECKS; i++)
    any |= verdicts[i].asked && verdicts[i].verdict == EXCEEDED;
  if (!any || !d->has_accounts || (old != NULL && !old->has_accounts))
    return;
  struct option_names names = j->options->view.names;
  names.join_runtime = view->is_short;
  struct changes *c = changes_new(old, d, &names, SORT_LIVE);
  for (int i = 0; i < CHECKS; i++) {
    struct view_options o = j->options->view;
    struct view v = *view;
    if (!verdicts[i].asked || verdicts[i].verdict != EXCEEDED)
      continue;
    v.options = &o;
    o.sort = check_sorts[i];
    changes_sort(c, o.sort);
    fprintf(v.to, "\n%s %s\n", words, sort_words(o.sort));
    changes_print(c, &v, CHANGES_GREW);
  }
  changes_free(c);
}

/* One line on stderr, where the reason of a failed job is looked for. */
static void unknown_say(const struct check_options *o, const struct dump *d) {
  if (d->process->flags & DUMP_PARTIAL)
    say_error("%s: can't be judged: the figures above are too low: dumps were left out, lack parts "
              "or have no tags",
              o->view.file);
  else if (d->process->reason == DUMP_MERGED)
    say_error("%s: can't be judged: the figures above are only upper bounds, as peaks of several "
              "processes are: judge each process (without --sum)",
              o->view.file);
  else
    say_error("%s: can't be judged: the figures above are damaged, or only upper bounds: make the "
              "dump again, with tags",
              o->view.file);
}

static void check_body(const struct view *v, void *arg) {
  const struct judged *j = arg;
  if (dump_is_snapshot(v->dump))
    view_process(v, ""); /* judged before its end */
  verdicts_print(v, &j->result);
  sites_print(v, j, j->result.limits, NULL, "who has most");
  sites_print(v, j, j->result.growths, j->old, "who grew most, by");
}

int check_write(const struct view_options *options, const struct dump *old, const struct dump *d,
                FILE *to) {
  const struct check_options *o = (const struct check_options *)options;
  struct view v = view_of(options, d, to);
  if (!check_is_possible(d, options->file) ||
      (old != NULL && !check_is_possible(old, options->old)))
    return UNKNOWN;
  if (old != NULL)
    changes_warn(options, old, d);
  struct judged j = {.options = o, .old = old, .result = check_judge(o, old, d)};
  int status = view_print(&v, check_body, &j, HOLDS);
  if (status != HOLDS)
    return status;
  if (j.result.verdict == UNKNOWN)
    unknown_say(o, d);
  return j.result.verdict;
}
