/* Prints the call tree; contract in tree.h.
 *
 *   main                      a frame that calls one other, and costs nothing itself, has it
 *   run                       right below; else what it calls is indented
 *   |- parse
 *   |  read_token
 *   `- (3 more below 1.0%)    what is too small to show, so that the numbers add up
 */
#include "tree.h"
#include "calls.h"
#include "say.h"
#include "view_options.h"
#include "words.h"

#include <stdlib.h>
#include <string.h>

/* How branches are drawn: to a child, to the last one, past a child, past the last one. */
struct guides {
  const char *child, *last, *past, *none;
};
static const struct guides ascii = {"|- ", "`- ", "|  ", "   "};
static const struct guides boxes = {"├─ ", "└─ ", "│  ", "   "};

struct tree {
  const struct view *view;
  const struct calls *calls;
  const struct guides *guides;
  struct table *table;
  size_t rows; /* so far, shown or not */
  char *text;  /* guides of the row, and its frame behind them */
  size_t room;
};

static uint64_t whole(const struct tree *t) { return t->calls->items[0].total; }

/* With --all nothing is too small that costs anything. */
static bool is_small(const struct tree *t, const struct callee *c) {
  double least = t->view->options->all ? 0 : t->view->options->least;
  return (double)c->total * 100 < least * (double)whole(t) || c->total == 0;
}

/* Puts a word into the row's text, and returns the text's length then. */
static size_t text_put(struct tree *t, size_t at, const char *word) {
  size_t length = strlen(word);
  if (t->room <= at + length)
    t->text = must_resize(t->text, t->room = 2 * (at + length) + 256, 1);
  memcpy(t->text + at, word, length + 1);
  return at + length;
}

static void row_print(struct tree *t, uint64_t total, uint64_t self) {
  t->rows++;
  if (view_shown(t->view, t->rows) < t->rows)
    return;
  enum unit unit = sort_unit(t->view->options->sort);
  table_number(t->table, unit, t->view->estimate, total);
  table_percent(t->table, total, whole(t));
  table_number(t->table, unit, t->view->estimate, self);
  table_heat(t->table, total, whole(t));
  table_text(t->table, t->text);
}

/* Where a call's row starts: what leads to it, and to what is below it. */
struct place {
  size_t at; /* the guides of those above end there */
  const char *branch, *below;
};

static void call_print(struct tree *t, const struct callee *c, struct place p);

/* One row for all the children that are too small. */
static void rest_print(struct tree *t, const struct callee *from, uint32_t end, size_t at) {
  uint64_t sum = 0;
  size_t count = 0;
  char words[80];
  for (const struct callee *c = from; c < t->calls->items + end && c->total > 0; c++, count++)
    sum += c->total;
  if (count == 0)
    return;
  snprintf(words, sizeof words, "(%zu more below %.4g%%)", count, t->view->options->least);
  text_put(t, text_put(t, at, t->guides->last), words);
  row_print(t, sum, 0);
}

/* Whether no child after this one costs anything. */
static bool is_last(const struct tree *t, const struct callee *c, uint32_t child) {
  return child + 1 >= c->end || t->calls->items[child + 1].total == 0;
}

static void children_print(struct tree *t, const struct callee *c, size_t at) {
  const struct callee *items = t->calls->items;
  bool alone = c->self == 0 && is_last(t, c, c->first);
  uint32_t i = c->first;
  for (; i < c->end && !is_small(t, &items[i]); i++) {
    bool last = is_last(t, c, i);
    struct place p = {.at = at, .branch = "", .below = ""};
    if (!alone)
      p = (struct place){at, last ? t->guides->last : t->guides->child,
                         last ? t->guides->none : t->guides->past};
    call_print(t, &items[i], p);
  }
  if (i < c->end)
    rest_print(t, &items[i], c->end, at);
}

/* What stands above the outermost frames. */
static const char *program(const struct tree *t) {
  const struct dump *d = t->view->dump;
  const char *name = dump_text(d, d->process->program);
  return *name != '\0' ? name : "(all)";
}

static void call_print(struct tree *t, const struct callee *c, struct place p) {
  text_put(t, text_put(t, p.at, p.branch), c == t->calls->items ? program(t) : c->text);
  row_print(t, c->total, c->self);
  children_print(t, c, text_put(t, p.at, p.below));
}

static void tree_print(const struct view *v, const struct calls *calls) {
  static const char *const values[] = {
      "live bytes by call, outermost first", "bytes at the process's peak by call, outermost first",
      "allocations by call, outermost first", "bytes ever requested by call, outermost first",
      "bytes wasted by call, outermost first"};
  static const char *const spare[] = {"self", "share", NULL};
  const char *titles[] = {"total", "share", "self", values[v->options->sort], NULL};
  struct tree t = {.view = v,
                   .calls = calls,
                   .guides = table_boxes(v->width) ? &boxes : &ascii,
                   .table = view_table(v, titles, spare)};
  fputc('\n', v->to);
  call_print(&t, calls->items, (struct place){0, "", ""});
  view_table_end(v, t.table, view_shown(v, t.rows), t.rows);
  free(t.text);
}

/* What a tree is printed of. */
struct source {
  const struct session *session;
  const struct calls *calls;
};

static void tree_body(const struct view *v, void *arg) {
  const struct source *source = arg;
  view_head(v);
  view_cuts(v, source->session->names);
  tree_print(v, source->calls);
}

int tree_write(const struct view_options *o, const struct dump *old, const struct dump *d,
               FILE *to) {
  struct view v = view_of(o, d, to);
  struct session s;
  (void)old;
  if (!rows_possible(d, o->file) || !sort_possible(d, o->file, o->sort))
    return 2;
  view_session(&v, &s);
  struct calls *calls = calls_new(&s, o->sort);
  int status = view_print(&v, tree_body, &(struct source){&s, calls}, 0);
  calls_free(calls);
  session_close(&s);
  return status;
}

enum { KEY_MIN = 256 };

static const struct argp_option options[] = {
    OPTION_VALUE_ROW("What is added up (default: live)"),
    OPTION_SORT_ROW("The same as --value"),
    {"min", KEY_MIN, "PERCENT", 0, "Leave out what is less of the whole (default: 1)", 0},
    OPTION_KIND_ROW,
    OPTION_LINES_ROW,
    {0}};

static error_t option_read(int key, char *word, struct argp_state *state) {
  struct view_options *o = state->input;
  switch (key) {
  case KEY_MIN:
    o->least = option_percent(state, "min", word);
    if (o->least > 100)
      words_fail(state, "--min=%s: give a percentage of the whole, 100 at most", word);
    return 0;
  default:
    return option_view_pass(key, word, state);
  }
}

int tree_command(int argc, char **argv) {
  static const struct argp parser = {
      options,
      option_read,
      "FILE...",
      "Shows what calls cost, with all that they call: the outermost frame first, below it what it "
      "calls, largest first.\vA frame's number is the sum of those below it and of its own (self). "
      "A frame right below another, not indented, is all that this one calls. peak is what was "
      "held when the process had most.",
      option_view_children,
      NULL,
      NULL};
  struct view_options o = {.rows = ROWS_THAT_FIT, .least = 1};
  return view_run(&parser, &o, tree_write, argc, argv);
}
