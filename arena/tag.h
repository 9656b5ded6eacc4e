/* A tag: one 32-bit word for every cell of the range, beside the slabs.
 *
 *   31        30      29      10  9        8       0
 *   | unusual | timed | call site | mailed | requested |      0: the cell is not allocated
 *
 * Rows of tags exist only when the range was set up for them (range_setup), or got them later
 * (range_add_tags).  A slab's row has one word a cell, so that 16-byte cells pay 25 %, and cells of
 * 64 bytes and more a page in 16.  The owner of the slab writes its tags.  `timed`: the time of the
 * object's birth is kept (life.h).
 * Another thread that frees an object sets `mailed`, once, and the owner clears the tag when it
 * collects the cell.  A free of a cell whose tag is 0 or mailed is therefore always recognized as a
 * second one.  `unusual` stands beside each of the two, so that the fast path of free asks for all
 * three by one comparison.
 *
 * The functions below allocate nothing, take no lock, keep errno and may be called in any context.
 */
#ifndef ARENA_TAG_H
#define ARENA_TAG_H

#include "slab.h"

typedef uint32_t tag_t;

enum { TAG_SITE_SHIFT = 10, TAG_MAILED = 1 << 9, TAG_BYTES_MASK = TAG_MAILED - 1 };
#define TAG_TIMED   (UINT32_C(1) << 30)
#define TAG_UNUSUAL (UINT32_C(1) << 31)

enum { TAG_ROWS_SCALE = TAG_ROW_BYTES / ROW_BYTES };

/* Call sites are numbered 1..SITES_MAX-1.  The first few stand for requests that have no path. */
enum { SITES_MAX = 1 << 20 };
enum site_kind {
  SITE_NONE = 0,
  SITE_START,      /* before the options were known, or outside of any arena */
  SITE_UNWINDER,   /* requested by the unwinder itself */
  SITE_TABLE_FULL, /* there was no room for its path or its account */
  SITE_KINDS
};

static_assert(SMALL_MAX == (int)TAG_BYTES_MASK, "every small request fits");
static_assert(SITES_MAX <= 1 << (30 - TAG_SITE_SHIFT), "every site fits");

/* The tag of a request of `bytes` (0..SMALL_MAX) from a call site, and what a tag says. */
static inline tag_t tag_make(uint32_t site, size_t bytes) {
  return site << TAG_SITE_SHIFT | (tag_t)bytes;
}
static inline uint32_t tag_site(tag_t t) { return t >> TAG_SITE_SHIFT & (SITES_MAX - 1); }
static inline uint32_t tag_bytes(tag_t t) { return t & TAG_BYTES_MASK; }

/* Is the object allocated, and not freed by any thread? */
static inline bool tag_is_alive(tag_t t) { return t != 0 && (t & TAG_MAILED) == 0; }

/* The same, and its birth is not kept: what the fast path of free asks.  Then the site is
 * tag_plain_site. */
static inline bool tag_is_plain(tag_t t) { return (int32_t)t > 0; }
static inline uint32_t tag_plain_site(tag_t t) { return t >> TAG_SITE_SHIFT; }

/* The slab's first tag: tag_rows + (s - slab_rows) * TAG_ROWS_SCALE, with the constant parts added
 * up in tag_bias. */
static inline tag_t *tag_row(const struct slab *s) {
  return (tag_t *)((uintptr_t)s * TAG_ROWS_SCALE + range.tag_bias);
}

/* The tag of the cell that holds p, which must be the address of a cell of s. */
static inline tag_t *tag_place(const struct slab *s, const void *p) {
  return tag_row(s) + slab_cell_index(s, p);
}

/* The tag of the cell that begins at p, an address in s; false (tag_find) or NULL (tag_of) if no
 * cell begins there.  With c = ceil(2^32 / size) the high half of offset * c is the cell's number,
 * and the low half is below c exactly when size divides the offset (Lemire, Kaser, Kurz: Faster
 * remainder by direct computation; slab_test.c tries all).
 */
static inline bool tag_find(const struct slab *s, const void *p, tag_t **tag) {
  uint64_t product = ((uintptr_t)p % SLAB_BYTES) * s->reciprocal;
  *tag = tag_row(s) + (product >> 32);
  return likely((uint32_t)product < s->reciprocal);
}
static inline tag_t *tag_of(const struct slab *s, const void *p) {
  tag_t *tag;
  return tag_find(s, p, &tag) ? tag : NULL;
}

#endif
