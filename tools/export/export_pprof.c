/* The profile that `go tool pprof` reads: a sample for each account.
 *
 *   sample      a path, seven values; labels: arena, size class, mean size
 *   location    a frame, and those inlined into it    function    a frame's name and file
 *   mapping     a module
 *
 * Of a sampled dump a sample has six values: waste is not known.  What the program mapped itself
 * has samples of its own, in which all values but mapped_space are 0.
 */
#include "export_writers.h"
#include "export_frames.h"
#include "pprof_locations.h"
#include "say.h"
#include "segments.h"

#include <stdlib.h>
#include <string.h>

struct writer {
  const struct export *e;
  struct pprof *pprof;
  struct locations *locations;
};

static const struct {
  const char *name, *unit;
} types[] = {{"alloc_objects", "count"}, {"alloc_space", "bytes"}, {"inuse_objects", "count"},
             {"inuse_space", "bytes"},   {"peak_space", "bytes"},  {"mapped_space", "bytes"},
             {"waste", "bytes"}};
enum { TYPES = sizeof types / sizeof *types };

/* Waste, the last, is left out where it is not known. */
static int types_known(const struct writer *w) { return TYPES - !waste_known(w->e->dump); }

/* The type that is shown at first. */
static int type_default(const struct export *e) {
  static const int type[] = {[EXPORT_LIVE] = 3,
                             [EXPORT_ALLOCS] = 0,
                             [EXPORT_PEAK] = 4,
                             [EXPORT_BYTES] = 1,
                             [EXPORT_WASTE] = 6};
  return e->mapped ? 5 : type[e->value];
}

/* pprof's numbers are signed: larger ones, which only a damaged dump has, become the largest. */
static int64_t number(uint64_t n) { return n < INT64_MAX ? (int64_t)n : INT64_MAX; }

static void head_write(const struct writer *w) {
  const struct dump_process *process = w->e->dump->process;
  Pprof__ValueType period = PPROF__VALUE_TYPE__INIT;
  Pprof__Profile part = PPROF__PROFILE__INIT;
  period.type = pprof_text(w->pprof, "space");
  period.unit = pprof_text(w->pprof, "bytes");
  part.period_type = &period;
  part.period = process->sample_bytes > 0 ? number(process->sample_bytes) : 1;
  part.time_nanos = number(process->unix_time) % (INT64_MAX / 1000000000) * 1000000000;
  part.default_sample_type = pprof_text(w->pprof, types[type_default(w->e)].name);
  pprof_write(w->pprof, &part);
}

static void types_write(const struct writer *w) {
  for (int i = 0; i < types_known(w); i++) {
    Pprof__ValueType type = PPROF__VALUE_TYPE__INIT, *list = &type;
    Pprof__Profile part = PPROF__PROFILE__INIT;
    type.type = pprof_text(w->pprof, types[i].name);
    type.unit = pprof_text(w->pprof, types[i].unit);
    part.n_sample_type = 1;
    part.sample_type = &list;
    pprof_write(w->pprof, &part);
  }
}

static void comment_write(const struct writer *w, const char *text) {
  int64_t comment = pprof_text(w->pprof, text);
  Pprof__Profile part = PPROF__PROFILE__INIT;
  part.n_comment = 1;
  part.comment = &comment;
  pprof_write(w->pprof, &part);
}

static void comments_write(const struct writer *w) {
  const struct dump_process *process = w->e->dump->process;
  char sampling[120];
  comment_write(w, dump_text(w->e->dump, process->command));
  if (process->sample_bytes == 0)
    return;
  snprintf(sampling, sizeof sampling,
           "Estimates: one allocation per %llu bytes on average was recorded",
           (unsigned long long)process->sample_bytes);
  comment_write(w, sampling);
}

/* What is known of a module's frames. */
struct known {
  bool lines, inlined;
};

static struct known *known_new(const struct writer *w) {
  struct known *known = must_zalloc((size_t)w->e->dump->n_modules + 1, sizeof *known);
  for (uint32_t i = 0; i < w->e->frames->count; i++) {
    const struct export_frame *f = &w->e->frames->items[i];
    known[f->module].lines |= f->line > 0;
    known[f->module].inlined |= f->inlined;
  }
  return known;
}

static void mapping_write(const struct writer *w, uint32_t module, struct known known) {
  const struct dump *d = w->e->dump;
  const struct dump_module *m = &d->modules[module];
  struct segment s = segment_find(d, m);
  Pprof__Mapping mapping = PPROF__MAPPING__INIT, *list = &mapping;
  Pprof__Profile part = PPROF__PROFILE__INIT;
  mapping.id = (uint64_t)module + 1;
  mapping.memory_start = s.start;
  mapping.memory_limit = s.end;
  mapping.file_offset = s.offset;
  mapping.filename = pprof_text(w->pprof, dump_text(d, m->path));
  mapping.build_id = pprof_text(w->pprof, dump_text(d, m->build_id));
  mapping.has_functions = true;
  mapping.has_filenames = mapping.has_line_numbers = known.lines;
  mapping.has_inline_frames = known.inlined;
  part.n_mapping = 1;
  part.mapping = &list;
  pprof_write(w->pprof, &part);
}

static void mappings_write(const struct writer *w) {
  struct known *known = known_new(w);
  for (uint32_t i = 0; i < w->e->dump->n_modules; i++)
    mapping_write(w, i, known[i + 1]);
  free(known);
}

/* "64", "16-128" or "large". */
static void class_text(const struct dump *d, uint64_t bytes, char *text, size_t room) {
  uint64_t best = UINT64_MAX;
  for (uint32_t i = 0; i < d->n_classes; i++)
    if (d->classes[i].cell_bytes >= bytes && d->classes[i].cell_bytes < best)
      best = d->classes[i].cell_bytes;
  snprintf(text, room, best < UINT64_MAX ? "%llu" : "large", (unsigned long long)best);
}

/* The size classes of an account's smallest and largest object; false when they are not known. */
static bool classes_text(const struct dump *d, const struct row *r, char text[64]) {
  char low[24], high[24];
  if (r->sum.allocs == 0 || r->kind == DUMP_SITE_REGION)
    return false;
  class_text(d, r->sum.smallest, low, sizeof low);
  class_text(d, r->sum.largest, high, sizeof high);
  snprintf(text, 64, strcmp(low, high) == 0 ? "%s" : "%s-%s", low, high);
  return true;
}

static void label_text(const struct writer *w, Pprof__Label *label, const char *key,
                       const char *text) {
  pprof__label__init(label);
  label->key = pprof_text(w->pprof, key);
  label->str = pprof_text(w->pprof, text);
}

enum { LABELS = 3 };

/* Fills labels in; returns how many.  Mapped memory has no size classes. */
static size_t labels_fill(const struct writer *w, const struct row *r, bool mapped,
                          Pprof__Label *labels) {
  const struct dump *d = w->e->dump;
  char arena[300] = "(lost)", classes[64];
  if (r->sum.arena < d->n_arenas)
    snprintf(arena, sizeof arena, "%u %s", d->arenas[r->sum.arena].number,
             dump_text(d, d->arenas[r->sum.arena].name));
  label_text(w, &labels[0], "arena", arena);
  if (mapped || !classes_text(d, r, classes))
    return 1;
  label_text(w, &labels[1], "size_class", classes);
  pprof__label__init(&labels[2]);
  labels[2].key = labels[2].num_unit = pprof_text(w->pprof, "bytes");
  labels[2].num = number(r->sum.bytes / r->sum.allocs);
  return LABELS;
}

static void values_fill(const struct row *r, int64_t values[TYPES]) {
  values[0] = number(r->sum.allocs);
  values[1] = number(r->sum.bytes);
  values[2] = number(r->sum.live_objects);
  values[3] = number(r->sum.live_bytes);
  values[4] = number(r->sum.at_peak_bytes);
  values[5] = 0;
  values[6] = number(account_waste(&r->sum));
}

static void values_fill_mapped(const struct row *r, int64_t values[TYPES]) {
  memset(values, 0, TYPES * sizeof *values);
  values[5] = number(r->sum.live_bytes);
}

static void sample_write(const struct writer *w, struct row r, bool mapped) {
  uint32_t frames[FRAMES_MAX], n = frames_of_row(w->e->frames, &r, frames);
  uint64_t locations[FRAMES_MAX];
  size_t n_locations = 0;
  int64_t values[TYPES];
  Pprof__Label labels[LABELS], *label_list[LABELS] = {&labels[0], &labels[1], &labels[2]};
  Pprof__Sample sample = PPROF__SAMPLE__INIT, *list = &sample;
  Pprof__Profile part = PPROF__PROFILE__INIT;
  while (n > 0)
    locations[n_locations++] = locations_take(w->locations, frames, &n);
  (mapped ? values_fill_mapped : values_fill)(&r, values);
  sample.n_location_id = n_locations;
  sample.location_id = locations;
  sample.n_value = (size_t)types_known(w);
  sample.value = values;
  sample.n_label = labels_fill(w, &r, mapped, labels);
  sample.label = label_list;
  part.n_sample = 1;
  part.sample = &list;
  pprof_write(w->pprof, &part);
}

void export_pprof(const struct export *e, FILE *to) {
  struct writer w = {.e = e, .pprof = pprof_new(to)};
  w.locations = locations_new(w.pprof, e->frames);
  head_write(&w);
  types_write(&w);
  comments_write(&w);
  mappings_write(&w);
  for (uint32_t i = 0; i < e->dump->n_accounts; i++)
    sample_write(&w, export_account(&e->session, i), false);
  for (uint32_t i = 0; i < e->dump->n_map_accounts; i++)
    sample_write(&w, export_mapped(&e->session, i), true);
  locations_free(w.locations);
  pprof_end(w.pprof);
}
