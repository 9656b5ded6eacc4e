/* Memory for the time of a report or a dump, all zero.
 *
 * From the system; where that refuses, from room that was kept back and is never touched but then:
 * a program at its limit of address space is the one whose dump is wanted.  One user at a time
 * (report_lock.h), and the child of a fork may unmap what a thread that is gone had.
 * Async-signal-safe; errno is kept.
 */
#ifndef SHIM_SCRATCH_H
#define SHIM_SCRATCH_H

#include "base.h"

struct scratch {
  char *at; /* NULL: none */
  size_t bytes;
  char *kept; /* whole pages of zeros; not changed */
  size_t kept_bytes;
};
#define SCRATCH(room)                                                                              \
  { .kept = (room), .kept_bytes = sizeof(room) }

/* False, with s->at NULL: refused, and more than was kept back. */
hidden bool scratch_map(struct scratch *s, size_t bytes);
hidden void scratch_unmap(struct scratch *s);

/* What the ledger counts: room that was kept back is part of the library. */
static inline size_t scratch_mapped(const struct scratch *s) {
  return s->at == s->kept ? 0 : s->bytes;
}

#endif
