/* What a region is made of: the two structs, their equations, and what the region files share.
 *
 *   one malloc, or the caller's buffer               malloc each
 *   +--------------+---------+------------------+    +-------+------------------+
 *   | struct arena | a_first | payload          |    | block | payload          |
 *   +--------------+---------+------------------+    +-------+------------------+
 *     a_head ------>    ab_next -------------------->    ab_next --> NULL
 *                            ^ab_mem    ^ab_mem + ab_offset: the next byte to pass out
 *
 *   pieces in a block:  | piece | pad | gap | piece | pad | gap | free .......... |
 *                       pad up to ARENA_ALIGN; gap of REDZONE bytes, shorter at the block's end
 *
 * Invariants
 *   ab_offset <= ab_size, both multiples of ARENA_ALIGN as is ab_mem
 *   used     = sum of ab_offset over the list
 *   reserved = sum of ab_size over the list <= a_max_reserved
 *   the list is in order of creation; a_tail is its last block
 *   a_cur is in the list; only a_cur, or a_tail by arena_realloc, changes its ab_offset upward
 *   a_objects and a_children are in order of falling time, all times <= a_clock (a child's
 *     time is one of its parent's clock)
 *   memory that is in no piece is poisoned
 */
#ifndef ARENA_REGION_INTERNAL_H
#define ARENA_REGION_INTERNAL_H

#include <assert.h>
#include <stdatomic.h>

#include "arena.h"
#include "attach.h"

struct region_block {
  size_t ab_size;               /* bytes this block owns for passing out; constant */
  size_t ab_offset;             /* bytes passed out */
  struct region_block *ab_next; /* next block of the same region, in order of creation */
  unsigned char *ab_mem;        /* first byte to pass out; constant */
};

struct cleanup {
  struct cleanup *next;
  arena_release release;
  void *object;
  uint64_t time;
};

struct arena {
  struct region_block *a_cur;  /* block that serves the next request */
  struct region_row *a_row;    /* the counters: a_own, or a row that was attached (attach.h) */
  uint64_t a_peak;             /* of this region; the row's peak is that of all regions it served */
  struct region_block *a_head; /* first block; never NULL, never freed before the region */
  struct region_block *a_tail; /* newest block */
  struct cleanup *a_objects;   /* cleanups to run before the memory is freed, newest first */
  struct arena *a_parent;
  struct arena *a_children; /* newest first */
  struct arena *a_sibling;  /* the next older child of a_parent */
  struct arena **a_link;    /* what points to this region in its parent's list */
  uint64_t a_born;          /* the parent's clock when this region was made */
  uint64_t a_clock;         /* marks, cleanups and children made; a rewind sets it back */
  uint64_t a_cleanups;      /* length of a_objects */
  size_t a_block_size;      /* a payload above this is big */
  size_t a_next_size;       /* payload of the next ordinary block */
  size_t a_max_block_size;
  size_t a_max_reserved;
  bool a_busy;               /* cleanups may be running: no destroy, reset or rewind */
  bool a_borrowed;           /* this struct and its first block are the caller's buffer */
  struct arena_stats a_base; /* the row's totals when this region got it */
  const void *a_site;        /* return address of arena_create */
  struct region_row a_own;   /* holds the name; the counters also, unless a row was attached */
  _Alignas(ARENA_ALIGN) struct region_block a_first;
};

static_assert(ARENA_ALIGN >= _Alignof(max_align_t) && (ARENA_ALIGN & (ARENA_ALIGN - 1)) == 0,
              "pieces must be fit for every type");
static_assert(sizeof(struct region_block) % ARENA_ALIGN == 0, "payload follows the header");
static_assert(offsetof(struct arena, a_first) + sizeof(struct region_block) == sizeof(struct arena),
              "the first payload follows the region");
static_assert(sizeof(struct arena) + 2 * ARENA_ALIGN <= ARENA_BUFFER_MIN,
              "the smallest buffer, however aligned, holds a region and a piece");

/* ---- AddressSanitizer ---- */

#ifndef __has_feature
#define __has_feature(feature) 0
#endif

#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>
enum { REDZONE = ARENA_ALIGN }; /* an access behind a piece never hits the next one */
/* memory_poison and memory_unpoison: bytes that no code, or any code, may access.  The empty asm
 * keeps gcc from taking a const pointer to fresh memory for a read of it. */
static inline void memory_poison(const void *p, size_t n) {
  __asm__("" : "+r"(p));
  __asan_poison_memory_region(p, n);
}
static inline void memory_unpoison(const void *p, size_t n) { __asan_unpoison_memory_region(p, n); }
#else
enum { REDZONE = 0 };
static inline void memory_poison(const void *p, size_t n) { (void)p, (void)n; }
static inline void memory_unpoison(const void *p, size_t n) { (void)p, (void)n; }
#endif

/* ---- counters: one thread writes, by a load and a store; readers see whole words ---- */

static inline uint64_t word_get(const _Atomic uint64_t *word) {
  return atomic_load_explicit(word, memory_order_relaxed);
}

static inline void word_set(_Atomic uint64_t *word, uint64_t value) {
  atomic_store_explicit(word, value, memory_order_relaxed);
}

static inline void word_add(_Atomic uint64_t *word, uint64_t n) {
  word_set(word, word_get(word) + n);
}

static inline void word_sub(_Atomic uint64_t *word, uint64_t n) {
  word_set(word, word_get(word) - n);
}

/* Sets ab_offset of b to a lower `offset`.  Every decrease of `used` is made here; used_add of
 * region.c makes the increases and keeps the peak. */
static inline void block_take_back(struct arena *a, struct region_block *b, size_t offset) {
  memory_poison(b->ab_mem + offset, b->ab_offset - offset);
  word_sub(&a->a_row->used, b->ab_offset - offset);
  b->ab_offset = offset;
}

#endif
