/* When metrics are due; contract in metrics_at.h.
 *
 *   start          + FIRST_MS   the first time: most processes are over by then
 *   each writing   + EVERY_MS, and so long that writing takes less than 1/COST_SHARE of the time
 *   exit           once more (exit.c)
 *
 * No thread and no timer: a process that requests no memory writes nothing, and its figures have
 * not changed.  The thread that writes is in the middle of a malloc or free, as one that writes a
 * dump at a limit is (dump_at.c); others go on meanwhile.
 */
#include "metrics_at.h"
#include "big_stack.h"
#include "fork_gate.h"
#include "metrics.h"
#include "os.h"
#include "program.h"

enum { FIRST_MS = 1000, EVERY_MS = 10000, COST_SHARE = 1000 };

static struct {
  atomic_flag busy;
  _Atomic uint64_t due_ms; /* of the process's life; 0: FIRST_MS */
} at = {.busy = ATOMIC_FLAG_INIT};

static uint64_t lived_ms(void) { return program_lived_ns() / 1000000; }

static bool is_due(uint64_t now) { return now >= (at.due_ms != 0 ? at.due_ms : FIRST_MS); }

static void write_now(void *unused) {
  (void)unused;
  metrics_write(DUMP_AT_LIMIT);
}

static void write_and_schedule(uint64_t now) {
  uint64_t signals;
  os_signals_block(&signals);
  on_big_stack(write_now, NULL);
  uint64_t pause = (lived_ms() - now) * COST_SHARE;
  at.due_ms = now + (pause > EVERY_MS ? pause : EVERY_MS);
  os_signals_restore(&signals);
}

/* A signal handler that interrupted jemalloc does not write. */
void metrics_tick(void) {
  uint64_t now = lived_ms();
  if (likely(!is_due(now)) || gate_is_inside() || atomic_flag_test_and_set(&at.busy))
    return;
  if (is_due(now))
    write_and_schedule(now);
  atomic_flag_clear(&at.busy);
}

void metrics_fork_child(void) {
  metrics_reset_child();
  at.due_ms = 0;
  atomic_flag_clear(&at.busy);
}
