/* The dump's flow; contract in dump.h, layout in dump_parts.h. */
#include "dump.h"
#include "capture_modules.h"
#include "crc.h"
#include "dump_parts.h"
#include "fork_gate.h"
#include "modules.h"
#include "options.h"
#include "os.h"
#include "report_job.h"
#include "sandbox.h"
#include "site_stats.h"
#include "slab_sums.h"
#include "tag_mode.h"
#include "timeline.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* One dump at a time, in space that exists beforehand.  `kept`: for a few hundred modules and
 * arenas. */
enum { KEPT_BYTES = 256 << 10 };
static _Alignas(PAGE_BYTES) char kept[KEPT_BYTES];
static struct {
  struct report_job job;
  struct dump_work work;
} space = {.job = REPORT_JOB("dump"), .work.scratch = SCRATCH(kept)};

/* ---- the parts put together ---- */

struct small_section {
  uint32_t id, item_bytes;
  uint64_t items;
  const void *at;
};

static void small_sections(const struct dump_work *w, struct small_section s[SMALL_SECTIONS]) {
  const struct small_section all[] = {
      {DUMP_STRINGS, 1, w->strings_bytes, w->strings},
      {DUMP_PROCESS, sizeof *w->process, 1, w->process},
      {DUMP_ARENAS, sizeof *w->arena, w->heaps, w->arena},
      {DUMP_CLASSES, sizeof *w->class, w->classes, w->class},
      {DUMP_LEDGER, sizeof *w->lines, w->ledger.lines + 2, w->lines},
      {DUMP_HEALTH, sizeof *w->health, HEALTH_LINES, w->health},
      {DUMP_MODULES, sizeof *w->module, w->modules, w->module},
      {DUMP_REGIONS, sizeof *w->region, w->regions, w->region},
  };
  static_assert(sizeof all / sizeof *all == SMALL_SECTIONS, "each of them");
  memcpy(s, all, sizeof all);
}

/* Places them in the file, one after the other; gives the first byte after them. */
static uint64_t place_small(struct dump_work *w) {
  struct small_section s[SMALL_SECTIONS];
  small_sections(w, s);
  uint64_t offset = sizeof(struct dump_header) + sizeof w->table;
  for (unsigned i = 0; i < SMALL_SECTIONS; i++) {
    w->table[i] = (struct dump_section){
        .id = s[i].id, .item_bytes = s[i].item_bytes, .offset = offset, .items = s[i].items};
    offset += round_up(s[i].items * s[i].item_bytes, DUMP_ALIGN);
  }
  return offset;
}

/* The scratch was zero: so is the padding. */
static void write_small(struct dump_work *w) {
  struct small_section s[SMALL_SECTIONS];
  small_sections(w, s);
  for (unsigned i = 0; i < SMALL_SECTIONS; i++) {
    size_t bytes = round_up(s[i].items * s[i].item_bytes, DUMP_ALIGN);
    w->table[i].crc = crc_add(0, s[i].at, bytes);
    dump_out_at(&w->out, w->table[i].offset, s[i].at, bytes);
  }
}

static void write_header(struct dump_work *w) {
  struct dump_header h = {.magic = DUMP_MAGIC,
                          .major = DUMP_MAJOR,
                          .minor = DUMP_MINOR,
                          .header_bytes = sizeof h,
                          .file_bytes = w->out.offset,
                          .section_count = DUMP_SECTIONS,
                          .section_bytes = sizeof(struct dump_section)};
  h.crc = crc_add(crc_add(0, &h, sizeof h), w->table, sizeof w->table);
  dump_out_at(&w->out, 0, &h, sizeof h);
  dump_out_at(&w->out, sizeof h, w->table, sizeof w->table);
}

/* ---- what the accounts add up to ---- */

/* The peak is the one of at_peak.h, and not below what is live by now: other threads may have gone
 * on since.  What had no tags is in no account once it is freed: then the time axis knows of it. */
static void finish_process(struct dump_work *w) {
  struct dump_process *p = w->process;
  if (w->at_peak.peak_bytes > p->peak_bytes)
    p->peak_bytes = w->at_peak.peak_bytes;
  if (tagged_since_attach() && timeline_most_live() > p->peak_bytes)
    p->peak_bytes = timeline_most_live();
  if (p->live_bytes > p->peak_bytes)
    p->peak_bytes = p->live_bytes;
}

/* Objects without a tag count with their cells, where all others have one. */
static uint64_t class_live_bytes(const struct dump_work *w, unsigned c) {
  uint64_t cells = count_less(w->g.survey.plain_cells[c], w->g.plain_listed[c]);
  return sites_class_bytes(c) + (tagged_since_attach() ? cells * class_bytes(c) : 0);
}

static void finish_classes(struct dump_work *w) {
  for (unsigned i = 0; i < w->classes; i++)
    w->class[i].live_bytes = class_live_bytes(w, (unsigned)class_of(w->class[i].cell_bytes));
}

static void write_sections(struct dump_work *w, int fd) {
  dump_out_start(&w->out, fd, place_small(w));
  dump_streams(w);
  if (tagged_mode != TAGGED_NONE) {
    finish_process(w);
    finish_classes(w);
  }
  write_small(w);
  write_header(w);
}

/* A pipe cannot be sought in, and a descriptor of the program's has a position that is the
 * program's: both get a copy of a dump that was written to memory. */
static bool write_to(struct dump_work *w, const struct sink *k) {
  int fd = k->fd;
  bool whole = k->kind != OUTPUT_DESCRIPTOR && lseek(fd, 0, SEEK_CUR) >= 0;
  int seekable = whole ? fd : memfd_create("arenashim", MFD_CLOEXEC);
  if (seekable < 0)
    return false;
  write_sections(w, seekable);
  if (seekable == fd)
    return !w->out.failed;
  dump_out_copy(&w->out, fd);
  int saved = errno;
  close(seekable);
  errno = saved;
  return !w->out.failed;
}

/* At a second place (sink.h) all is read again. */
static bool begin_again(struct dump_work *w) {
  int error = w->added_up ? sites_again() : 0;
  w->added_up = true;
  if (error != 0)
    errno = error;
  return error == 0;
}

static bool write_all(struct sink *k, void *work) {
  struct dump_work *w = work;
  if (!begin_again(w))
    return false;
  dump_region_nodes();
  snapshot_begin(&w->g, w->reason, slab_sums);
  ledger_read(&w->ledger, &w->g);
  resident_read(&w->resident, &w->g);
  bool done = false;
  if (dump_tables(w)) {
    dump_events_read(w);
    dump_mapping_names(w);
    done = write_to(w, k);
  } else {
    errno = ENOMEM;
  }
  int saved = errno;
  scratch_unmap(&w->scratch);
  resident_end(&w->resident);
  snapshot_end();
  errno = saved;
  return done;
}

/* ---- one at a time ---- */

static int begin(enum dump_reason reason, const char *pattern) {
  unsigned patience_ms = snapshot_patience_ms(reason);
  if (!report_lock_take(&space.job.lock, patience_ms))
    return EBUSY;
  int error = sites_begin(patience_ms);
  space.work.added_up = false;
  if (error == 0)
    return 0;
  report_job_refuse(&space.job, reason, pattern, error);
  report_lock_release(&space.job.lock);
  return error;
}

static void end(void) {
  sites_end();
  report_lock_release(&space.job.lock);
}

/* What a dump is written for. */
struct cause {
  enum dump_reason reason;
  int signal;
  struct limit_use limit;
  bool untouched;
  bool replace; /* a file that has the name */
};

static int write_file(const struct cause *c, const char *pattern) {
  struct dump_work *w = &space.work;
  space.job.sink.replace = c->replace;
  w->reason = c->reason;
  w->signal = c->signal;
  w->limit = c->limit;
  w->untouched = c->untouched;
  return report_job_write(&space.job, c->reason, pattern, write_all, w);
}

/* Looking takes the loader's lock, which the child of a fork would inherit taken: so it happens
 * inside the gate. */
static void look_at_modules(void) {
  struct heap *h = heap_mine();
  gate_pass(h);
  capture_refresh_modules();
  gate_leave(h);
}

/* A sandbox would end the process for it: one line, if that is allowed. */
static int refuse(enum dump_reason reason, const char *pattern) {
  if (report_lock_take(&space.job.lock, 0)) {
    report_job_refuse(&space.job, reason, pattern, EPERM);
    report_lock_release(&space.job.lock);
  }
  return EPERM;
}

static int write_for(const struct cause *c, const char *pattern) {
  int saved = errno;
  if (pattern == NULL)
    pattern = options_now()->dump_pattern;
  if (sandbox_forbids_reports())
    return refuse(c->reason, pattern);
  if (!snapshot_is_careful(c->reason))
    look_at_modules();
  timeline_now();
  int error = begin(c->reason, pattern);
  if (error == 0) {
    error = write_file(c, pattern);
    end();
  }
  if (error == 0)
    timeline_event(DUMP_EVENT_DUMP, (uint64_t)c->signal);
  errno = saved;
  return error;
}

int dump_write(enum dump_reason reason, int signal, const char *pattern) {
  return write_for(&(struct cause){.reason = reason, .signal = signal}, pattern);
}

int dump_replace(enum dump_reason reason, const char *pattern) {
  return write_for(&(struct cause){.reason = reason, .replace = true}, pattern);
}

int dump_write_at_limit(const struct limit_use *u, bool untouched) {
  return write_for(&(struct cause){.reason = DUMP_AT_LIMIT, .limit = *u, .untouched = untouched},
                   NULL);
}

void dump_fork_child(void) {
  if (!report_job_fork_child(&space.job))
    return;
  scratch_unmap(&space.work.scratch);
  resident_end(&space.work.resident);
}

void dump_finish(void) { report_job_finish(&space.job); }
