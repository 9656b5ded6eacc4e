/* Zeroed memory for the time of one report or dump.
 *
 * It is mapped; if the system refuses that, it is a reserve in the library that is touched only
 * then: a program at its limit of address space is the one whose dump is wanted.  One user at a
 * time (report_lock.h); in the child of a fork, memory that a thread of the parent was using can be
 * unmapped.  Async-signal-safe; errno is kept.
 */
#ifndef SHIM_SCRATCH_H
#define SHIM_SCRATCH_H

#include "base.h"

struct scratch {
  char *at;     /* the memory in use; NULL: none */
  size_t bytes; /* whole pages, at `at` */
  char *kept;   /* the reserve: whole pages of zeros */
  size_t kept_bytes;
};
/* The initial value of a struct scratch whose reserve is the array `room`. */
#define SCRATCH(room)                                                                              \
  { .kept = (room), .kept_bytes = sizeof(room) }

/* Sets s->at to at least `bytes` zeroed bytes.  False, with s->at NULL, if mapping is refused and
 * the reserve is smaller than that. */
hidden bool scratch_map(struct scratch *s, size_t bytes);

/* Gives the memory back, if there is any, and sets s->at to NULL. */
hidden void scratch_unmap(struct scratch *s);

/* Bytes mapped now, for the ledger.  The reserve counts 0: it is part of the library. */
static inline size_t scratch_mapped(const struct scratch *s) {
  return s->at == s->kept ? 0 : s->bytes;
}

#endif
