/* Prints what changed from one dump to another; contract in diff.h. */
#include "diff.h"
#include "changes.h"
#include "dump_read.h"
#include "say.h"
#include "text.h"
#include "view_options.h"
#include "words.h"

#include <stdlib.h>

static void total_row(struct table *t, const char *mark, uint64_t old, uint64_t new,
                      enum sort what) {
  enum unit unit = sort_unit(what);
  table_number(t, unit, mark, old);
  table_number(t, unit, mark, new);
  table_change(t, unit, mark, old, new);
  table_growth(t, old, new);
  table_text(t, sort_words(what));
}

static void peak_row(struct table *t, const struct dump *old, const struct dump *new) {
  uint64_t was = old->process->peak_bytes, is = new->process->peak_bytes;
  const char *was_mark = dump_peak_mark(old), *is_mark = dump_peak_mark(new);
  table_number(t, UNIT_BYTES, was_mark, was);
  table_number(t, UNIT_BYTES, is_mark, is);
  table_change(t, UNIT_BYTES, *was_mark != '\0' || *is_mark != '\0' ? "~" : "", was, is);
  table_growth(t, was, is);
  table_text(t, sort_words(SORT_PEAK));
}

/* What one dump has of rounding alone, and the other of pinned cells, too, can't be compared. */
static bool waste_comparable(const struct dump *old, const struct dump *new) {
  return waste_known(old) && waste_known(new) && pinned_known(old) == pinned_known(new);
}

/* Of what one dump doesn't know the change is not known. */
static void waste_row(struct table *t, const struct dump *old, const struct dump *new,
                      const struct changes *c) {
  const struct dump *dumps[] = {old, new};
  const struct row *rows[] = {&c->old, &c->new};
  if (waste_comparable(old, new)) {
    total_row(t, "", row_value(rows[0], SORT_WASTE), row_value(rows[1], SORT_WASTE), SORT_WASTE);
    return;
  }
  for (int i = 0; i < 2; i++)
    if (waste_known(dumps[i]))
      table_number(t, UNIT_BYTES, "", row_value(rows[i], SORT_WASTE));
    else
      table_words(t, "-");
  table_words(t, "-");
  table_words(t, "-");
  table_text(t, waste_known(old) && waste_known(new) ? "bytes wasted: of a record rounding alone"
                : new->mapped                        ? "bytes wasted: none of mapped memory"
                                                     : "bytes wasted: not known with samples");
}

static void totals_print(const struct view *v, const struct dump *before, const struct changes *c) {
  static const char *const titles[] = {"old", "new", "change", "growth", "in all", NULL};
  const struct dump_process *old = before->process, *new = v->dump->process;
  struct table *t = view_table(v, titles, NULL);
  total_row(t, v->estimate, old->live_bytes, new->live_bytes, SORT_LIVE);
  peak_row(t, before, v->dump);
  for (enum sort by = SORT_ALLOCS; by < SORT_WASTE; by++)
    total_row(t, v->estimate, row_value(&c->old, by), row_value(&c->new, by), by);
  waste_row(t, before, v->dump, c);
  fputc('\n', v->to);
  table_end(t, v->to);
}

/* The first value by which a call site changed, live bytes if none did. */
static enum sort sort_chosen(const struct changes *c, bool with_waste) {
  for (enum sort by = SORT_LIVE; by <= SORT_WASTE; by++)
    if ((by != SORT_WASTE || with_waste) && changes_count(c, by) > 0)
      return by;
  return SORT_LIVE;
}

/* " (--sort peak|allocs)": by which other values call sites changed. */
static void others_print(const struct changes *c, enum sort by, FILE *to) {
  static const char *const words[] = {"live", "peak", "allocs", "bytes", "waste"};
  const char *before = " (--sort ";
  for (enum sort other = SORT_LIVE; other <= SORT_WASTE; other++)
    if (other != by && changes_count(c, other) > 0) {
      fprintf(to, "%s%s", before, words[other]);
      before = "|";
    }
  fputs(")\n", to);
}

/* Those that did not change by what is sorted by: what else changed in them. */
static void rest_print(const struct view *v, const struct changes *c) {
  enum sort by = v->options->sort;
  uint32_t same = changes_same(c), rest = c->count - c->grown - c->shrunk;
  struct text text;
  FILE *to = text_start(&text);
  fprintf(to, "\ncall sites as they were: %u\n", same);
  if (rest != same) {
    fprintf(to, "with the same %s, but other figures: %u", sort_words(by), rest - same);
    others_print(c, by, to);
  }
  lines_fit(text_end(to, &text), v->width, v->to);
  free(text.at);
}

static void sites_print(const struct view *v, const struct changes *c, bool chosen) {
  enum sort by = v->options->sort;
  if (chosen && by != SORT_LIVE)
    view_say(v, "\nno call site changed in live bytes: they are sorted by %s\n", sort_words(by));
  fprintf(v->to, "\ngrew, by %s: %u\n", sort_words(by), c->grown);
  if (c->grown > 0)
    changes_print(c, v, CHANGES_GREW);
  fprintf(v->to, "\nshrank, by %s: %u\n", sort_words(by), c->shrunk);
  if (c->shrunk > 0)
    changes_print(c, v, CHANGES_SHRANK);
  if (v->detail < DETAIL_ROWS)
    rest_print(v, c);
}

/* What is compared. */
struct compared {
  const struct view *before;
  const struct changes *changes;
  bool chosen; /* by what is sorted was not said */
};

static void diff_body(const struct view *v, void *arg) {
  const struct compared *c = arg;
  struct view before = *c->before;
  before.to = v->to;
  view_process(&before, "old  ");
  view_process(v, "new  ");
  if (v->detail < DETAIL_ROWS)
    totals_print(v, before.dump, c->changes);
  sites_print(v, c->changes, c->chosen);
}

static void changes_sort_chosen(struct changes *c, struct view_options *o, bool with_waste) {
  o->sort = sort_chosen(c, with_waste);
  changes_sort(c, o->sort);
}

int diff_write(const struct view_options *o, const struct dump *old, const struct dump *new,
               FILE *to) {
  struct view_options sorted = *o;
  struct compared c = {.chosen = o->sort == (enum sort)SORT_NOT_SAID};
  if (!rows_possible(old, o->old) || !rows_possible(new, o->file))
    return 2;
  sorted.sort = c.chosen ? SORT_LIVE : o->sort;
  if (!sort_possible(old, o->old, sorted.sort) || !sort_possible(new, o->file, sorted.sort))
    return 2;
  struct view before = view_of(&sorted, old, to), v = view_of(&sorted, new, to);
  if (*before.estimate != '\0')
    v.estimate = before.estimate;
  changes_warn(o, old, new);
  sorted.names.join_runtime = v.is_short;
  struct changes *changes = changes_new(old, new, &sorted.names, sorted.sort);
  if (c.chosen)
    changes_sort_chosen(changes, &sorted, waste_comparable(old, new));
  c.before = &before;
  c.changes = changes;
  int status = view_print(&v, diff_body, &c, 0);
  changes_free(changes);
  return status;
}

/* ---- the words ---- */

/* OLD NEW, or two sets: OLD... -- NEW... */
struct diff_options {
  struct view_options view; /* first */
  char **words;
  size_t count, before; /* before: those that stand before --; 0: it is not there, or first */
};

static void word_take(struct argp_state *state, struct diff_options *o, char *word) {
  if (state->quoted > 0 && state->next - 1 == state->quoted)
    o->before = o->count;
  o->words = must_resize(o->words, o->count + 1, sizeof *o->words);
  o->words[o->count++] = word;
}

static void inputs_take(struct argp_state *state, struct inputs *to, const char *word) {
  char *why = inputs_add(to, word);
  if (why != NULL)
    words_fail(state, "%s", why);
}

static void sides_set(struct argp_state *state, struct diff_options *o) {
  bool is_sets = o->before > 0 && o->before < o->count;
  size_t old = is_sets ? o->before : 1;
  if (o->count < 2)
    words_fail(state, "name two dumps that `arenashim run` or ARENASHIM_DUMP made: OLD and NEW");
  if (!is_sets && o->count > 2)
    words_fail(state,
               "%s: two dumps at a time, and %s and %s are named already: of two sets put -- "
               "between them",
               o->words[2], o->words[0], o->words[1]);
  for (size_t i = 0; i < o->count; i++)
    inputs_take(state, i < old ? &o->view.olds : &o->view.files, o->words[i]);
  free(o->words);
}

static error_t option_read(int key, char *word, struct argp_state *state) {
  struct diff_options *o = state->input;
  switch (key) {
  case ARGP_KEY_INIT:
    state->child_inputs[0] = &o->view;
    return 0;
  case ARGP_KEY_ARG:
    word_take(state, o, word);
    return 0;
  case ARGP_KEY_END:
    sides_set(state, o);
    return 0;
  default:
    return option_view_pass(key, word, state);
  }
}

static const struct argp_option options[] = {
    OPTION_SORT_ROW("What counts as growth (default: live, or the first that changed)"),
    OPTION_VALUE_ROW("The same as --sort"),
    OPTION_KIND_ROW,
    OPTION_LINES_ROW,
    {0}};

int diff_command(int argc, char **argv) {
  static const struct argp parser = {
      options,
      option_read,
      "OLD NEW\nOLD... -- NEW...",
      "Shows which call sites grew and which shrank from one dump to another, of the same program "
      "or of two versions of it, or from one set of dumps to another: their sums, of files or of "
      "directories.\vCall sites are the same when their paths show the same "
      "functions; where no function is known, module and offset count. was, is: the value that is "
      "sorted by. The peak of a call site is the sum of its peaks in each "
      "arena: of several at most so much (<=), and the change of such a sum is estimated (~).",
      option_view_children,
      NULL,
      NULL};
  struct diff_options o = {
      .view = {.rows = ROWS_THAT_FIT, .apart = true, .sort = (enum sort)SORT_NOT_SAID}};
  view_parse(&parser, &o.view, ARGP_IN_ORDER, argc, argv);
  return view_show(&o.view, diff_write);
}
