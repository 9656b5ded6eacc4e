/* The ledger's list: every byte the allocator has mapped, by what it is for.
 *
 *   sum of the lines = mapped, by the counter kept where memory is mapped and unmapped
 *
 * No line is computed as a remainder, so a difference would show a mistake.  The two are equal as
 * long as no other thread maps memory while they are read.
 */
#ifndef SHIM_LEDGER_H
#define SHIM_LEDGER_H

#include "snapshot.h"

enum { LEDGER_LINES_MAX = 24 };

struct ledger_line {
  const char *name;
  uint64_t bytes;
};

struct ledger {
  struct ledger_line line[LEDGER_LINES_MAX];
  unsigned lines;
  uint64_t sum, mapped;
};

/* Sets *l.  Right after snapshot_begin, before the report maps scratch memory of its own. */
hidden void ledger_read(struct ledger *l, const struct snapshot *g);

#endif
