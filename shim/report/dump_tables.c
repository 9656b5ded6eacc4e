/* The dump's small sections: the process, its arenas, classes, ledger, health, modules, regions,
 * and the strings of all. */
#include "arena_name.h"
#include "deepbind.h"
#include "dump_parts.h"
#include "fork_gate.h"
#include "health.h"
#include "mapped_books.h"
#include "modules.h"
#include "options.h"
#include "os.h"
#include "pieces.h"
#include "program.h"
#include "record_format.h"
#include "regions.h"
#include "site_stats.h"
#include "tag_mode.h"
#include "thread_record.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LABEL_MAX = 256, PATH_BYTES_MAX = 4096 };
enum { FIXED_STRINGS = 16 << 10 }; /* of the process, ledger and health: more than all of these */

static void *scratch_take(struct dump_work *w, size_t *taken, size_t bytes) {
  void *p = w->scratch.at + *taken;
  *taken += round_up(bytes, DUMP_ALIGN);
  return p;
}

uint32_t dump_string(struct dump_work *w, const char *s, size_t most) {
  size_t n = s == NULL ? 0 : strnlen(s, most);
  if (n == 0 || w->strings_bytes + n + 1 > w->strings_room)
    return 0;
  uint32_t at = (uint32_t)w->strings_bytes;
  memcpy(w->strings + at, s, n);
  w->strings[at + n] = '\0';
  w->strings_bytes += n + 1;
  return at;
}

/* ---- how much of everything ---- */

static bool has_class(const struct dump_work *w, unsigned c) {
  return w->g.survey.slabs[c] != 0 || w->g.sums.allocs[c] != 0;
}

static bool is_used(const struct region_row *r) {
  return r != NULL && atomic_load_explicit(&r->state, memory_order_acquire) != REGION_ROW_FREE;
}

static size_t module_strings(const struct dump_work *w) {
  size_t bytes = 0;
  for (unsigned i = 0; i < w->modules; i++)
    bytes += strnlen(modules_at(i)->path, PATH_BYTES_MAX) + 2 * BUILD_ID_MAX + 2;
  return bytes;
}

static size_t label_strings(const struct dump_work *w) {
  size_t bytes = 0;
  unsigned count = w->labels > 0 ? path_nodes() : 0;
  for (unsigned i = 1; i < count; i++) {
    const struct node *n = path_node(i);
    if (n != NULL && n->kind == NODE_LABEL)
      bytes += strnlen((const char *)n->address, LABEL_MAX) + 1;
  }
  return bytes;
}

static void count_all(struct dump_work *w) {
  w->heaps = heap_count();
  w->modules = modules_count();
  w->labels = path_labels();
  w->classes = w->regions = 0;
  for (unsigned c = 1; c < CLASS_SLOTS; c++)
    w->classes += has_class(w, c);
  for (unsigned i = 0; i < regions_count(); i++)
    w->regions += is_used(regions_row(i));
  w->strings_room = FIXED_STRINGS + module_strings(w) + label_strings(w) + w->heaps * (size_t)16 +
                    w->regions * (size_t)REGION_NAME_MAX +
                    (w->resident.table != NULL ? w->resident.table->text_bytes : 0) +
                    RECORD_MARKS * (size_t)RECORD_MARK_BYTES;
}

/* The first seven lie as they will in the file, without gaps. */
static size_t lay_out(struct dump_work *w) {
  size_t taken = 0;
  w->process = scratch_take(w, &taken, sizeof *w->process);
  w->arena = scratch_take(w, &taken, w->heaps * sizeof *w->arena);
  w->class = scratch_take(w, &taken, w->classes * sizeof *w->class);
  w->lines = scratch_take(w, &taken, (w->ledger.lines + 2) * sizeof *w->lines);
  w->health = scratch_take(w, &taken, HEALTH_LINES * sizeof *w->health);
  w->module = scratch_take(w, &taken, w->modules * sizeof *w->module);
  w->region = scratch_take(w, &taken, w->regions * sizeof *w->region);
  w->allocs = scratch_take(w, &taken, w->heaps * sizeof *w->allocs);
  w->label = scratch_take(w, &taken, w->labels * sizeof *w->label);
  w->span = scratch_take(w, &taken, w->modules * sizeof *w->span);
  w->event = scratch_take(w, &taken, DUMP_EVENTS_MOST * sizeof *w->event);
  w->strings = scratch_take(w, &taken, w->strings_room + DUMP_ALIGN);
  return taken;
}

static bool map_scratch(struct dump_work *w) {
  if (!scratch_map(&w->scratch, lay_out(w)))
    return false;
  lay_out(w);
  w->strings_bytes = 1;
  return true;
}

/* ---- the process ---- */

static uint32_t options(struct dump_work *w) {
  struct text t = {
      .bytes = w->strings, .capacity = w->strings_room - 1, .length = w->strings_bytes};
  uint32_t start = (uint32_t)w->strings_bytes;
  options_text(options_now(), &t, "", ' ');
  t.bytes[t.length - 1] = '\0';
  w->strings_bytes = t.length;
  return start;
}

static void process_names(struct dump_work *w) {
  w->process->program = dump_string(w, program_name(), PROGRAM_NAME_MAX);
  w->process->command = dump_string(w, program_command(), PROGRAM_COMMAND_MAX);
  w->process->host = dump_string(w, program_host(), PROGRAM_NAME_MAX);
  w->process->version = dump_string(w, ARENASHIM_VERSION, 64);
  w->process->options = options(w);
}

static void process(struct dump_work *w) {
  const struct options *o = options_now();
  *w->process = (struct dump_process){
      .pid = (uint32_t)getpid(),
      .ppid = (uint32_t)getppid(),
      .reason = w->reason,
      .signal = (uint32_t)w->signal,
      .flags = (gate_is_child() ? DUMP_FORK_CHILD : 0) |
               (tagged_mode != TAGGED_NONE ? 0 : DUMP_PEAK_BOUND) |
               (snapshot_is_careful(w->g.reason) ? DUMP_LARGE_STALE : 0) |
               (w->reason == DUMP_ON_SIGNAL && signal_ends_process(w->signal) ? DUMP_LAST : 0) |
               (tagged_lacks_unwinder() ? DUMP_NO_UNWINDER : 0) |
               (tagged_since_attach() ? DUMP_ATTACHED : 0) |
               (w->untouched ? DUMP_LIMIT_UNTOUCHED : 0),
      .tags = tagged_tags(),
      .depth = tagged_depth(),
      .unix_time = (uint64_t)time(NULL),
      .sample_bytes = tagged_sample_bytes(),
      .block_bytes = o->block_bytes,
      .slab_bytes = SLAB_BYTES,
      .start_ns = program_began_ns(),
      .lived_ns = program_lived_ns(),
      .limit_bytes = w->limit.limit,
      .limit_used = w->limit.bytes,
      .limit_kind = w->limit.kind};
  process_names(w);
}

/* ---- arenas ---- */

/* The objects of arenas are added up from the accounts (dump_streams.c). */
static void arena_tagged(struct dump_work *w, struct dump_arena *to, const struct heap *h,
                         const struct arena_line *line) {
  to->peak_bytes = line->peak_bytes;
  if (h->tagged)
    w->live_bytes += line->live_bytes;
}

static void arena_untagged(struct dump_work *w, struct dump_arena *to,
                           const struct arena_line *line) {
  to->total_allocs = line->allocs;
  to->total_size = line->bytes;
  to->live_objects = line->live;
  to->live_bytes = to->live_rounded = line->live_bytes;
  to->frees = line->frees;
  to->peak_bytes = line->peak_bytes;
  if (tagged_mode != TAGGED_NONE) /* the process's figures are estimates, from the samples */
    return;
  w->process->live_objects += to->live_objects;
  w->process->live_bytes += to->live_bytes;
  w->process->peak_bytes += to->peak_bytes;
}

static void arenas(struct dump_work *w) {
  w->live_bytes = 0;
  for (unsigned i = 0; i < w->heaps; i++) {
    struct heap *h = heap_at(i);
    struct arena_line line;
    char name[16];
    arena_name(h, w->g.self_thread, name);
    snapshot_arena(&w->g, h, &line);
    struct dump_arena *to = &w->arena[i];
    *to = (struct dump_arena){.number = i,
                              .name = dump_string(w, name, sizeof name),
                              .threads = counts_of(h)->threads,
                              .flags = (line.exact ? 0 : DUMP_ARENA_RUNNING) |
                                       (line.peak_is_bound ? DUMP_ARENA_PEAK_BOUND : 0),
                              .total_blocks = count_get(&counts_of(h)->total_blocks),
                              .total_big_blocks = count_get(&counts_of(h)->large_allocs),
                              .remote_frees = line.remote};
    to->total_block_size = to->total_blocks << range.block_shift;
    if (dump_arena_is_sum(h))
      arena_tagged(w, to, h, &line);
    else
      arena_untagged(w, to, &line);
    w->allocs[i] = line.allocs;
  }
}

/* ---- classes, ledger, health ---- */

static void classes(struct dump_work *w) {
  struct dump_class *to = w->class;
  const struct survey *v = &w->g.survey;
  for (unsigned c = 1; c < CLASS_SLOTS; c++)
    if (has_class(w, c))
      *to++ = (struct dump_class){.cell_bytes = class_bytes(c),
                                  .slabs = v->slabs[c],
                                  .in_use = snapshot_live_bytes(&w->g, c) / class_bytes(c),
                                  .free = snapshot_idle_bytes(&w->g, c) / class_bytes(c),
                                  .uncarved_bytes = v->uncarved_bytes[c],
                                  .tail_bytes = v->tail_bytes[c],
                                  .allocs = w->g.sums.allocs[c],
                                  .frees = w->g.sums.frees[c]};
}

static void ledger_line(struct dump_work *w, struct dump_ledger *to, const char *name,
                        enum dump_ledger_kind kind, uint64_t bytes) {
  *to = (struct dump_ledger){.name = dump_string(w, name, 255), .kind = kind, .bytes = bytes};
}

static void ledger(struct dump_work *w) {
  unsigned n = w->ledger.lines;
  for (unsigned i = 0; i < n; i++)
    ledger_line(w, &w->lines[i], w->ledger.line[i].name, DUMP_LEDGER_LINE, w->ledger.line[i].bytes);
  ledger_line(w, &w->lines[n], "mapped, by the counter at mmap and munmap", DUMP_LEDGER_TOTAL,
              w->ledger.mapped);
  ledger_line(w, &w->lines[n + 1], "resident size of the process, by the kernel",
              DUMP_LEDGER_RESIDENT, snapshot_resident());
}

/* The counts of RECORD_HEALTH, and those that only a dump has. */
static void health(struct dump_work *w) {
  struct mapped_totals mapped;
  mapped_sum(&mapped);
  const struct {
    const char *name;
    unsigned flags;
  } lines[] = {
      RECORD_HEALTH,
      {"reallocations in place: an allocation and a free each", 0},
      {"arenas read as of their thread's last slow path", 0},
      {"lists of free objects that the program has overwritten", DUMP_PROBLEM},
      {"regions not listed: the table was full", DUMP_PROBLEM},
      {"libraries opened without RTLD_DEEPBIND, which would have hidden this malloc from them",
       DUMP_NOTE},
      {"times that somebody cut the record's file: figures count from then on", DUMP_PROBLEM},
      {"calls of mmap and its family that could not be booked", DUMP_NOTE},
  };
  uint64_t counts[] = {[RECORD_HEALTH_LINES] = w->g.resized,
                       w->g.running,
                       w->g.sums.broken_lists,
                       regions_unlisted(),
                       deepbind_count(),
                       pieces_lost(),
                       mapped.missed};
  health_counts(counts);
  static_assert(sizeof counts / sizeof *counts == HEALTH_LINES, "as laid out");
  static_assert(sizeof lines / sizeof *lines == HEALTH_LINES, "as laid out");
  for (unsigned i = 0; i < HEALTH_LINES; i++)
    w->health[i] = (struct dump_health){
        .name = dump_string(w, lines[i].name, 255), .flags = lines[i].flags, .count = counts[i]};
}

/* ---- modules, regions, labels ---- */

static_assert((int)BUILD_ID_MAX == (int)DUMP_BUILD_ID_MAX, "format");
static uint32_t build_id(struct dump_work *w, const struct module *m) {
  static const char digits[] = "0123456789abcdef";
  char hex[2 * BUILD_ID_MAX];
  for (unsigned i = 0; i < m->build_id_bytes; i++) {
    hex[2 * i] = digits[m->build_id[i] >> 4];
    hex[2 * i + 1] = digits[m->build_id[i] & 15];
  }
  return dump_string(w, hex, 2 * m->build_id_bytes);
}

static void span_insert(struct dump_work *w, const struct module *m, uint32_t number) {
  unsigned i = w->spans++;
  for (; i > 0 && w->span[i - 1].start > m->start; i--)
    w->span[i] = w->span[i - 1];
  w->span[i] = (struct module_span){.start = m->start, .end = m->end, .module = number};
}

static void modules(struct dump_work *w) {
  w->spans = 0;
  for (unsigned i = 0; i < w->modules; i++) {
    const struct module *m = modules_at(i);
    bool gone = atomic_load_explicit(&m->gone, memory_order_acquire);
    w->module[i] = (struct dump_module){.start = m->start,
                                        .end = m->end,
                                        .bias = m->bias,
                                        .path = dump_string(w, m->path, PATH_BYTES_MAX),
                                        .build_id = build_id(w, m),
                                        .flags = gone ? DUMP_MODULE_GONE : 0};
    if (!gone)
      span_insert(w, m, i + 1);
  }
}

static struct node *region_node(const struct region_row *r) {
  return r->site != 0 ? path_child(&path_root, r->site, NODE_FRAME) : NULL;
}

void dump_region_nodes(void) {
  for (unsigned i = 0; i < regions_count(); i++)
    if (is_used(regions_row(i)))
      region_node(regions_row(i));
}

static void region(struct dump_work *w, struct dump_region *to, const struct region_row *r) {
  const struct node *n = region_node(r);
  bool ended = atomic_load_explicit(&r->state, memory_order_acquire) == REGION_ROW_ENDED;
  *to = (struct dump_region){.name = dump_string(w, r->name, REGION_NAME_MAX),
                             .node = n != NULL ? n->number : 0,
                             .state = ended ? DUMP_REGION_ENDED : DUMP_REGION_LIVE,
                             .total_allocs = count_get(&r->total_allocs),
                             .total_size = count_get(&r->total_size),
                             .total_blocks = count_get(&r->total_blocks),
                             .total_block_size = count_get(&r->total_block_size),
                             .total_big_blocks = count_get(&r->total_big_blocks),
                             .used = count_get(&r->used),
                             .reserved = count_get(&r->reserved),
                             .peak = count_get(&r->peak),
                             .destroyed = count_get(&r->destroyed)};
}

/* Rows that came since they were counted are left out. */
static void regions(struct dump_work *w) {
  unsigned done = 0;
  for (unsigned i = 0; i < regions_count() && done < w->regions; i++)
    if (is_used(regions_row(i)))
      region(w, &w->region[done++], regions_row(i));
}

static void labels(struct dump_work *w) {
  unsigned done = 0, count = w->labels > 0 ? path_nodes() : 0;
  for (unsigned i = 1; i < count && done < w->labels; i++) {
    const struct node *n = path_node(i);
    if (n != NULL && n->kind == NODE_LABEL)
      w->label[done++] =
          (struct label_text){i, dump_string(w, (const char *)n->address, LABEL_MAX)};
  }
  w->labels = done;
}

bool dump_tables(struct dump_work *w) {
  count_all(w);
  if (!map_scratch(w))
    return false;
  process(w);
  arenas(w);
  classes(w);
  ledger(w);
  health(w);
  modules(w);
  regions(w);
  labels(w);
  return true;
}
