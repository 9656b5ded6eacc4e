/* Reads every counter of a report once; contract in snapshot.h. */
#include "snapshot.h"
#include "at_peak.h"
#include "big_stack.h"
#include "capture.h"
#include "fork_gate.h"
#include "heap_thread.h"
#include "labels.h"
#include "large_counts.h"
#include "large_tags.h"
#include "mapped_books.h"
#include "modules.h"
#include "os.h"
#include "pieces.h"
#include "page_map.h"
#include "site_stats.h"
#include "thread_record.h"

#include <fcntl.h>
#include <unistd.h>

hidden _Atomic bool snapshot_carefully;

/* A signal may have interrupted this very thread in the middle of a list. */
bool snapshot_may_walk(const struct snapshot *g, const struct heap *h) {
  return heap_is_claimed_by(h, g->self_thread) ||
         (heap_is_mine(h) && !snapshot_is_careful(g->reason));
}

static void add(struct heap_totals *sums, const struct heap_totals *t) {
  for (unsigned c = 1; c < CLASS_SLOTS; c++) {
    sums->allocs[c] += t->allocs[c];
    sums->frees[c] += t->frees[c];
    sums->remote[c] += t->remote[c];
    sums->listed[c] += t->listed[c];
  }
  sums->broken_lists += t->broken_lists;
}

static uint64_t tag_tables(void) {
  uint64_t bytes = path_bytes() + capture_bytes() + modules_bytes() + large_tags_bytes() +
                   labels_bytes() + pieces_item_bytes() + mapped_books_bytes();
  for (unsigned i = 0; i < heap_count(); i++)
    bytes += count_get(&heap_at(i)->books.bytes);
  return bytes;
}

/* jemalloc takes its locks for it, and a handler may fork in the middle (fork_gate.h). */
static void refresh_large(struct jemalloc_figures *f) {
  struct heap *h = heap_mine();
  gate_pass(h);
  figures_read(f);
  gate_leave(h);
}

/* Other threads may map memory meanwhile: read until nothing changed, a few times at most. */
static void read_ledger(struct snapshot *g) {
  for (unsigned tries = 0; tries < 10; tries++) {
    g->mapped = os_mapped_bytes();
    if (snapshot_is_careful(g->reason))
      figures_remembered(&g->large);
    else
      refresh_large(&g->large);
    g->large_mapped = page_map_mapped_bytes();
    g->stuck = os_stuck_bytes();
    range_survey(&g->survey, g->tags);
    g->tag_tables = tag_tables();
    g->scratch = sites_bytes();
    if (g->mapped == os_mapped_bytes())
      return;
  }
}

static void add_all(void *gathered) {
  struct snapshot *g = gathered;
  heap_claim_idle();
  for (unsigned i = 0; i < heap_count(); i++) {
    struct heap *h = heap_at(i);
    struct heap_totals t;
    bool exact = snapshot_may_walk(g, h);
    heap_read_totals(h, exact, &t);
    if (exact)
      heap_mark_listed(h);
    add(&g->sums, &t);
    for (unsigned c = 1; c < CLASS_SLOTS && !h->tagged; c++)
      g->plain_listed[c] += t.listed[c];
    g->running += !exact;
    g->resized += h->books.resized;
    g->large_allocs += count_get(&counts_of(h)->large_allocs);
    g->large_frees += count_get(&counts_of(h)->large_frees);
  }
  g->large_allocs += count_get(&heapless_large_allocs);
  g->large_frees += count_get(&heapless_large_frees);
  read_ledger(g);
}

void snapshot_begin(struct snapshot *g, enum dump_reason reason, tag_sums_fn *tags) {
  *g = (struct snapshot){.reason = reason, .tags = tags, .self_thread = os_thread_id()};
  on_big_stack(add_all, g);
}

void snapshot_end(void) { heap_release_idle(); }

void snapshot_take(struct snapshot *g) {
  uint64_t signals;
  os_signals_block(&signals);
  snapshot_begin(g, DUMP_ON_CALL, tag_sums);
  snapshot_end();
  os_signals_restore(&signals);
}

static void sum_classes(const struct heap_totals *t, struct arena_line *line) {
  for (unsigned c = 1; c < CLASS_SLOTS; c++) {
    line->allocs += t->allocs[c];
    line->bytes += t->allocs[c] * class_bytes(c);
    line->frees += t->frees[c];
    line->live_bytes += (t->allocs[c] - t->frees[c]) * class_bytes(c);
  }
}

static void sum_sites(const struct snapshot *g, const struct heap *h, struct arena_line *line) {
  struct site_stats stats;
  sites_arena(h, g->tags, &stats);
  line->allocs = stats.sums.allocs;
  line->bytes = stats.sums.bytes;
  line->frees = stats.sums.frees;
  line->live_bytes = stats.sums.live_bytes;
  line->peak_bytes = (uint64_t)h->books.peak_bytes;
}

struct arena_job {
  const struct snapshot *g;
  struct heap *h;
  struct arena_line *line;
};

static void add_arena(void *job) {
  struct heap *h = ((struct arena_job *)job)->h;
  struct arena_line *line = ((struct arena_job *)job)->line;
  struct heap_totals t;
  heap_read_totals(h, line->exact, &t);
  for (unsigned c = 1; c < CLASS_SLOTS; c++)
    line->remote += t.remote[c];
  if (h->tagged)
    sum_sites(((struct arena_job *)job)->g, h, line);
  else
    sum_classes(&t, line);
  line->live = line->allocs - line->frees;
  if (line->peak_bytes <= line->live_bytes) { /* then it is now */
    line->peak_bytes = line->live_bytes;
    line->peak_is_bound = false;
  }
}

void snapshot_arena(const struct snapshot *g, struct heap *h, struct arena_line *line) {
  *line = (struct arena_line){.exact = snapshot_may_walk(g, h),
                              .peak_bytes = count_get(&counts_of(h)->carved_peak),
                              .peak_is_bound = !at_peak_is_known(h)};
  struct arena_job job = {g, h, line};
  on_big_stack(add_arena, &job);
}

uint64_t snapshot_live_bytes(const struct snapshot *g, unsigned c) {
  uint64_t cells = count_less(g->survey.plain_cells[c], g->plain_listed[c]);
  return (g->survey.tagged_cells[c] + cells) * class_bytes(c);
}

uint64_t snapshot_idle_bytes(const struct snapshot *g, unsigned c) {
  uint64_t cells = g->survey.used_cells[c] + g->survey.free_cells[c];
  return cells * class_bytes(c) - snapshot_live_bytes(g, c);
}

uint64_t snapshot_resident(void) {
  char buffer[128];
  int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  ssize_t n = fd < 0 ? 0 : pread(fd, buffer, sizeof buffer - 1, 0);
  if (fd >= 0)
    close(fd);
  uint64_t pages = 0;
  ssize_t i = 0;
  while (i < n && buffer[i] != ' ')
    i++;
  for (i++; i < n && buffer[i] >= '0' && buffer[i] <= '9'; i++)
    pages = pages * 10 + (uint64_t)(buffer[i] - '0');
  return pages * PAGE_BYTES;
}
