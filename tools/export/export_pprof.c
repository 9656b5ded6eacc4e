/* The profile that `go tool pprof` reads: a sample for each account.
 *
 *   sample      a path, seven values; labels: arena, thread, process, size class, mean size
 *   location    a frame, and those inlined into it    function    a frame's name and file
 *   mapping     a module
 *
 * Of a sampled dump a sample has six values: waste is not known.  What the program mapped itself
 * has samples of its own, in which all values but mapped_space are 0.
 *
 * A difference of two dumps has signed values, as `go tool pprof -base` makes them.
 */
#include "export_writers.h"
#include "export_frames.h"
#include "pprof_locations.h"
#include "say.h"
#include "segments.h"
#include "text.h"

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

/* A sum, or a difference of sums, which is signed. */
static int64_t sum_of(const struct export *e, uint64_t n) {
  return e->base != NULL ? (int64_t)n : number(n);
}

/* UNIX time of a dump. */
static int64_t time_of(const struct dump *d) {
  const struct dump_process *p = d->process;
  uint64_t exact = p->start_ns + p->lived_ns;
  return p->start_ns != 0 ? number(exact)
                          : number(p->unix_time) % (INT64_MAX / 1000000000) * 1000000000;
}

/* The profile is of the whole life of its processes; a difference of the time from the base on. */
static void times_set(const struct export *e, Pprof__Profile *part) {
  int64_t end = time_of(e->dump);
  part->time_nanos = e->base != NULL ? time_of(e->base) : end;
  part->duration_nanos = e->base == NULL          ? number(e->dump->process->lived_ns)
                         : end > part->time_nanos ? end - part->time_nanos
                                                  : 0;
}

static void head_write(const struct writer *w) {
  const struct dump_process *process = w->e->dump->process;
  Pprof__ValueType period = PPROF__VALUE_TYPE__INIT;
  Pprof__Profile part = PPROF__PROFILE__INIT;
  period.type = pprof_text(w->pprof, "space");
  period.unit = pprof_text(w->pprof, "bytes");
  part.period_type = &period;
  part.period = process->sample_bytes > 0 ? number(process->sample_bytes) : 1;
  times_set(w->e, &part);
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

/* The module that is the program: of a process the first; of a merge, in which modules stand by
 * path, the one called so, or the first that is no library. */
static uint32_t program_module(const struct dump *d) {
  const char *program = dump_text(d, d->process->program);
  uint32_t first = d->n_modules;
  for (uint32_t i = 0; i < d->n_modules && d->process->reason == DUMP_MERGED; i++) {
    const char *path = dump_text(d, d->modules[i].path), *base = file_base(path);
    if (strcmp(base, program) == 0)
      return i;
    if (first == d->n_modules && *path == '/' && strstr(base, ".so") == NULL)
      first = i;
  }
  return first < d->n_modules ? first : 0;
}

static void mappings_write(const struct writer *w) {
  struct known *known = known_new(w);
  uint32_t first = program_module(w->e->dump);
  if (first < w->e->dump->n_modules)
    mapping_write(w, first, known[first + 1]);
  for (uint32_t i = 0; i < w->e->dump->n_modules; i++)
    if (i != first)
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

enum { LABELS = 5 };

/* The process of an arena that a merge kept apart: it is the outermost frame of its paths. */
static const char *process_kept(const struct dump *d, const struct dump_account *a,
                                const char *arena) {
  uint32_t node = a->site < d->n_sites ? d->sites[a->site].node : 0;
  if (d->process->reason != DUMP_MERGED || d->nodes[node].kind != DUMP_NODE_LABEL)
    return NULL;
  const char *label = dump_text(d, d->nodes[node].address);
  size_t n = strlen(label);
  return n > 0 && strncmp(arena, label, n) == 0 && arena[n] == '/' ? label : NULL;
}

/* The arena, its thread's name, and the process, where it is known. */
static size_t owner_fill(const struct writer *w, const struct dump_account *a,
                         Pprof__Label *labels) {
  const struct dump *d = w->e->dump;
  const char *name = a->arena < d->n_arenas ? dump_text(d, d->arenas[a->arena].name) : "(lost)";
  const char *kept = process_kept(d, a, name);
  bool single = d->process->reason != DUMP_MERGED;
  char *arena = a->arena < d->n_arenas ? must_print("%u %s", d->arenas[a->arena].number, name)
                                       : must_copy(name);
  char *process = must_print("%s %u", dump_text(d, d->process->program), d->process->pid);
  label_text(w, &labels[0], "arena", arena);
  label_text(w, &labels[1], "thread", kept != NULL ? name + strlen(kept) + 1 : name);
  if (kept != NULL || single)
    label_text(w, &labels[2], "process", kept != NULL ? kept : process);
  free(arena);
  free(process);
  return kept != NULL || single ? 3 : 2;
}

/* Fills labels in; returns how many.  Mapped memory has no size classes, a difference no mean. */
static size_t labels_fill(const struct writer *w, const struct row *r, bool mapped,
                          Pprof__Label *labels) {
  char classes[64];
  size_t n = owner_fill(w, &r->sum, labels);
  if (mapped || !classes_text(w->e->dump, r, classes))
    return n;
  label_text(w, &labels[n++], "size_class", classes);
  if (w->e->base != NULL)
    return n;
  pprof__label__init(&labels[n]);
  labels[n].key = labels[n].num_unit = pprof_text(w->pprof, "bytes");
  labels[n].num = number(r->sum.bytes / r->sum.allocs);
  return n + 1;
}

/* A difference's rounding was judged before it was taken. */
static uint64_t waste_of(const struct export *e, const struct dump_account *a) {
  return e->base != NULL ? a->live_rounded - a->live_bytes + a->pinned_bytes : account_waste(a);
}

static void values_fill(const struct export *e, const struct row *r, int64_t values[TYPES]) {
  values[0] = sum_of(e, r->sum.allocs);
  values[1] = sum_of(e, r->sum.bytes);
  values[2] = sum_of(e, r->sum.live_objects);
  values[3] = sum_of(e, r->sum.live_bytes);
  values[4] = sum_of(e, r->sum.at_peak_bytes);
  values[5] = 0;
  values[6] = sum_of(e, waste_of(e, &r->sum));
}

static void values_fill_mapped(const struct export *e, const struct row *r, int64_t values[TYPES]) {
  memset(values, 0, TYPES * sizeof *values);
  values[5] = sum_of(e, r->sum.live_bytes);
}

/* Whether there is anything to say: what did not change is no part of a difference. */
static bool has_values(const struct writer *w, const int64_t values[TYPES]) {
  for (int i = 0; i < types_known(w); i++)
    if (values[i] != 0)
      return true;
  return w->e->base == NULL;
}

static void sample_write(const struct writer *w, struct row r, bool mapped) {
  uint32_t frames[FRAMES_MAX], n = frames_of_row(w->e->frames, &r, frames);
  uint64_t locations[FRAMES_MAX];
  size_t n_locations = 0;
  int64_t values[TYPES];
  Pprof__Label labels[LABELS], *label_list[LABELS];
  Pprof__Sample sample = PPROF__SAMPLE__INIT, *list = &sample;
  Pprof__Profile part = PPROF__PROFILE__INIT;
  (mapped ? values_fill_mapped : values_fill)(w->e, &r, values);
  if (!has_values(w, values))
    return;
  while (n > 0)
    locations[n_locations++] = locations_take(w->locations, frames, &n);
  sample.n_location_id = n_locations;
  sample.location_id = locations;
  sample.n_value = (size_t)types_known(w);
  sample.value = values;
  sample.n_label = labels_fill(w, &r, mapped, labels);
  for (size_t i = 0; i < sample.n_label; i++)
    label_list[i] = &labels[i];
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
