/* What malloc holds beside the resident size; contract in cover.h.
 *
 * What was held at the peak counts, so that a program which frees all at its end is not said to
 * hold nothing.  The libraries and the heap's own tables of a small process are no news.
 */
#include "cover.h"
#include "run_time.h"
#include "say.h"
#include "text.h"
#include "units.h"

#include <stdlib.h>
#include <string.h>

enum { SMALL = 10 << 20, PART = 3 }; /* bytes; less than 1/PART is little */

static uint64_t resident_of(const struct dump *d) {
  for (uint32_t i = 0; i < d->n_ledger; i++)
    if (d->ledger[i].kind == DUMP_LEDGER_RESIDENT)
      return d->ledger[i].bytes;
  return 0;
}

/* Lines of the ledger that are addresses without pages, or without a page that was touched.  The
 * library once reserved addresses, and old dumps have a line of them. */
static const char *const untouched[] = {"uncarved",      "parts of blocks not", "blocks that no",
                                        "reserved addr", "jemalloc: kept",      "jemalloc: by the"};

static bool is_untouched(const char *line) {
  for (size_t i = 0; i < sizeof untouched / sizeof *untouched; i++)
    if (text_starts(line, untouched[i]))
      return true;
  return false;
}

/* Returns an upper bound of the resident bytes that are the library's own: free cells and pages,
 * rounding, tags and tables. */
static uint64_t own_of(const struct dump *d) {
  uint64_t all = 0;
  for (uint32_t i = 0; i < d->n_ledger; i++)
    if (d->ledger[i].kind == DUMP_LEDGER_LINE && !is_untouched(dump_text(d, d->ledger[i].name)))
      all += d->ledger[i].bytes;
  return all > d->process->live_bytes ? all - d->process->live_bytes : 0;
}

/* "rest: ...", in few words: a line has 80 columns.  `known`: a heap of the program's own is.
 */
static char *rest_of(const struct dump *d, uint64_t resident, bool now, bool known) {
  uint64_t held = d->process->peak_bytes, own = own_of(d);
  char percent[UNITS_MAX];
  units_percent(own < resident - held ? own : resident - held, resident, percent);
  if (!known && own >= (resident - held) / 2)
    return must_print("free pages, tables: <= %s", percent);
  return must_print("rest: %s, files, stacks", now ? "own mappings" : "mmap");
}

/* NULL: none is known. */
static const char *remedy_of(const struct dump *d) {
  const char *remedy = NULL;
  for (uint32_t i = 0; i < d->n_modules && remedy == NULL; i++)
    remedy = run_time_remedy(dump_text(d, d->modules[i].path));
  return remedy;
}

char *cover_lines(const struct dump *d) {
  const struct dump_process *p = d->process;
  uint64_t resident = resident_of(d), held = p->peak_bytes;
  if (p->tags == DUMP_TAG_OFF || resident < SMALL || held >= resident / PART)
    return NULL;
  char name[UNITS_MAX], percent[UNITS_MAX];
  units_name(resident, UNIT_BYTES, false, name);
  units_percent(held, resident, percent);
  const char *remedy = remedy_of(d);
  bool now = p->live_bytes >= held / 2;
  char *rest = rest_of(d, resident, now, remedy != NULL);
  char *lines =
      must_print("malloc %s %s of the resident %s; %s\n%s%s", now ? "holds" : "held at most",
                 percent, name, rest, remedy != NULL ? remedy : "", remedy != NULL ? "\n" : "");
  free(rest);
  return lines;
}
