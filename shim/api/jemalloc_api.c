/* jemalloc's own API, for programs that link jemalloc (Debian's redis-server does).
 *
 * Such programs mix it with malloc and free, so each function finds out by the address whether an
 * object is our heap's or jemalloc's.  What is requested by this API comes from jemalloc, whatever
 * its size: real sizes, nallocx, "arenas.bin..." and all flags then mean what jemalloc's manual
 * says.
 */
#include "caller.h"
#include "extent_cache.h"
#include "fork_fallback.h"
#include "fork_gate.h"
#include "huge.h"
#include "jemalloc.h"
#include "large.h"
#include "large_fast.h"
#include "realloc.h"
#include "route.h"
#include "thread_cache.h"
#include "thread_counters.h"
#include "thread_state.h"

#include <errno.h>
#include <string.h>

void *mallocx(size_t n, int flags);
void *rallocx(void *p, size_t n, int flags);
size_t xallocx(void *p, size_t n, size_t extra, int flags);
size_t sallocx(const void *p, int flags);
void dallocx(void *p, int flags);
void sdallocx(void *p, size_t n, int flags);
size_t nallocx(size_t n, int flags);
int mallctl(const char *name, void *old, size_t *old_size, void *new, size_t new_size);
int mallctlnametomib(const char *name, size_t *mib, size_t *length);
int mallctlbymib(const size_t *mib, size_t length, void *old, size_t *old_size, void *new,
                 size_t n);
void malloc_stats_print(void (*write)(void *, const char *), void *opaque, const char *options);

exported void *mallocx(size_t n, int flags) { return large_mallocx(n, flags, caller_frame()); }

/* Is p one that jemalloc did not serve? */
static bool is_ours(const void *p) { return range_holds(p) || huge_holds(p) || fallback_holds(p); }

/* Moves an object of our heap, or a huge one, to jemalloc.  Copies as much as both real sizes hold;
 * with MALLOCX_ZERO the rest of the new object is zero. */
static void *rallocx_move(void *p, size_t old, size_t n, int flags, const void *frame) {
  void *to = large_mallocx(n, flags, frame);
  if (to != NULL) {
    size_t real = usable_any(to, "rallocx", frame_caller(frame));
    memcpy(to, p, old < real ? old : real);
    any_free(p, "rallocx", frame_caller(frame));
  }
  return to;
}

exported void *rallocx(void *p, size_t n, int flags) {
  size_t old = usable_any(p, "rallocx", caller());
  if (is_ours(p))
    return rallocx_move(p, old, n, flags, caller_frame());
  return large_realloc(p, old, n, flags, "rallocx", caller_frame());
}

exported size_t xallocx(void *p, size_t n, size_t extra, int flags) {
  size_t have = usable_any(p, "xallocx", caller());
  return is_ours(p) ? have : large_xallocx(p, n, extra, flags, caller_frame());
}

exported size_t sallocx(const void *p, int flags) {
  size_t have = usable_any(p, "sallocx", caller());
  return is_ours(p) ? have : jep_sallocx(p, flags);
}

static void free_with_flags(void *p, int flags, const char *entry, const void *caller) {
  if (range_holds(p)) {
    heap_free_as(p, entry, caller);
    return;
  }
  large_free_flags(p, flags, entry, caller);
}

exported void dallocx(void *p, int flags) { free_with_flags(p, flags, "dallocx", caller()); }

/* The size would only make the free faster; we do not need it. */
exported void sdallocx(void *p, size_t n, int flags) {
  (void)n;
  free_with_flags(p, flags, "sdallocx", caller());
}

exported size_t nallocx(size_t n, int flags) {
  return jemalloc_start() ? jep_nallocx(n, flags) : 0;
}

/* Before each call of mallctl: gives jemalloc the objects in this thread's cache, so that
 * jemalloc's answers count them as free and the reset of an arena includes them.  False if jemalloc
 * has no memory to start. */
static bool mallctl_begin(void) {
  struct heap *h = heap_mine();
  cache_clear(h);
  if (!jemalloc_start())
    return false;
  if (gate_enter(h)) {
    extent_trim(true);
    gate_leave(h);
  }
  return true;
}

/* After it: jemalloc's answer, or EAGAIN if it was to switch on a cache for which there is no
 * memory. */
static int mallctl_end(int answer) { return thread_cache_was_switched() ? answer : EAGAIN; }

/* Is it the entry of jemalloc that allocates objects without our knowledge?  We answer that it does
 * not exist. */
static bool is_batch(const char *name) { return strcmp(name, "experimental.batch_alloc") == 0; }

exported int mallctl(const char *name, void *old, size_t *old_size, void *new, size_t new_size) {
  if (is_batch(name))
    return ENOENT;
  if (!mallctl_begin())
    return EAGAIN;
  unsigned counter = thread_counter(name);
  if (counter < THREAD_COUNTERS)
    return thread_counter_read(counter, old, old_size, new);
  return mallctl_end(jep_mallctl(name, old, old_size, new, new_size));
}

exported int mallctlnametomib(const char *name, size_t *mib, size_t *length) {
  if (is_batch(name))
    return ENOENT;
  return jemalloc_start() ? jep_mallctlnametomib(name, mib, length) : EAGAIN;
}

exported int mallctlbymib(const size_t *mib, size_t length, void *old, size_t *old_size, void *new,
                          size_t n) {
  if (!mallctl_begin())
    return EAGAIN;
  unsigned counter = thread_counter_of_mib(mib, length);
  if (counter < THREAD_COUNTERS)
    return thread_counter_read(counter, old, old_size, new);
  return mallctl_end(jep_mallctlbymib(mib, length, old, old_size, new, n));
}

exported void malloc_stats_print(void (*write)(void *, const char *), void *opaque,
                                 const char *options) {
  if (mallctl_begin())
    jep_malloc_stats_print(write, opaque, options);
}
