/* The fork fallback: what large requests and frees do while a fork keeps jemalloc closed
 * (fork_gate.h).
 *
 * A request gets a mapping of its own, a fallback object.  At most FALLBACKS of them are alive at a
 * time; a request beyond that waits for the end of the fork.  A free of an object of jemalloc's is
 * deferred: it is put on a list, and made when the gate has opened.
 *
 * All functions are lock-free, may be called by any thread, inside the gate or outside, and keep
 * errno.
 */
#ifndef SHIM_FORK_FALLBACK_H
#define SHIM_FORK_FALLBACK_H

#include "fork_gate.h"
#include "page_map.h"

enum { FALLBACKS = 4096 };

/* A zeroed fallback object of at least n bytes, aligned to `alignment`, a power of two.  NULL: the
 * system has no memory, or all FALLBACKS are alive. */
hidden void *fallback_alloc(size_t alignment, size_t n);

/* Usable bytes of a fallback object; 0: p is none. */
hidden size_t fallback_bytes(const void *p);

/* Frees p if it is a fallback object; false: it is none, and nothing has changed. */
hidden bool fallback_free(void *p);

/* Defers the free of p, an object of jemalloc's: its first word becomes a link of the list.  take:
 * one such object, now the caller's to free; NULL: there is none. */
hidden void fallback_defer_free(void *p);
hidden void *fallback_take_deferred(void);

/* Is p a fallback object?  One of jemalloc's is recognized by its page, so that it costs no search.
 */
static inline bool fallback_holds(const void *p) {
  return unlikely(gate_word() >= GATE_FALLBACK) && (page_map_partial || !page_map_holds(p)) &&
         fallback_bytes(p) != 0;
}

/* Bytes mapped for fallback objects. */
hidden uint64_t fallback_mapped_bytes(void);

#endif
