/* One at a time, and what happens to it at a fork and at the end; contract in report_job.h. */
#include "report_job.h"
#include "sandbox.h"
#include "snapshot.h"

int report_job_refuse(struct report_job *j, enum dump_reason reason, const char *pattern,
                      int error) {
  if (!sandbox_forbids_messages())
    sink_refuse(&j->sink, j->what, pattern, reason == DUMP_ON_CALL, error);
  return error;
}

int report_job_write(struct report_job *j, enum dump_reason reason, const char *pattern,
                     bool (*write)(struct sink *k, void *argument), void *argument) {
  return sink_write(&j->sink, j->what, pattern, reason == DUMP_ON_CALL, write, argument);
}

bool report_job_fork_child(struct report_job *j) {
  if (report_lock_fork_child(&j->lock))
    return true;
  sink_abandon(&j->sink);
  return false;
}

void report_job_finish(struct report_job *j) {
  if (report_lock_take(&j->lock, snapshot_patience_ms(DUMP_AT_EXIT)))
    report_lock_release(&j->lock);
  else if (report_lock_is_mine(&j->lock))
    sink_give_up(&j->sink);
}
