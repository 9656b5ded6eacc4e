/* The malloc family: every name by which a program asks glibc for memory.
 *
 * If a name were missing here, glibc would serve it, and its objects would come to our free.  Each
 * function does what glibc 2.38 does: malloc(0) returns a unique pointer, realloc(p, 0) frees.
 */
#include "caller.h"
#include "own_calls.h"
#include "realloc.h"
#include "route.h"

#include <errno.h>
#include <string.h>

/* For glibc's internal names of these functions, which some programs call. */
#define alias_of(name) exported __attribute__((alias(#name)))

/* Declared here and not by malloc.h, whose attributes would have to be repeated for the aliases. */
void *malloc(size_t n);
void free(void *p);
void *calloc(size_t count, size_t size);
void *realloc(void *p, size_t n);
void *reallocarray(void *p, size_t count, size_t size);
void *memalign(size_t alignment, size_t n);
void *aligned_alloc(size_t alignment, size_t n);
int posix_memalign(void **result, size_t alignment, size_t n);
void *valloc(size_t n);
void *pvalloc(size_t n);
size_t malloc_usable_size(void *p);
void cfree(void *p);
void free_sized(void *p, size_t n);
void free_aligned_sized(void *p, size_t alignment, size_t n);

static void *refuse(int error) {
  errno = error;
  return NULL;
}

exported void *malloc(size_t n) { return any_alloc(n, caller_frame()); }

exported void free(void *p) { any_free(p, "free", DIRECT); }

exported void *calloc(size_t count, size_t size) {
  size_t n;
  if (unlikely(__builtin_mul_overflow(count, size, &n)))
    return refuse(ENOMEM);
  if (n > SMALL_MAX)
    return large_calloc(n, caller_frame());
  void *p = small_alloc(n, caller_frame());
  return likely(p != NULL) ? libc_memset(p, 0, n) : NULL;
}

/* Copies all bytes of a cell, by moves of 16 bytes: a load waits least if it is no larger than the
 * stores that wrote the object. */
static inline void copy_cell(char *to, const char *from, size_t cell) {
  size_t at = cell & GRAIN;
  if (at != 0)
    memcpy(to, from, GRAIN);
  for (; at < cell; at += 2 * GRAIN)
    memcpy(to + at, from + at, 2 * GRAIN);
}

/* The fast path of realloc: a small object that stays where it is, or moves to a larger cell of
 * this thread's.  All other cases, p NULL and n 0 among them, begin again in realloc_any.  Every
 * call is a tail call, so that no register is saved. */
static inline __attribute__((always_inline)) void *
realloc_fast(void *p, size_t n, const char *entry, const void *frame) {
  if (unlikely(!range_holds(p)) || unlikely(n - 1 >= SMALL_MAX))
    return realloc_any(p, n, entry, frame);
  struct slab *s = slab_of(p);
  if (unlikely(!slab_has_cell(s, p)))
    return realloc_any(p, n, entry, frame);
  size_t cell = slab_cell_bytes(s);
  if (n <= cell)
    return likely(cell_suits(cell, n) && !s->tagged) ? p : realloc_any(p, n, entry, frame);
  void *to;
  if (heap_free_barred(s, p) || unlikely((to = heap_pop(growth_class(n))) == NULL))
    return realloc_any(p, n, entry, frame);
  copy_cell(to, p, cell);
  return heap_free_fast(s, p) ? realloc_on_countdown(to, p, entry, frame) : to;
}

exported void *realloc(void *p, size_t n) { return realloc_fast(p, n, "realloc", caller_frame()); }

exported void *reallocarray(void *p, size_t count, size_t size) {
  size_t n;
  if (__builtin_mul_overflow(count, size, &n))
    return refuse(ENOMEM);
  return realloc_fast(p, n, "reallocarray", caller_frame());
}

/* Rounds the alignment up to a power of two, as glibc does; EINVAL if that does not fit. */
static inline void *align_up(size_t alignment, size_t n, const void *frame) {
  if (alignment > SIZE_MAX / 2 + 1)
    return refuse(EINVAL);
  size_t power = GRAIN;
  while (power < alignment)
    power *= 2;
  return aligned_any(power, n, frame);
}

exported void *memalign(size_t alignment, size_t n) {
  return align_up(alignment, n, caller_frame());
}

/* An alignment that is no power of two is refused, as by glibc 2.38 and jemalloc; glibc 2.36
 * rounded it up. */
exported void *aligned_alloc(size_t alignment, size_t n) {
  if (!is_power_of_two(alignment))
    return refuse(EINVAL);
  return align_up(alignment, n, caller_frame());
}

exported int posix_memalign(void **result, size_t alignment, size_t n) {
  if (!is_power_of_two(alignment) || alignment % sizeof(void *) != 0)
    return EINVAL;
  int saved = errno;
  void *p = aligned_any(alignment, n, caller_frame());
  if (p == NULL)
    return errno = ENOMEM; /* as glibc's: programs print it by perror */
  errno = saved;
  *result = p;
  return 0;
}

exported void *valloc(size_t n) { return aligned_any(PAGE_BYTES, n, caller_frame()); }

exported void *pvalloc(size_t n) {
  if (n > PTRDIFF_MAX)
    return refuse(ENOMEM);
  return aligned_any(PAGE_BYTES, round_up(n + (n == 0), PAGE_BYTES), caller_frame());
}

exported size_t malloc_usable_size(void *p) {
  return usable_any(p, "malloc_usable_size", caller());
}

exported void cfree(void *p) { any_free(p, "cfree", DIRECT); }

/* C23's frees with a size, which we do not need. */
exported void free_sized(void *p, size_t n) {
  (void)n;
  any_free(p, "free_sized", DIRECT);
}

exported void free_aligned_sized(void *p, size_t alignment, size_t n) {
  (void)alignment;
  (void)n;
  any_free(p, "free_aligned_sized", DIRECT);
}

extern void *__libc_malloc(size_t) alias_of(malloc);
extern void __libc_free(void *) alias_of(free);
extern void *__libc_calloc(size_t, size_t) alias_of(calloc);
extern void *__libc_realloc(void *, size_t) alias_of(realloc);
extern void *__libc_reallocarray(void *, size_t, size_t) alias_of(reallocarray);
extern void *__libc_memalign(size_t, size_t) alias_of(memalign);
extern void *__libc_valloc(size_t) alias_of(valloc);
extern void *__libc_pvalloc(size_t) alias_of(pvalloc);
extern int __posix_memalign(void **, size_t, size_t) alias_of(posix_memalign);
