/* Families one after the other; contract in metrics_write.h.
 *
 * The samples of a family must follow each other: so each family asks all processes.
 */
#include "metrics_write.h"
#include "recorded.h"
#include "rows.h"
#include "tags.h"
#include "when.h"

#include <inttypes.h>
#include <stdlib.h>

/* Writes the samples that one process has of a family. */
typedef void writer(struct metrics_out *o, const struct metrics_process *p);

static void sample(struct metrics_out *o, const struct metrics_process *p, uint64_t value) {
  metrics_sample(o, p->labels);
  metrics_number(o, value);
}

static void sample_of(struct metrics_out *o, const struct metrics_process *p, const char *label,
                      const char *word, uint64_t value) {
  metrics_sample(o, p->labels);
  metrics_label(o, label, word);
  metrics_number(o, value);
}

/* ---- the process ---- */

static void build_write(struct metrics_out *o, const struct metrics_process *p) {
  sample_of(o, p, "version", dump_text(p->dump, p->dump->process->version), 1);
}

static void process_write(struct metrics_out *o, const struct metrics_process *p) {
  char *tags = tags_words(p->dump), bytes[32];
  snprintf(bytes, sizeof bytes, "%" PRIu64, p->dump->process->sample_bytes);
  metrics_sample(o, p->labels);
  metrics_label(o, "tags", tags);
  metrics_label(o, "sample_bytes", bytes);
  metrics_label(o, "attached", dump_is_attached(p->dump) ? "1" : "0");
  metrics_number(o, 1);
  free(tags);
}

static void start_write(struct metrics_out *o, const struct metrics_process *p) {
  metrics_sample(o, p->labels);
  metrics_seconds(o, p->dump->process->start_ns);
}

static void read_write(struct metrics_out *o, const struct metrics_process *p) {
  sample(o, p, p->dump->process->unix_time);
}

static void running_write(struct metrics_out *o, const struct metrics_process *p) {
  sample(o, p, dump_is_snapshot(p->dump));
}

/* Without tags only the time axis knows of large objects. */
static void live_write(struct metrics_out *o, const struct metrics_process *p) {
  const struct dump *d = p->dump;
  bool axis = d->process->tags == DUMP_TAG_OFF && d->n_moments > 0;
  sample(o, p, axis ? d->moments[d->n_moments - 1].live_bytes : d->process->live_bytes);
}

static void ledger_kind_write(struct metrics_out *o, const struct metrics_process *p,
                              enum dump_ledger_kind kind) {
  for (uint32_t i = 0; i < p->dump->n_ledger; i++)
    if (p->dump->ledger[i].kind == kind)
      sample(o, p, p->dump->ledger[i].bytes);
}

static void mapped_write(struct metrics_out *o, const struct metrics_process *p) {
  ledger_kind_write(o, p, DUMP_LEDGER_TOTAL);
}

static void resident_write(struct metrics_out *o, const struct metrics_process *p) {
  ledger_kind_write(o, p, DUMP_LEDGER_RESIDENT);
}

static void ledger_write(struct metrics_out *o, const struct metrics_process *p) {
  const struct dump *d = p->dump;
  for (uint32_t i = 0; i < d->n_ledger; i++)
    if (d->ledger[i].kind == DUMP_LEDGER_LINE)
      sample_of(o, p, "owner", dump_text(d, d->ledger[i].name), d->ledger[i].bytes);
}

static void small_allocs_write(struct metrics_out *o, const struct metrics_process *p) {
  uint64_t sum = 0;
  for (uint32_t i = 0; i < p->dump->n_classes; i++)
    sum += p->dump->classes[i].allocs;
  sample(o, p, sum);
}

static void small_frees_write(struct metrics_out *o, const struct metrics_process *p) {
  uint64_t sum = 0;
  for (uint32_t i = 0; i < p->dump->n_classes; i++)
    sum += p->dump->classes[i].frees;
  sample(o, p, sum);
}

static void large_allocs_write(struct metrics_out *o, const struct metrics_process *p) {
  uint64_t sum = 0;
  for (uint32_t i = 0; i < p->dump->n_arenas; i++)
    sum += p->dump->arenas[i].total_big_blocks;
  sample(o, p, sum);
}

/* ---- arenas by name ---- */

static void arenas_write(struct metrics_out *o, const struct metrics_process *p) {
  for (unsigned i = 0; i < p->names.count; i++)
    sample_of(o, p, "arena", p->names.items[i].name, p->names.items[i].arenas);
}

static void arena_live_write(struct metrics_out *o, const struct metrics_process *p) {
  for (unsigned i = 0; i < p->names.count; i++)
    sample_of(o, p, "arena", p->names.items[i].name, p->names.items[i].live_bytes);
}

static void arena_objects_write(struct metrics_out *o, const struct metrics_process *p) {
  for (unsigned i = 0; i < p->names.count; i++)
    sample_of(o, p, "arena", p->names.items[i].name, p->names.items[i].live_objects);
}

/* ---- size classes ---- */

static void class_sample(struct metrics_out *o, const struct metrics_process *p,
                         const struct dump_class *c, const char *state, uint64_t value) {
  char bytes[32];
  snprintf(bytes, sizeof bytes, "%" PRIu64, c->cell_bytes);
  metrics_sample(o, p->labels);
  metrics_label(o, "class", bytes);
  if (state != NULL)
    metrics_label(o, "state", state);
  metrics_number(o, value);
}

static void class_cells_write(struct metrics_out *o, const struct metrics_process *p) {
  for (uint32_t i = 0; i < p->dump->n_classes; i++) {
    const struct dump_class *c = &p->dump->classes[i];
    class_sample(o, p, c, "used", c->in_use);
    class_sample(o, p, c, "free", c->free);
  }
}

static void class_allocs_write(struct metrics_out *o, const struct metrics_process *p) {
  for (uint32_t i = 0; i < p->dump->n_classes; i++)
    class_sample(o, p, &p->dump->classes[i], NULL, p->dump->classes[i].allocs);
}

static void class_frees_write(struct metrics_out *o, const struct metrics_process *p) {
  for (uint32_t i = 0; i < p->dump->n_classes; i++)
    class_sample(o, p, &p->dump->classes[i], NULL, p->dump->classes[i].frees);
}

static void class_waste_write(struct metrics_out *o, const struct metrics_process *p) {
  for (uint32_t i = 0; i < p->dump->n_classes; i++)
    class_sample(o, p, &p->dump->classes[i], NULL, class_waste(p->dump, &p->dump->classes[i]));
}

/* ---- call sites ---- */

static void site_sample(struct metrics_out *o, const struct metrics_process *p,
                        const struct metrics_site *s, uint64_t value) {
  char id[32] = METRICS_OTHER;
  if (s != NULL)
    snprintf(id, sizeof id, "%016" PRIx64, s->id);
  metrics_sample(o, p->labels);
  metrics_label(o, "site", id);
  metrics_label(o, "function", s != NULL ? s->function : METRICS_OTHER);
  metrics_label(o, "place", s != NULL ? s->place : "");
  metrics_number(o, value);
}

/* A sample for each site; of gauges one for the rest, too. */
static void sites_write(struct metrics_out *o, const struct metrics_process *p, bool gauge,
                        uint64_t (*value)(const struct row *r)) {
  for (uint32_t i = 0; i < p->sites.count; i++)
    site_sample(o, p, &p->sites.items[i], value(&p->sites.items[i].row));
  if (gauge && p->sites.rest.accounts > 0)
    site_sample(o, p, NULL, value(&p->sites.rest));
}

static uint64_t live_of(const struct row *r) { return r->sum.live_bytes; }
static uint64_t objects_of(const struct row *r) { return r->sum.live_objects; }
static uint64_t waste_of(const struct row *r) { return account_waste(&r->sum); }
static uint64_t allocs_of(const struct row *r) { return r->sum.allocs; }
static uint64_t bytes_of(const struct row *r) { return r->sum.bytes; }

static void site_live_write(struct metrics_out *o, const struct metrics_process *p) {
  sites_write(o, p, true, live_of);
}

static void site_objects_write(struct metrics_out *o, const struct metrics_process *p) {
  sites_write(o, p, true, objects_of);
}

static void site_waste_write(struct metrics_out *o, const struct metrics_process *p) {
  if (p->sites.waste)
    sites_write(o, p, true, waste_of);
}

static void site_allocs_write(struct metrics_out *o, const struct metrics_process *p) {
  sites_write(o, p, false, allocs_of);
}

static void site_bytes_write(struct metrics_out *o, const struct metrics_process *p) {
  sites_write(o, p, false, bytes_of);
}

static writer *const writers[METRICS_COUNT] = {[METRIC_BUILD] = build_write,
                                               [METRIC_PROCESS] = process_write,
                                               [METRIC_START] = start_write,
                                               [METRIC_READ] = read_write,
                                               [METRIC_RUNNING] = running_write,
                                               [METRIC_LIVE] = live_write,
                                               [METRIC_MAPPED] = mapped_write,
                                               [METRIC_RESIDENT] = resident_write,
                                               [METRIC_LEDGER] = ledger_write,
                                               [METRIC_SMALL_ALLOCS] = small_allocs_write,
                                               [METRIC_SMALL_FREES] = small_frees_write,
                                               [METRIC_LARGE_ALLOCS] = large_allocs_write,
                                               [METRIC_ARENAS] = arenas_write,
                                               [METRIC_ARENA_LIVE] = arena_live_write,
                                               [METRIC_ARENA_OBJECTS] = arena_objects_write,
                                               [METRIC_CLASS_CELLS] = class_cells_write,
                                               [METRIC_CLASS_ALLOCS] = class_allocs_write,
                                               [METRIC_CLASS_FREES] = class_frees_write,
                                               [METRIC_CLASS_WASTE] = class_waste_write,
                                               [METRIC_SITE_LIVE] = site_live_write,
                                               [METRIC_SITE_OBJECTS] = site_objects_write,
                                               [METRIC_SITE_WASTE] = site_waste_write,
                                               [METRIC_SITE_ALLOCS] = site_allocs_write,
                                               [METRIC_SITE_BYTES] = site_bytes_write};

void metrics_write(struct metrics_out *o, const struct metrics_process *all, size_t count) {
  for (unsigned family = 0; family < METRICS_COUNT; family++) {
    metrics_begin(o, (enum metric)family);
    for (size_t i = 0; i < count; i++)
      writers[family](o, &all[i]);
  }
  metrics_end(o);
}
