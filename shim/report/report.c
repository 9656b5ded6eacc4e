/* The text report's flow and tables; contract in report.h. */
#include "report.h"
#include "fork_gate.h"
#include "options.h"
#include "program.h"
#include "report_arenas.h"
#include "report_attached.h"
#include "report_blocks.h"
#include "report_classes.h"
#include "report_job.h"
#include "report_ledger.h"
#include "report_mapped.h"
#include "report_regions.h"
#include "report_sites.h"
#include "report_text.h"
#include "sandbox.h"
#include "snapshot.h"
#include "tag_mode.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* One report at a time, in space that exists beforehand. */
static struct {
  struct report_job job;
  struct snapshot g;
  char bytes[16 << 10];
} space = {.job = REPORT_JOB("report")};

static void age(struct text *t) {
  text_str(t, "\n   ");
  report_seconds(t, program_lived_ns());
  text_str(t, " after the start");
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
  report_attached(t);
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

static bool write_all(int fd, enum dump_reason reason, int signal) {
  struct text t = {.bytes = space.bytes, .capacity = sizeof space.bytes};
  struct snapshot *g = &space.g;
  snapshot_begin(g, reason, tag_sums);
  g->signal = signal;
  header(&t, g);
  bool ok = report_arenas(&t, g, fd);
  report_blocks(&t, g);
  ok &= report_flush(&t, fd);
  ok &= report_regions(&t, fd);
  report_classes(&t, g);
  ok &= report_flush(&t, fd);
  if (tagged_mode != TAGGED_NONE) {
    ok &= report_sites(&t, g, fd);
    ok &= report_mapped(&t, fd);
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

static int write_file(enum dump_reason reason, int signal, const char *pattern) {
  struct write_job job = {reason, signal};
  pattern = pattern != NULL ? pattern : options_now()->stats_pattern;
  if (sandbox_forbids_reports()) /* it would end the process */
    return report_job_refuse(&space.job, reason, pattern, EPERM);
  return report_job_write(&space.job, reason, pattern, write_place, &job);
}

int report_write(enum dump_reason reason, int signal, const char *pattern) {
  int saved = errno, error = EBUSY;
  if (report_lock_take(&space.job.lock, snapshot_patience_ms(reason))) {
    error = write_file(reason, signal, pattern);
    report_lock_release(&space.job.lock);
  }
  errno = saved;
  return error;
}

void report_fork_child(void) { report_job_fork_child(&space.job); }
void report_finish(void) { report_job_finish(&space.job); }

void report_write_fd(int fd) {
  if (!report_lock_take(&space.job.lock, snapshot_patience_ms(DUMP_ON_CALL)))
    return;
  write_all(fd, DUMP_ON_CALL, 0);
  report_lock_release(&space.job.lock);
}
