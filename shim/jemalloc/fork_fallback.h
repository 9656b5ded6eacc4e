/* What large requests and frees do while a fork keeps jemalloc closed (fork_gate.h).
 *
 * A request gets a mapping of its own.  At most FALLBACKS such objects are alive at a time; a
 * request beyond that waits for the end of the fork.  A free is put on a list and made when the
 * gate has opened.
 */
#ifndef SHIM_FORK_FALLBACK_H
#define SHIM_FORK_FALLBACK_H

#include "fork_gate.h"
#include "page_map.h"

enum { FALLBACKS = 4096 };

/* Zeroed memory; NULL if there is none.  alignment: a power of two. */
hidden void *fallback_alloc(size_t alignment, size_t n);

/* Usable bytes of a spilled object; 0: p is none. */
hidden size_t fallback_bytes(const void *p);

/* Frees p if it is a spilled object. */
hidden bool fallback_free(void *p);

/* Puts an object of jemalloc aside until the gate has opened, and takes one back (NULL: none). */
hidden void fallback_defer_free(void *p);
hidden void *fallback_take_deferred(void);

/* Objects of jemalloc's are told by its own pages, so that they do not cost a search. */
static inline bool fallback_holds(const void *p) {
  return unlikely(gate_word() >= GATE_FALLBACK) && (page_map_partial || !page_map_holds(p)) &&
         fallback_bytes(p) != 0;
}

/* Bytes mapped for spilled objects. */
hidden uint64_t fallback_mapped_bytes(void);

#endif
