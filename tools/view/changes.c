/* Matches the call sites of two dumps; contract in changes.h. */
#include "changes.h"
#include "fit.h"
#include "say.h"
#include "stacks.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

struct build {
  struct changes *changes;
  uint32_t *places; /* of each node of the trie: its change + 1, 0: none */
  uint32_t places_room, room;
};

/* The change of a node, made when there is none. */
static struct change *change_get(struct build *b, uint32_t node) {
  struct changes *c = b->changes;
  uint32_t room = c->trie->count * 2;
  if (node >= b->places_room) {
    b->places = must_extend(b->places, b->places_room, room, sizeof *b->places);
    b->places_room = room;
  }
  if (b->places[node] == 0) {
    if (c->count == b->room)
      c->items = must_resize(c->items, b->room = b->room * 2 + 256, sizeof *c->items);
    c->items[c->count] = (struct change){.node = node};
    b->places[node] = ++c->count;
  }
  return &c->items[b->places[node] - 1];
}

/* Where a row's innermost own function stands in its text, counted from 1; 0: it has none. */
static uint32_t own_place(const struct session *s, const struct row *r) {
  uint32_t own = s->own[r->key];
  return own == PATH_ROOT ? 0 : s->paths->items[own].depth + (row_title(r) != NULL);
}

static void dump_enter(struct build *b, const struct dump *d, const struct option_names *names,
                       bool is_new) {
  struct session s;
  session_open(&s, d, names, ROW_PATH);
  struct stacks *stacks = stacks_new(&s, b->changes->trie, FRAME_NAME);
  for (uint32_t i = 0; i < s.rows->count; i++) {
    const struct row *r = &s.rows->items[i];
    struct change *c = change_get(b, stacks_node(stacks, r));
    row_join(is_new ? &c->new : &c->old, r);
    row_peak_limit(is_new ? &c->new : &c->old, d);
    c->own = own_place(&s, r);
  }
  *(is_new ? &b->changes->new : &b->changes->old) = s.rows->total;
  stacks_free(stacks);
  session_close(&s);
}

static int64_t growth(const struct change *c, enum sort by) {
  return (int64_t)(row_value(&c->new, by) - row_value(&c->old, by));
}

static bool is_changed(const struct change *c) {
  for (enum sort by = SORT_LIVE; by <= SORT_WASTE; by++)
    if (growth(c, by) != 0)
      return true;
  return false;
}

uint32_t changes_count(const struct changes *c, enum sort by) {
  uint32_t count = 0;
  for (uint32_t i = 0; i < c->count; i++)
    count += growth(&c->items[i], by) != 0;
  return count;
}

uint32_t changes_same(const struct changes *c) {
  uint32_t count = 0;
  for (uint32_t i = 0; i < c->count; i++)
    count += !is_changed(&c->items[i]);
  return count;
}

/* The growth without its sign. */
static uint64_t size_of(const struct change *c, enum sort by) {
  int64_t n = growth(c, by);
  return n < 0 ? -(uint64_t)n : (uint64_t)n;
}

static int change_compare(const void *a, const void *b, void *by) {
  const struct change *x = a, *y = b;
  int64_t p = growth(x, *(enum sort *)by), q = growth(y, *(enum sort *)by);
  if (p != q)
    return p > q ? -1 : 1;
  return (x->node > y->node) - (x->node < y->node);
}

void changes_sort(struct changes *c, enum sort by) {
  c->grown = c->shrunk = 0;
  if (c->count > 0)
    qsort_r(c->items, c->count, sizeof *c->items, change_compare, &by);
  while (c->grown < c->count && growth(&c->items[c->grown], by) > 0)
    c->grown++;
  while (c->shrunk < c->count && growth(&c->items[c->count - 1 - c->shrunk], by) < 0)
    c->shrunk++;
}

struct changes *changes_new(const struct dump *old, const struct dump *new,
                            const struct option_names *names, enum sort by) {
  struct changes *c = must_zalloc(1, sizeof *c);
  struct build b = {.changes = c};
  c->trie = trie_new();
  if (old != NULL)
    dump_enter(&b, old, names, false);
  dump_enter(&b, new, names, true);
  changes_sort(c, by);
  free(b.places);
  return c;
}

void changes_free(struct changes *c) {
  trie_free(c->trie);
  free(c->items);
  free(c);
}

/* Without another dump to compare with, a change is all there is. */
static bool is_alone(const struct changes *c) { return c->old.accounts == 0; }

/* "(new) innermost < caller < caller" */
static char *change_text(const struct changes *c, const struct change *change) {
  struct text text;
  FILE *to = text_start(&text);
  const char *comma = "";
  if (!is_alone(c))
    fputs(change->old.accounts == 0 ? "(new) " : change->new.accounts == 0 ? "(gone) " : "", to);
  uint32_t place = 1;
  for (uint32_t n = change->node; n != TRIE_ROOT; n = c->trie->nodes[n].parent, comma = " < ") {
    bool own = place++ == change->own;
    fprintf(to, "%s%s%s%s", comma, own ? FIT_NAME : "", c->trie->texts[c->trie->nodes[n].text],
            own ? FIT_PLACE FIT_END : "");
  }
  return text_end(to, &text);
}

static const char *mark_of(const struct view *v, const struct row *r, enum sort by) {
  bool bound = by == SORT_PEAK && *v->estimate == '\0';
  return bound ? row_peak_mark(v->dump, r) : v->estimate;
}

/* What two upper bounds differ by is neither a fact nor a bound. */
static const char *change_mark(const struct view *v, const struct change *c, enum sort by) {
  bool marked = *mark_of(v, &c->old, by) != '\0' || *mark_of(v, &c->new, by) != '\0';
  return marked ? "~" : "";
}

static void change_numbers(const struct view *v, const struct change *change, bool alone,
                           struct table *t) {
  const struct row *old = &change->old, *new = &change->new;
  for (enum sort value = SORT_LIVE; value <= SORT_WASTE; value++)
    if (value == SORT_WASTE && *v->estimate != '\0')
      table_words(t, "-"); /* one of the dumps has samples */
    else if (alone)
      table_number(t, sort_unit(value), mark_of(v, new, value), row_value(new, value));
    else
      table_change(t, sort_unit(value), change_mark(v, change, value), row_value(old, value),
                   row_value(new, value));
  enum sort by = v->options->sort;
  if (alone)
    return;
  table_number(t, sort_unit(by), mark_of(v, old, by), row_value(old, by));
  table_number(t, sort_unit(by), mark_of(v, new, by), row_value(new, by));
}

static void change_row(const struct changes *c, const struct view *v, const struct change *change,
                       struct table *t) {
  char *text = change_text(c, change);
  change_numbers(v, change, is_alone(c), t);
  table_text(t, text);
  free(text);
}

/* The i-th of those that grew, or shrank, most. */
static const struct change *change_at(const struct changes *c, enum changes_side side, size_t i) {
  return &c->items[side == CHANGES_GREW ? i : c->count - 1 - i];
}

void changes_print(const struct changes *c, const struct view *v, enum changes_side side) {
  static const char *const alone[] = {
      "live", "peak", "allocs", "bytes", "waste", "call path, innermost first", NULL};
  static const char *const changed[] = {
      "live", "peak", "allocs", "bytes", "waste", "was", "is", "call path, innermost first", NULL};
  size_t count = side == CHANGES_GREW ? c->grown : c->shrunk, shown = view_shown(v, count);
  static const char *const order[] = {"waste",  "bytes", "peak", "was",
                                      "allocs", "is",    "live", NULL};
  const char *spare[VIEW_SPARE_MAX + 1];
  uint64_t sum = 0;
  for (size_t i = 0; i < count; i++)
    sum += size_of(change_at(c, side, i), v->options->sort);
  view_spare(v->options->sort, order, spare);
  struct table *t = view_table(v, is_alone(c) ? alone : changed, spare);
  for (size_t i = 0; i < shown; i++) {
    table_heat(t, size_of(change_at(c, side, i), v->options->sort), sum);
    change_row(c, v, change_at(c, side, i), t);
  }
  view_table_end(v, t, shown, count);
}

static bool is_same_program(const struct dump *a, const struct dump *b) {
  return strcmp(dump_text(a, a->process->program), dump_text(b, b->process->program)) == 0;
}

void changes_warn(const struct view_options *o, const struct dump *old, const struct dump *new) {
  const struct dump_process *p = old->process, *q = new->process;
  if (!is_same_program(old, new))
    say_warning("%s is of \"%s\", %s of \"%s\": two programs may have no call site in common",
                o->old, dump_text(old, p->program), o->file, dump_text(new, q->program));
  if (p->tags != q->tags || (p->tags >= DUMP_TAG_STACK && p->depth != q->depth))
    say_warning("%s and %s have paths of different depth: the same call site may look new; use "
                "one ARENASHIM_TAG for both",
                o->old, o->file);
  if (p->sample_bytes > 0 || q->sample_bytes > 0)
    say_warning("%s is sampled: its figures are estimates, and small changes mean nothing",
                p->sample_bytes > 0 ? o->old : o->file);
}
