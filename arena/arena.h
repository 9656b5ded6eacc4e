/* Region arenas: many requests, no single free; all pieces end together.
 *
 *   struct arena *a = arena_create("parser", NULL);
 *   struct node *n = arena_alloc(a, sizeof *n);
 *   char *label = arena_printf(a, "node %d", 7);
 *   arena_destroy(a);                     n and label end here
 *
 *   a --> block ---------> block ---------> block (a big request's own)
 *         [####|##|#|...]  [###|######|.]   [##############]
 *                     ^ the next request starts here
 *
 * The idea is CPython's Python/pyarena.c, whose field names and counters are kept; the helpers
 * are those that users of obstack, talloc, APR pools and PostgreSQL's contexts know.
 *
 * Sizes are bytes.  A size of 0 is a request like any other and gets an address of its own,
 * of which no byte may be touched.  Every piece is aligned for max_align_t (ARENA_ALIGN).
 *
 * Errors: functions that return a pointer return NULL, those that return int return -1, and
 * errno says why: ENOMEM (malloc refused, max_reserved reached, or a size above ARENA_SIZE_MAX
 * or one that overflows), EINVAL (a value outside its stated range), EBUSY (called from a
 * cleanup of the same region).  A call that fails changes and counts nothing.  The region
 * itself must not be NULL, except for arena_destroy.
 *
 * Ownership: the region owns every piece; nothing it returns goes to free().
 * Threads: a region, its parents and its children are used by one thread at a time.  There is
 * no lock; regions that are not related are independent.
 * Signals: no function may be called from a signal handler.
 *
 * Equations, at every moment, for the blocks held now:
 *   used     = sum of bytes passed out, with padding      used <= peak
 *   reserved = sum of payload bytes                       used <= reserved <= max_reserved
 *   total_block_size >= reserved                          total_big_blocks <= total_blocks
 */
#ifndef ARENA_ARENA_H
#define ARENA_ARENA_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ARENA_ALIGN      16                /* alignment of every piece and unit of all rounding */
#define ARENA_BLOCK_SIZE 8192              /* payload bytes of a block unless configured */
#define ARENA_BUFFER_MIN 512               /* smallest caller's buffer accepted */
#define ARENA_SIZE_MAX   (PTRDIFF_MAX / 2) /* largest request, alignment and block size */

struct arena; /* opaque */

/* Options of a region.  A field of 0 or NULL means its default, so write
 * `struct arena_config c = {.block_size = 65536};` and later fields cost no change. */
struct arena_config {
  size_t block_size;     /* payload of an ordinary block: 1..ARENA_SIZE_MAX, rounded up to
                            ARENA_ALIGN; default ARENA_BLOCK_SIZE */
  size_t max_block_size; /* each ordinary block has twice the payload of the one before, up to
                            this: block_size..ARENA_SIZE_MAX; default block_size: no growth */
  size_t max_reserved;   /* payload bytes the region may hold at a time, children not counted:
                            at least those of the first block; default no limit */
  void *buffer;          /* memory of the caller for the region itself and its first block; it
                            outlives the region, which never frees it; default malloc */
  size_t buffer_size;    /* bytes of buffer: at least ARENA_BUFFER_MIN */
  struct arena *parent;  /* this region ends with or before that one; default none */
};

/* What a region did and holds.  The five totals never fall, not even by a reset. */
struct arena_stats {
  uint64_t total_allocs;     /* successful requests, size 0 included; a realloc is one */
  uint64_t total_size;       /* bytes asked for by them, without rounding */
  uint64_t total_blocks;     /* blocks obtained, the first one included */
  uint64_t total_block_size; /* payload bytes of those blocks */
  uint64_t total_big_blocks; /* those with a payload strictly above block_size, grown ones and
                                a large caller's buffer included */
  uint64_t used;             /* bytes passed out now, padding included (and, in a build with
                                AddressSanitizer, the gaps between pieces) */
  uint64_t reserved;         /* payload bytes of the blocks held now */
  uint64_t peak;             /* largest value of used */
  uint64_t cleanups;         /* cleanups registered now */
};

/* A moment of a region, to go back to.  Pass it around whole; the fields are the library's. */
struct arena_mark {
  struct arena *arena;
  void *cur;
  void *last;
  size_t offset;
  uint64_t time;
};

/* A new region.  The name is copied, shortened to 31 bytes; NULL reads as "region".  config NULL
 * means all defaults; it is not kept.  Name and return address stand in reports of the shim.
 * EINVAL for options outside their ranges, ENOMEM.  With a buffer, no memory is asked for. */
struct arena *arena_create(const char *name, const struct arena_config *config);

/* Ends the region: its children first, the newest before the older, each in the same way; then
 * its cleanups, the newest first; then its memory.  NULL is allowed; for a region that is being
 * destroyed, reset or rewound (the call comes from a cleanup) this does nothing. */
void arena_destroy(struct arena *a);

/* A piece of size bytes with any contents.  ENOMEM. */
void *arena_alloc(struct arena *a, size_t size)
    __attribute__((malloc, alloc_size(2), assume_aligned(ARENA_ALIGN)));

/* A piece of size bytes, all 0.  ENOMEM. */
void *arena_zalloc(struct arena *a, size_t size)
    __attribute__((malloc, alloc_size(2), assume_aligned(ARENA_ALIGN)));

/* count * size bytes, all 0; a product that overflows is ENOMEM. */
void *arena_calloc(struct arena *a, size_t count, size_t size)
    __attribute__((malloc, alloc_size(2, 3), assume_aligned(ARENA_ALIGN)));

/* A piece at a multiple of alignment: a power of two up to ARENA_SIZE_MAX, else EINVAL; below
 * ARENA_ALIGN it means ARENA_ALIGN.  The bytes skipped count as used.  ENOMEM. */
void *arena_alloc_aligned(struct arena *a, size_t alignment, size_t size)
    __attribute__((malloc, alloc_size(3), alloc_align(2)));

/* Makes the piece p of old_size bytes one of new_size bytes and returns where it is now.
 * old_size is what was last asked for at p; NULL for p makes a new piece, whatever old_size.
 * Shrinking never moves.  Growing does not move the last piece of its block while there is
 * room behind it; any other is copied, with alignment ARENA_ALIGN, and its old place must not
 * be used again.  When it fails, p is as before.  Counts as one request of new_size bytes
 * whether it moved or not.  ENOMEM. */
void *arena_realloc(struct arena *a, void *p, size_t old_size, size_t new_size)
    __attribute__((alloc_size(4), assume_aligned(ARENA_ALIGN)));

/* Copies into the region; the strings end with NUL and count with it.  strndup reads at most
 * max bytes and stops at a NUL.  EINVAL if the source is NULL (memdup: and size is not 0), ENOMEM.
 */
char *arena_strdup(struct arena *a, const char *text) __attribute__((malloc));
char *arena_strndup(struct arena *a, const char *text, size_t max) __attribute__((malloc));
void *arena_memdup(struct arena *a, const void *bytes, size_t size)
    __attribute__((malloc, alloc_size(3), assume_aligned(ARENA_ALIGN)));

/* A string made as by printf; ENOMEM, or the errno of vsnprintf for what can't be printed. */
char *arena_printf(struct arena *a, const char *format, ...)
    __attribute__((malloc, format(printf, 2, 3)));
char *arena_vprintf(struct arena *a, const char *format, va_list args)
    __attribute__((malloc, format(printf, 2, 0)));

/* Remembers this moment. */
struct arena_mark arena_mark(struct arena *a);

/* Back to the mark: destroys the children made since, newest first, then runs the cleanups
 * registered since, newest first, then takes back the pieces made since; blocks obtained since
 * go back to malloc.  A piece older than the mark stays, unless arena_realloc moved it since or
 * grew it: bytes beyond its size at the mark are lost.  The mark itself can be used again;
 * rewinding to an older one ends it.  Returns 0; EINVAL for a mark of another region or one
 * seen to have ended (a region that has since taken as many marks, cleanups and children again
 * can't see it: that is an error of the caller, as a use after free is); EBUSY. */
int arena_rewind(struct arena *a, struct arena_mark mark);

/* Back to the beginning, as by a rewind to it: only the first block stays, empty.  Returns 0;
 * EBUSY. */
int arena_reset(struct arena *a);

/* What a cleanup calls.  It must return: no longjmp, no thread exit. */
typedef void (*arena_release)(void *object);

/* Registers release(object) to run once, before the memory goes: at arena_destroy,
 * arena_reset or the arena_rewind to an earlier mark.  It may use all that lives in the region,
 * request more, add and remove cleanups and make children (which end right after it).
 * Its record is malloc's and is in no counter but `cleanups`.  Returns 0;
 * EINVAL if release is NULL, ENOMEM (then release will not run for this call). */
int arena_add_cleanup(struct arena *a, arena_release release, void *object);

/* Unregisters the newest cleanup with both values, without running it; false if there is none.
 * Time is linear in the cleanups registered after it. */
bool arena_remove_cleanup(struct arena *a, arena_release release, const void *object);

/* The counts as they are now. */
struct arena_stats arena_stats(const struct arena *a);

/* Whether address lies in bytes the region has passed out and not taken back, padding and
 * pieces left behind by arena_realloc included; children are not asked.  Linear in blocks. */
bool arena_contains(const struct arena *a, const void *address);

const char *arena_name(const struct arena *a); /* as shortened; lives as long as the region */
const void *arena_site(const struct arena *a); /* return address of its arena_create call */

#ifdef __cplusplus
}
#endif

#endif
