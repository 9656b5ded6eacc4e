/* The entries of the table of modules: where they lie, and how the refreshing thread finds them.
 *
 *   block k of 64 << k entries, never moved, never freed: an index finds its entry at once
 *
 *   standing[start]     loaded now, by address
 *   left[identity]      not loaded, but something refers to it: it stands again if it comes back,
 *                       wherever to
 *   spare               not loaded, and nothing refers to it: the next newcomer takes its place
 *
 * So a program that opens and closes libraries for ever needs as many entries as it has had files
 * that matter, not as it has made calls.  All but entry_at and table_count: the refreshing thread
 * alone.
 */
#ifndef SHIM_MODULE_TABLE_H
#define SHIM_MODULE_TABLE_H

#include "modules.h"

struct entry {
  struct module module;
  uint64_t identity; /* hash of the loader's name, build-id or unwind tables, and size */
  unsigned number;
  unsigned seen; /* the pass that last met it */
  bool came;     /* it stands since this pass */
  struct module_kept kept;
  size_t room;        /* bytes that its path has room for */
  struct entry *next; /* of the same bucket, or spare */
};

hidden unsigned table_count(void);
hidden struct entry *entry_at(unsigned i);
hidden uint64_t table_bytes(void);

/* One that stands between these addresses; NULL: none.  There is one at most. */
hidden struct entry *table_standing(uintptr_t start, uintptr_t end);

/* An entry for what has come, in this order: one of this identity that has left, a spare one, a
 * new one.  Its address and the rest are filled from *m, its path from `path` unless it was there
 * before.  NULL without memory. */
hidden struct entry *table_add(const struct module *m, uint64_t identity, const char *path);

/* Every one that stands and was not met in this pass: out of the standing ones, then left(e), then
 * among those that left or the spare ones, as e->kept says. */
hidden void table_sweep(unsigned pass, void (*left)(struct entry *e, void *argument),
                        void *argument);

/* Every one that stands. */
hidden void table_each_standing(void (*visit)(struct entry *e, void *argument), void *argument);

#endif
