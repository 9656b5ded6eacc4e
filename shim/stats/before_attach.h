/* What is alive from before somebody attached and asked for tags of all requests (tag_mode.h), as
 * accounts: one for each arena without tags and size class, and one for all large objects.
 *
 *   small objects   of threads' plain heaps, which serve nothing while there are tags
 *                   (heap_pair.h): so what such a heap holds is of before, exactly
 *   large objects   all that are alive, less those that have tags.  Whose they are is not known:
 *                   they stand in arena 0.  Their bytes are with rounding, and known to
 *                   PURGE_PUBLISH_BYTES a running thread
 *
 * While nobody is attached, what is requested then counts as well: before the next time.
 *
 * The functions are for reports and dumps, between sites_begin and sites_end, and for the child of
 * a fork count what lived then as allocated.
 */
#ifndef SHIM_BEFORE_ATTACH_H
#define SHIM_BEFORE_ATTACH_H

#include "dump_format.h"
#include "snapshot.h"

/* Classes 1..CLASSES, and BEFORE_LARGE. */
enum { BEFORE_LARGE = 0 };

/* Reads arena h, for the calls of before_account that follow.  False if it has no such accounts. */
hidden bool before_read(const struct snapshot *g, struct heap *h);

/* Sets *a, but for its site, to what the arena that was read last has of class c, or to what there
 * is of large objects.  False if there never was any. */
hidden bool before_account(const struct snapshot *g, const struct heap *h, unsigned c,
                           struct dump_account *a);

#endif
