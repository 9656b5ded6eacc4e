/* Adds up accounts; contract in rows.h. */
#include "rows.h"
#include "lives.h"
#include "recorded.h"
#include "say.h"

#include <math.h>
#include <stdlib.h>

uint32_t row_kind(uint32_t kind) { return kind < ROW_RUNTIME ? kind : ROW_KINDS - 1; }

uint32_t row_kind_mapped(const struct dump *d, uint32_t kind) {
  return kind == DUMP_SITE_UNTAGGED && dump_is_attached(d) ? DUMP_SITE_BEFORE : row_kind(kind);
}

uint64_t account_rounding(const struct dump_account *a) {
  enum { MOST = 4095 }; /* of one object */
  uint64_t all = a->live_rounded > a->live_bytes ? a->live_rounded - a->live_bytes : 0;
  return all / MOST >= a->live_objects ? a->live_objects * MOST : all;
}

uint64_t account_waste(const struct dump_account *a) {
  return account_rounding(a) + a->pinned_bytes;
}

uint64_t *arenas_waste(const struct dump *d) {
  uint64_t *waste = must_zalloc((size_t)d->n_arenas + 1, sizeof *waste);
  for (uint32_t i = 0; i < d->n_accounts; i++)
    waste[d->accounts[i].arena] += account_waste(&d->accounts[i]);
  return waste;
}

bool classes_tagged(const struct dump *d) {
  return d->process->tags != DUMP_TAG_OFF && d->process->sample_bytes == 0 &&
         !(d->process->flags & DUMP_OF_RECORD);
}

uint64_t class_rounding(const struct dump *d, const struct dump_class *c) {
  uint64_t used = c->in_use * c->cell_bytes;
  return classes_tagged(d) && used > c->live_bytes ? used - c->live_bytes : 0;
}

uint64_t class_waste(const struct dump *d, const struct dump_class *c) {
  return class_rounding(d, c) + c->free * c->cell_bytes + c->tail_bytes;
}

bool waste_known(const struct dump *d) { return d->process->sample_bytes == 0 && !d->mapped; }

bool pinned_known(const struct dump *d) {
  return waste_known(d) && !(d->process->flags & DUMP_OF_RECORD);
}

bool resident_known(const struct dump *d) {
  bool any = false;
  for (uint32_t i = 0; i < d->n_sites && !any && !d->mapped; i++)
    any = d->sites[i].resident_bytes != 0 || d->sites[i].swapped_bytes != 0;
  return any;
}

bool temporary_known(const struct dump *d) { return waste_known(d); }

bool sort_possible(const struct dump *d, const char *file, enum sort by) {
  if (by == (enum sort)SORT_RESIDENT && !resident_known(d)) {
    say_error(d->process->flags & DUMP_OF_RECORD
                  ? "%s: resident sizes of call sites were not recorded: they are only in a dump "
                    "that the program writes itself (ARENASHIM_DUMP, ARENASHIM_SIGNAL)"
                  : "%s: resident sizes of call sites were not recorded: run the program with "
                    "ARENASHIM_TAG=stack:8, and without ARENASHIM_SAMPLE",
              file);
    return false;
  }
  if (by != SORT_WASTE || waste_known(d))
    return true;
  if (d->mapped) {
    say_error("%s: mapped memory has no waste: sort by live, peak, allocs or bytes", file);
    return false;
  }
  say_error("%s: waste by call site is not known with samples: run the program without "
            "ARENASHIM_SAMPLE",
            file);
  return false;
}

/* Each sample stands for sample_bytes bytes: the variance of a sum of samples is sum *
 * sample_bytes.
 */
uint64_t peak_noise(const struct dump *d) {
  double peak = (double)d->process->peak_bytes,
         noise = 2 * sqrt(peak * (double)d->process->sample_bytes);
  return noise < peak ? (uint64_t)noise : d->process->peak_bytes;
}

const char *dump_peak_mark(const struct dump *d) {
  const struct dump_process *p = d->process;
  return p->sample_bytes > 0 ? "~" : p->flags & DUMP_PEAK_BOUND ? "<=" : "";
}

bool row_peak_is_bound(const struct dump *d, const struct row *r) {
  const struct dump_account *s = &r->sum;
  bool apart = dump_processes(d) > 1, at_peak = !apart && s->peak_bytes == s->at_peak_bytes;
  return (r->accounts > 1 || apart) && !at_peak && s->peak_bytes != s->live_bytes;
}

void row_peak_limit(struct row *r, const struct dump *d) {
  struct dump_account *s = &r->sum;
  uint64_t least = s->live_bytes > s->at_peak_bytes ? s->live_bytes : s->at_peak_bytes;
  uint64_t most = d->process->peak_bytes > least ? d->process->peak_bytes : least;
  if (r->accounts > 1 && d->process->peak_bytes > 0 && s->peak_bytes > most)
    s->peak_bytes = most;
}

const char *row_peak_mark(const struct dump *d, const struct row *r) {
  return d->process->sample_bytes > 0 ? "~" : row_peak_is_bound(d, r) ? "<=" : "";
}

static uint32_t site_key(const struct rows_keys *k, const struct dump_site *s) {
  uint32_t path = k->paths->of_node[s->node];
  if (k->by == ROW_PATH)
    return path;
  if (k->by == ROW_FUNCTION)
    return k->functions[path];
  uint32_t inner = k->paths->items[path].inner;
  return inner == 0 ? 0 : k->dump->nodes[inner].module;
}

static void range_add(struct dump_account *sum, const struct dump_account *a) {
  if (a->allocs == 0 && a->largest == 0)
    return;
  if (sum->allocs == 0 || a->smallest < sum->smallest)
    sum->smallest = a->smallest;
  if (a->largest > sum->largest)
    sum->largest = a->largest;
}

static void row_add(struct row *r, const struct dump_account *a) {
  struct dump_account *s = &r->sum;
  range_add(s, a);
  s->allocs += a->allocs;
  s->frees += a->frees;
  s->bytes += a->bytes;
  s->live_objects += a->live_objects;
  s->live_bytes += a->live_bytes;
  s->live_rounded += a->live_bytes + account_rounding(a); /* so that sums of waste add up */
  s->peak_bytes += a->peak_bytes;
  s->at_peak_objects += a->at_peak_objects;
  s->at_peak_bytes += a->at_peak_bytes;
  s->temporary += a->temporary;
  s->pinned_bytes += a->pinned_bytes;
  s->large_allocs += a->large_allocs;
  lives_add(s->lives, a->lives);
  r->accounts++;
}

void row_join(struct row *r, const struct row *other) {
  uint32_t accounts = r->accounts + other->accounts;
  row_add(r, &other->sum);
  r->accounts = accounts;
  r->resident += other->resident;
  r->swapped += other->swapped;
}

static struct row *row_get(struct rows *r, uint32_t *slot, uint32_t kind, uint32_t key) {
  if (*slot == 0) {
    r->items[r->count] = (struct row){.kind = kind, .key = key};
    *slot = ++r->count;
  }
  return &r->items[*slot - 1];
}

/* The slot of a site's row, and what the row is. */
static uint32_t *site_slot(const struct rows_keys *k, uint32_t *slots, const struct dump_site *s,
                           uint32_t *kind, uint32_t *key) {
  bool runtime = k->runtime != NULL && k->runtime[k->paths->of_node[s->node]];
  *kind = runtime           ? (uint32_t)ROW_RUNTIME
          : k->dump->mapped ? row_kind_mapped(k->dump, s->kind)
                            : row_kind(s->kind);
  *key = runtime ? 0 : site_key(k, s);
  return &slots[(size_t)*key * ROW_KINDS + *kind];
}

/* A site without an account has no row, and no live objects either. */
static void add_resident(const struct rows_keys *k, struct rows *r, uint32_t *slots) {
  uint32_t kind, key;
  for (uint32_t i = 0; i < k->dump->n_sites; i++) {
    const struct dump_site *s = &k->dump->sites[i];
    uint32_t slot = *site_slot(k, slots, s, &kind, &key);
    if (slot == 0)
      continue;
    r->items[slot - 1].resident += s->resident_bytes;
    r->items[slot - 1].swapped += s->swapped_bytes;
    r->total.resident += s->resident_bytes;
    r->total.swapped += s->swapped_bytes;
  }
}

struct rows *rows_new(const struct rows_keys *k) {
  const struct dump *d = k->dump;
  size_t keys = k->by == ROW_MODULE ? (size_t)d->n_modules + 1 : k->paths->count;
  uint32_t *slots = must_zalloc(keys * ROW_KINDS, sizeof *slots); /* index + 1 in r->items */
  struct rows *r = must_zalloc(1, sizeof *r);
  r->items = must_alloc(d->n_accounts * sizeof *r->items);
  for (uint32_t i = 0; i < d->n_accounts; i++) {
    uint32_t kind, key;
    uint32_t *slot = site_slot(k, slots, &d->sites[d->accounts[i].site], &kind, &key);
    row_add(row_get(r, slot, kind, key), &d->accounts[i]);
    row_add(&r->total, &d->accounts[i]);
  }
  add_resident(k, r, slots);
  free(slots);
  for (uint32_t i = 0; i < r->count; i++)
    row_peak_limit(&r->items[i], d);
  return r;
}

void rows_free(struct rows *r) {
  free(r->items);
  free(r);
}

const char *row_words(const struct row *r) {
  static const char *const words[] = {NULL,
                                      "(before the options were known)",
                                      "(inside the unwinder)",
                                      "(the tables were full)",
                                      "(without a tag)",
                                      "(after its thread's end)",
                                      "(region created)",
                                      "(while nobody was attached)",
                                      "runtime: the loader's and the C++ library's own"};
  return r->kind < sizeof words / sizeof *words ? words[r->kind] : "(call site lost)";
}

const char *row_title(const struct row *r) {
  const char *words = row_words(r);
  return words == NULL && r->key == PATH_ROOT ? "(no path)" : words;
}

bool rows_possible(const struct dump *d, const char *file) {
  if (!d->has_accounts)
    say_error("%s: its call sites are damaged or missing: copy or make the dump again", file);
  else if (d->process->tags == DUMP_TAG_OFF && d->n_accounts == 0)
    say_error("%s: call sites were not recorded: run the program with ARENASHIM_TAG=stack:8", file);
  else
    return true;
  return false;
}

const char *sort_words(enum sort by) {
  static const char *const words[] = {"live bytes", "peak bytes", "allocations", "bytes requested",
                                      "bytes wasted"};
  return by == (enum sort)SORT_RESIDENT ? "resident bytes" : words[by];
}

enum unit sort_unit(enum sort by) { return by == SORT_ALLOCS ? UNIT_COUNT : UNIT_BYTES; }

uint64_t row_value(const struct row *r, enum sort by) {
  if (by == (enum sort)SORT_RESIDENT)
    return r->resident + r->swapped;
  switch (by) {
  case SORT_LIVE:
    return r->sum.live_bytes;
  case SORT_PEAK:
    return r->sum.peak_bytes;
  case SORT_ALLOCS:
    return r->sum.allocs;
  case SORT_BYTES:
    return r->sum.bytes;
  default:
    return account_waste(&r->sum);
  }
}

uint64_t row_added(const struct row *r, enum sort by) {
  return by == SORT_PEAK ? r->sum.at_peak_bytes : row_value(r, by);
}

static int row_compare(const void *a, const void *b, void *by) {
  const struct row *x = a, *y = b;
  uint64_t p = row_added(x, *(enum sort *)by), q = row_added(y, *(enum sort *)by);
  if (p == q) {
    p = row_value(x, *(enum sort *)by);
    q = row_value(y, *(enum sort *)by);
  }
  if (p != q)
    return p > q ? -1 : 1;
  if (x->key != y->key)
    return x->key < y->key ? -1 : 1;
  return (x->kind > y->kind) - (x->kind < y->kind);
}

void rows_sort(struct rows *r, enum sort by) {
  if (r->count > 0)
    qsort_r(r->items, r->count, sizeof *r->items, row_compare, &by);
}
