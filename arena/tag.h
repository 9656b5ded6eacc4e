/* A tag: one 32-bit word for every cell of the range, beside the slabs.
 *
 *   31            10   9        8        0
 *   | call site     | mailed | requested  |      0: the cell is not allocated
 *
 * Rows of tags exist only when the range was set up for them (range_setup); a slab's row has one
 * word a cell, so that 16-byte cells pay 25 % and cells of 64 bytes and more a page in 16.  The
 * owner of the slab writes its tags; another thread that frees an object sets `mailed`, once,
 * and the owner takes the tag away when it collects the cell.  A free of a cell whose tag is 0
 * or mailed is therefore always seen to be a second one.
 */
#ifndef ARENA_TAG_H
#define ARENA_TAG_H

#include "slab.h"

typedef uint32_t tag_t;

enum { TAG_SITE_SHIFT = 10, TAG_MAILED = 1 << 9, TAG_BYTES_MASK = TAG_MAILED - 1 };

enum { TAG_ROWS_SCALE = TAG_ROW_BYTES / ROW_BYTES };

/* Call sites are numbered 1..SITES_MAX-1.  The first few stand for what has no path. */
enum { SITES_MAX = 1 << 20 };
enum site_kind {
  SITE_NONE = 0,
  SITE_START,      /* before the options were known, or outside of any arena */
  SITE_UNWINDER,   /* asked for by the unwinder itself */
  SITE_TABLE_FULL, /* its path, or its account, had no room */
  SITE_KINDS
};

static_assert(SMALL_MAX == (int)TAG_BYTES_MASK, "every small request fits");
static_assert(SITES_MAX <= 1 << (32 - TAG_SITE_SHIFT), "every site fits");

static inline tag_t tag_make(uint32_t site, size_t bytes) {
  return site << TAG_SITE_SHIFT | (tag_t)bytes;
}
static inline uint32_t tag_site(tag_t t) { return t >> TAG_SITE_SHIFT; }
static inline uint32_t tag_bytes(tag_t t) { return t & TAG_BYTES_MASK; }

static inline bool tag_is_alive(tag_t t) { return t != 0 && (t & TAG_MAILED) == 0; }

/* tag_rows + (s - slab_rows) * TAG_ROWS_SCALE, with what is constant in it taken together. */
static inline tag_t *tag_row(const struct slab *s) {
  return (tag_t *)((uintptr_t)s * TAG_ROWS_SCALE + range.tag_bias);
}

/* Of a pointer that is known to be a cell's. */
static inline tag_t *tag_place(const struct slab *s, const void *p) {
  return tag_row(s) + slab_cell_index(s, p);
}

/* The tag of the cell that begins at p; false, or NULL, if none does: with c = ceil(2^32 / size)
 * the high half of offset * c is the cell's number, and the low half is below c exactly when size
 * divides the offset (Lemire, Kaser, Kurz: Faster remainder by direct computation; slab_test.c
 * tries all).
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
