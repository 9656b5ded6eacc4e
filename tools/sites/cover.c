/* What malloc holds beside the resident size; contract in cover.h.
 *
 * What was held at the peak counts, so that a program which frees all at its end is not said to
 * hold nothing.  The libraries and the heap's own tables of a small process are no news.
 */
#include "cover.h"
#include "say.h"
#include "table.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

enum { SMALL = 10 << 20, PART = 3 }; /* bytes; less than 1/PART is little */

static uint64_t resident_of(const struct dump *d) {
  for (uint32_t i = 0; i < d->n_ledger; i++)
    if (d->ledger[i].kind == DUMP_LEDGER_RESIDENT)
      return d->ledger[i].bytes;
  return 0;
}

/* Run-time systems with heaps of their own, by the start of a module's name. */
static const struct {
  const char *module, *remedy;
} systems[] = {
    {"python3", "CPython maps memory for its objects: PYTHONMALLOC=malloc makes it ask malloc"},
    {"libpython3", "CPython maps memory for its objects: PYTHONMALLOC=malloc makes it ask malloc"},
    {"php", "PHP maps memory for its values: USE_ZEND_ALLOC=0 makes it ask malloc"},
    {"libphp", "PHP maps memory for its values: USE_ZEND_ALLOC=0 makes it ask malloc"},
    {"libjvm.so", "Java maps memory for its objects: `jcmd PID GC.class_histogram` lists them"},
    {"node", "V8 maps memory for JavaScript's objects: see node --heapsnapshot-signal=USR2"},
    {"libnode.so", "V8 maps memory for JavaScript's objects: see node --heapsnapshot-signal=USR2"},
    {"cc1", "gcc maps memory for its trees, which are not shown here"},
};

/* NULL: none is known. */
static const char *remedy_of(const struct dump *d) {
  for (uint32_t i = 0; i < d->n_modules; i++)
    for (size_t k = 0; k < sizeof systems / sizeof *systems; k++)
      if (text_starts(file_base(dump_text(d, d->modules[i].path)), systems[k].module))
        return systems[k].remedy;
  return NULL;
}

char *cover_lines(const struct dump *d) {
  const struct dump_process *p = d->process;
  uint64_t resident = resident_of(d), held = p->peak_bytes;
  if (p->tags == DUMP_TAG_OFF || resident < SMALL || held >= resident / PART)
    return NULL;
  char name[24];
  number_name(resident, false, name);
  const char *remedy = remedy_of(d);
  bool now = p->live_bytes >= held / 2;
  return must_print("malloc %s %u %% of the resident %s; %s, files, stacks\n%s%s",
                    now ? "holds" : "held at most",
                    (unsigned)(100.0 * (double)held / (double)resident + 0.5), name,
                    now ? "the rest: own mappings" : "rest: mappings", remedy != NULL ? remedy : "",
                    remedy != NULL ? "\n" : "");
}
