/* Probes that other profilers attach to: OpenTelemetry's contract for memory, provider otel_memory.
 *
 *   alloc(ptr, size, weight)   a sample was taken: requested bytes, and the bytes it stands for
 *   free(ptr)                  an object of which a sample was taken is freed, or a realloc ends it
 *
 * The sums of weights are what our own accounts say.  With exact tags, and for what is not sampled,
 * nothing fires.  A reader finds the probes by the notes of our file (readelf -n), raises their
 * semaphores, and puts a breakpoint where a nop is.  The arguments lie in rdi, rsi and rdx, as
 * those of a call: there are readers that look only there.
 *
 * Any thread, signal handlers too.
 */
#ifndef SHIM_PROBES_H
#define SHIM_PROBES_H

#include "base.h"

/* How many readers wait; other processes write them. */
extern hidden volatile unsigned short otel_memory_alloc_semaphore, otel_memory_free_semaphore;

/* A reader waits: the place that its breakpoint is at. */
hidden void probe_alloc_fire(const void *p, size_t bytes, size_t weight);
hidden void probe_free_fire(const void *p);

/* A sample of `bytes` requested bytes at p was taken, which stands for `weight` bytes. */
static inline void probe_alloc(const void *p, size_t bytes, size_t weight) {
  if (unlikely(otel_memory_alloc_semaphore != 0))
    probe_alloc_fire(p, bytes, weight);
}

/* The object at p, of which a sample was taken, is about to be freed. */
static inline void probe_free(const void *p) {
  if (unlikely(otel_memory_free_semaphore != 0))
    probe_free_fire(p);
}

#endif
