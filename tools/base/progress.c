/* The progress line; contract in progress.h. */
#include "progress.h"
#include "clock.h"
#include "fit.h"
#include "table.h"
#include "units.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PATIENCE_MS = 500, PACE_MS = 100 };

static struct {
  uint64_t start, last; /* ms; start 0: no work was seen yet */
  bool shown, is_stopped;
} line;

static uint64_t now_ms(void) { return clock_ns(CLOCK_MONOTONIC_COARSE) / 1000000; }

void progress_show(const char *what, uint64_t part, uint64_t whole) {
  uint64_t now = now_ms();
  char percent[UNITS_MAX];
  if (line.start == 0)
    line.start = now;
  if (line.is_stopped || now - line.start < PATIENCE_MS || now - line.last < PACE_MS ||
      !isatty(STDERR_FILENO))
    return;
  int room = (int)table_width(stderr) - 8;
  line.last = now;
  line.shown = true;
  fputs("\r\033[K", stderr);
  fit_print(what, strlen(what), room > 0 ? (unsigned)room : 1, stderr);
  units_percent(part, whole, percent);
  if (whole > 0 && part <= whole)
    fprintf(stderr, " %6s", percent);
  fflush(stderr);
}

void progress_hide(void) {
  if (line.shown)
    fputs("\r\033[K", stderr);
  line.shown = false;
}

void progress_stop(void) {
  progress_hide();
  line.is_stopped = true;
}
