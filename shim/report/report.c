/* The text report's flow and tables; contract in report.h. */
#include "report.h"
#include "arena_name.h"
#include "capture.h"
#include "fork_gate.h"
#include "options.h"
#include "program.h"
#include "regions.h"
#include "report_blocks.h"
#include "report_ledger.h"
#include "report_lock.h"
#include "report_path.h"
#include "report_sites.h"
#include "report_text.h"
#include "sandbox.h"
#include "sink.h"
#include "site_stats.h"
#include "snapshot.h"
#include "tag_mode.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* One report at a time, in space that exists beforehand. */
static struct {
  struct report_lock lock;
  struct sink sink;
  struct snapshot g;
  char bytes[16 << 10];
} space = {.lock = REPORT_LOCK_FREE};

static void age(struct text *t) {
  uint64_t tenths = (program_lived_ns() + 50000000) / 100000000;
  text_str(t, "\n   ");
  text_u64(t, tenths / 10);
  text_char(t, '.');
  text_u64(t, tenths % 10);
  text_str(t, " s after the start");
}

/* A report that is not the last one is called a snapshot, as the command calls such dumps
 * (tools/dump/when.c). */
static void when(struct text *t, const struct snapshot *g) {
  if (g->reason == DUMP_AT_EXIT) {
    text_str(t, "at exit");
    return;
  }
  if (g->reason == DUMP_ON_CALL) {
    text_str(t, "snapshot by a call of the program");
  } else {
    bool ends = signal_ends_process(g->signal);
    const char *name = sigabbrev_np(g->signal);
    text_str(t, ends ? "on signal " : "snapshot on signal ");
    if (name != NULL)
      text_str(t, name);
    else
      text_u64(t, (uint64_t)g->signal);
    text_str(t, ends ? ", which ends it" : "");
  }
  age(t);
}

static void options(struct text *t) {
  const struct options *o = options_now();
  text_str(t, "   block size ");
  text_size(t, o->block_bytes);
  text_str(t, ", tags ");
  if (tagged_lacks_unwinder())
    text_str(t, "site");
  else
    options_tag_text(o, t);
  if (o->sample_bytes != 0) {
    text_str(t, ", sample ");
    text_size(t, o->sample_bytes);
  }
  text_str(t, ", children ");
  report_line(t, o->children ? "follow" : "off");
  if (o->command) {
    text_str(t, "   command ");
    text_foreign(t, program_command(), PROGRAM_COMMAND_MAX);
    text_char(t, '\n');
  }
  if (tagged_lacks_unwinder()) {
    text_str(t, "   without libunwind8: a call path is the caller alone, not ");
    options_tag_text(o, t);
    text_char(t, '\n');
  }
}

static void header(struct text *t, const struct snapshot *g) {
  text_str(t, "== arenashim " ARENASHIM_VERSION ": ");
  text_str(t, program_name());
  text_str(t, ", pid ");
  text_u64(t, (uint64_t)getpid());
  text_str(t, ", ");
  when(t, g);
  text_char(t, '\n');
  options(t);
  if (gate_is_child())
    report_line(t,
                "   child of a fork: counts start there; what was alive then counts as allocated");
  if (g->running > 0) {
    text_str(t, range.tagged ? "   * read while its thread is running: "
                             : "   * as of its last slow path (the thread is running): ");
    text_u64(t, g->running);
    report_line(t, g->running == 1 ? " arena" : " arenas");
  }
  if (g->sums.broken_lists > 0)
    report_line(t, "   WARNING: lists of free objects were overwritten by the program");
}

static void arena_taken(struct text *t, struct heap *h, const struct snapshot *g) {
  struct arena_line a;
  char name[16];
  snapshot_arena(g, h, &a);
  arena_name(h, g->self_thread, name);
  text_u64_right(t, heap_number(h), 5);
  text_char(t, a.exact ? ' ' : '*');
  text_pad(t, text_foreign(t, name, 13), 13);
  text_u64_right(t, a.allocs, 13);
  text_u64_right(t, a.bytes, 15);
  text_u64_right(t, count_get(&h->total_blocks), 7);
  text_u64_right(t, count_get(&h->total_blocks) << range.block_shift, 14);
  text_u64_right(t, count_get(&h->large_allocs), 11);
  text_char(t, '\n');
}

static void arena_alive(struct text *t, struct heap *h, const struct snapshot *g) {
  struct arena_line a;
  snapshot_arena(g, h, &a);
  text_u64_right(t, heap_number(h), 5);
  text_char(t, a.exact ? ' ' : '*');
  text_u64_right(t, h->threads, 7);
  text_u64_right(t, a.live, 12);
  text_u64_right(t, a.live_bytes, 14);
  report_peak(t, a.peak_bytes, a.peak_is_bound, 14);
  text_u64_right(t, a.frees, 13);
  text_u64_right(t, a.remote, 12);
  text_char(t, '\n');
}

static bool arenas(struct text *t, const struct snapshot *g, int fd,
                   void (*row)(struct text *, struct heap *, const struct snapshot *)) {
  bool ok = true;
  for (unsigned i = 0; i < heap_count(); i++) {
    row(t, heap_at(i), g);
    ok &= report_room(t, fd);
  }
  return ok && report_flush(t, fd);
}

static void region_line(struct text *t, const struct region_row *r) {
  text_str(t, "  ");
  text_pad(t, text_foreign(t, r->name, REGION_NAME_MAX), 16);
  text_u64_right(t, count_get(&r->total_allocs), 11);
  text_u64_right(t, count_get(&r->total_size), 13);
  text_u64_right(t, count_get(&r->total_blocks), 8);
  text_u64_right(t, count_get(&r->total_block_size), 13);
  text_u64_right(t, count_get(&r->total_big_blocks), 6);
  text_u64_right(t, count_get(&r->used), 11);
  text_char(t, '\n');
  if (tagged_mode == TAGGED_NONE) /* nobody has looked where modules lie */
    return;
  text_str(t, "        ");
  report_address(t, r->site);
  text_char(t, '\n');
}

static bool regions(struct text *t, int fd) {
  bool ok = true;
  if (regions_count() == 0 && regions_unlisted() == 0)
    return true;
  text_str(t, "\nregions (arena_create): bytes as requested");
  report_line(t, tagged_mode != TAGGED_NONE ? "; below, where they were created" : "");
  report_line(t, "  name              requests         size  blocks   block_size   big  used now");
  for (unsigned i = 0; i < regions_count(); i++) {
    const struct region_row *r = regions_row(i);
    if (r == NULL || r->state == REGION_ROW_FREE)
      continue;
    region_line(t, r);
    ok &= report_room(t, fd);
  }
  if (regions_unlisted() > 0) {
    text_str(t, "  not listed, the table is full: ");
    text_u64(t, regions_unlisted());
    report_line(t, regions_unlisted() == 1 ? " region more" : " regions more");
  }
  return ok && report_flush(t, fd);
}

static void class_line(struct text *t, const struct snapshot *g, unsigned c) {
  const struct survey *v = &g->survey;
  text_u64_right(t, class_bytes(c), 6);
  text_u64_right(t, v->slabs[c], 8);
  text_u64_right(t, snapshot_live_bytes(g, c) / class_bytes(c), 12);
  text_u64_right(t, snapshot_idle_bytes(g, c) / class_bytes(c), 12);
  text_u64_right(t, v->uncarved_bytes[c], 12);
  text_u64_right(t, g->sums.allocs[c], 14);
  text_u64_right(t, g->sums.frees[c], 14);
  text_char(t, '\n');
}

static void class_line_tagged(struct text *t, const struct snapshot *g, unsigned c) {
  const struct survey *v = &g->survey;
  text_u64_right(t, class_bytes(c), 6);
  text_u64_right(t, v->slabs[c], 7);
  text_u64_right(t, v->tagged_cells[c], 11);
  text_u64_right(t, snapshot_idle_bytes(g, c) / class_bytes(c), 10);
  text_u64_right(t, v->requested_bytes[c], 13);
  text_u64_right(t, snapshot_live_bytes(g, c) - v->requested_bytes[c], 11);
  text_u64_right(t, g->sums.allocs[c], 11);
  text_u64_right(t, g->sums.frees[c], 11);
  text_char(t, '\n');
}

static void classes(struct text *t, const struct snapshot *g) {
  text_str(t, "\nsize classes: a slab is 64K of cells of one size");
  report_line(t, range.tagged ? "" : "; requested bytes need tags");
  report_line(
      t, range.tagged
             ? "  cell  slabs     in use      free    requested   rounding     allocs      frees"
             : "  cell   slabs      in use        free    uncarved   allocations         frees");
  for (unsigned c = 1; c < CLASS_SLOTS; c++)
    if (g->survey.slabs[c] != 0 || g->sums.allocs[c] != 0)
      (range.tagged ? class_line_tagged : class_line)(t, g, c);
}

static bool arena_tables(struct text *t, const struct snapshot *g, int fd) {
  report_line(t,
              range.tagged
                  ? "\narenas: what they were asked for (bytes as requested, big_blocks included)"
                  : "\narenas: what they were asked for (bytes with rounding), what they took");
  report_line(t, "arena name          total_allocs     total_size blocks    block_size "
                 "big_blocks");
  bool ok = arenas(t, g, fd, arena_taken);
  report_line(t, range.tagged
                     ? "\narenas: what lives (big_blocks included, remote frees of them not)"
                     : "\narenas: what lives");
  report_line(t, "arena threads        live    live_bytes     peak_bytes        frees      remote");
  return arenas(t, g, fd, arena_alive) && ok;
}

static bool write_all(int fd, enum dump_reason reason, int signal) {
  struct text t = {.bytes = space.bytes, .capacity = sizeof space.bytes};
  struct snapshot *g = &space.g;
  snapshot_begin(g, reason);
  g->signal = signal;
  header(&t, g);
  bool ok = arena_tables(&t, g, fd);
  report_blocks(&t, g);
  ok &= report_flush(&t, fd);
  ok &= regions(&t, fd);
  classes(&t, g);
  ok &= report_flush(&t, fd);
  if (tagged_mode != TAGGED_NONE) {
    ok &= report_sites(&t, g, fd);
    report_health(&t, g);
  }
  report_large(&t, g);
  report_ledger(&t, g);
  snapshot_end();
  return report_flush(&t, fd) && ok;
}

struct write_job {
  enum dump_reason reason;
  int signal;
};

static bool write_place(struct sink *k, void *job) {
  const struct write_job *j = job;
  return write_all(k->fd, j->reason, j->signal);
}

/* A sandbox would end the process for it: one line, if that is allowed. */
static int refuse(enum dump_reason reason, const char *pattern) {
  if (!sandbox_forbids_messages())
    sink_refuse(&space.sink, "report", pattern, reason == DUMP_ON_CALL, EPERM);
  return EPERM;
}

static int write_file(enum dump_reason reason, int signal, const char *pattern) {
  struct write_job job = {reason, signal};
  pattern = pattern != NULL ? pattern : options_now()->stats_pattern;
  if (sandbox_forbids_reports())
    return refuse(reason, pattern);
  return sink_write(&space.sink, "report", pattern, reason == DUMP_ON_CALL, write_place, &job);
}

int report_write(enum dump_reason reason, int signal, const char *pattern) {
  int saved = errno, error = EBUSY;
  if (report_lock_take(&space.lock, snapshot_patience_ms(reason))) {
    error = write_file(reason, signal, pattern);
    report_lock_release(&space.lock);
  }
  errno = saved;
  return error;
}

void report_fork_child(void) {
  if (!report_lock_fork_child(&space.lock))
    sink_abandon(&space.sink);
}

void report_finish(void) {
  if (report_lock_take(&space.lock, snapshot_patience_ms(DUMP_AT_EXIT)))
    report_lock_release(&space.lock);
  else if (report_lock_is_mine(&space.lock))
    sink_give_up(&space.sink);
}

void report_write_fd(int fd) {
  if (!report_lock_take(&space.lock, snapshot_patience_ms(DUMP_ON_CALL)))
    return;
  write_all(fd, DUMP_ON_CALL, 0);
  report_lock_release(&space.lock);
}
