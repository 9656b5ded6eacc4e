/* jemalloc's own API, for programs that link it (Debian's redis-server does).
 *
 * Such programs mix it with malloc and free, so each function decides by address whose the
 * pointer is.  What they ask for is jemalloc's, of any size: real sizes, nallocx, "arenas.bin..."
 * and all flags then mean what its manual says.
 */
#include "caller.h"
#include "fork_fallback.h"
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

/* From our heap to jemalloc's.  What is kept is all that can be kept of the real sizes; what is
 * zeroed is all beyond. */
static void *rallocx_move(void *p, size_t old, size_t n, int flags, const void *frame) {
  void *to = large_mallocx(n, flags, frame);
  if (to != NULL) {
    size_t real = usable_any(to, "rallocx", frame_site(frame));
    memcpy(to, p, old < real ? old : real);
    any_free(p, "rallocx", frame_site(frame));
  }
  return to;
}

exported void *rallocx(void *p, size_t n, int flags) {
  size_t old = usable_any(p, "rallocx", caller());
  if (range_holds(p) || fallback_holds(p))
    return rallocx_move(p, old, n, flags, caller_frame());
  return large_realloc(p, old, n, flags, "rallocx", caller_frame());
}

exported size_t xallocx(void *p, size_t n, size_t extra, int flags) {
  size_t have = usable_any(p, "xallocx", caller());
  return range_holds(p) || fallback_holds(p) ? have
                                             : large_xallocx(p, n, extra, flags, caller_frame());
}

exported size_t sallocx(const void *p, int flags) {
  size_t have = usable_any(p, "sallocx", caller());
  return range_holds(p) || fallback_holds(p) ? have : jep_sallocx(p, flags);
}

static void free_with_flags(void *p, int flags, const char *entry, const void *site) {
  if (range_holds(p)) {
    heap_free_as(p, entry, site);
    return;
  }
  large_free_flags(p, flags, entry, site);
}

exported void dallocx(void *p, int flags) { free_with_flags(p, flags, "dallocx", caller()); }

/* The size is a hint for speed that we do not need. */
exported void sdallocx(void *p, size_t n, int flags) {
  (void)n;
  free_with_flags(p, flags, "sdallocx", caller());
}

exported size_t nallocx(size_t n, int flags) {
  return jemalloc_start() ? jep_nallocx(n, flags) : 0;
}

/* Gives jemalloc what this thread freed, so that its answers count it and a reset of an arena
 * covers it.  False: there is no memory for jemalloc to start. */
static bool begin_asking(void) {
  cache_clear(heap_mine());
  return jemalloc_start();
}

/* jemalloc's answer; EAGAIN if it switched a cache on for which there was no memory. */
static int end_asking(int answer) { return thread_cache_was_switched() ? answer : EAGAIN; }

/* An entry of jemalloc's that hands out objects of which we would not know: it is not there. */
static bool is_batch(const char *name) { return strcmp(name, "experimental.batch_alloc") == 0; }

exported int mallctl(const char *name, void *old, size_t *old_size, void *new, size_t new_size) {
  if (is_batch(name))
    return ENOENT;
  if (!begin_asking())
    return EAGAIN;
  unsigned counter = thread_counter(name);
  if (counter < THREAD_COUNTERS)
    return thread_counter_read(counter, old, old_size, new);
  return end_asking(jep_mallctl(name, old, old_size, new, new_size));
}

exported int mallctlnametomib(const char *name, size_t *mib, size_t *length) {
  if (is_batch(name))
    return ENOENT;
  return jemalloc_start() ? jep_mallctlnametomib(name, mib, length) : EAGAIN;
}

exported int mallctlbymib(const size_t *mib, size_t length, void *old, size_t *old_size, void *new,
                          size_t n) {
  if (!begin_asking())
    return EAGAIN;
  unsigned counter = thread_counter_of_mib(mib, length);
  if (counter < THREAD_COUNTERS)
    return thread_counter_read(counter, old, old_size, new);
  return end_asking(jep_mallctlbymib(mib, length, old, old_size, new, n));
}

exported void malloc_stats_print(void (*write)(void *, const char *), void *opaque,
                                 const char *options) {
  if (begin_asking())
    jep_malloc_stats_print(write, opaque, options);
}
