/* How many bytes of pages jemalloc has objects in, and how many it keeps that no object is in.
 *
 * Its mallctl("epoch") adds up every figure of every arena, which takes 16 us with two arenas, and
 * tables of 400 KiB at the first call.  The two that the purge policy needs are read here from the
 * arenas themselves, which takes some 20 ns for each, no lock and no memory.
 */
#ifndef SHIM_JEMALLOC_PAGES_H
#define SHIM_JEMALLOC_PAGES_H

#include "base.h"

struct jemalloc_pages {
  uint64_t live, idle;
  unsigned arenas; /* that were read: what it cost */
};

/* The bytes as they are now; 0 where jemalloc had no memory to answer.  After jemalloc_start,
 * inside the gate; may change errno. */
hidden struct jemalloc_pages jemalloc_pages_read(void);

/* Has the program made arenas of jemalloc's?  The tagged arena (tagged_arena.h) is none of them.
 * After jemalloc_start; any thread. */
hidden bool jemalloc_has_own_arenas(void);

#endif
