/* Texts and the end of a dump in memory; contract in dump.h. */
#include "dump.h"

#include <stdlib.h>

uint32_t dump_processes(const struct dump *d) {
  return d->process->processes > 0 ? d->process->processes : 1;
}

void dump_close(struct dump *d) {
  if (d == NULL)
    return;
#define FREE(field, type, id, name) free(d->field);
  DUMP_TABLES(FREE)
#undef FREE
  free(d->strings);
  free(d->shown);
  free(d->shown_from);
  free(d);
}

const char *dump_bytes(const struct dump *d, uint64_t offset) { return d->strings + offset; }

const char *dump_text(const struct dump *d, uint64_t offset) {
  return d->shown != NULL ? d->shown + d->shown_from[offset] : dump_bytes(d, offset);
}
