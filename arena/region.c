/* Regions are made, pass out pieces and answer questions; how they end is in region_cleanup.c.
 *
 * A piece is taken from a_cur.  When it does not fit there, a new block is appended and serves it,
 * and whichever of the two then has more room is a_cur:
 *
 *   a_cur  [######......]    request  ------------>   new  [################]   room 0
 *                 room 6     too big for 6            a_cur stays: its room is not lost
 *
 * so a big request, which gets a block of exactly its size, never pushes a_cur aside.
 *
 * Why one compare is enough: room = ab_size - ab_offset is a multiple of ARENA_ALIGN, hence
 *   round_up(size) <= room  <=>  size <= room
 * and the size that the caller gave, not yet rounded, is compared: nothing can wrap.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "region_internal.h"

/* ---- sizes ---- */

static size_t size_round(size_t size) {
  return (size + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
}

static size_t size_min(size_t x, size_t y) { return x < y ? x : y; }

/* Bytes that a request takes at least: size 0 takes one, to have an address of its own. */
static size_t size_want(size_t size) { return size + !size; }

static size_t block_room(const struct region_block *b) { return b->ab_size - b->ab_offset; }

/* Bytes to skip from the next free byte to a multiple of alignment. */
static size_t block_pad(const struct region_block *b, size_t alignment) {
  return -(uintptr_t)(b->ab_mem + b->ab_offset) & (alignment - 1);
}

static void *error_null(int error) {
  errno = error;
  return NULL;
}

/* ---- counters ---- */

static inline void used_add(struct arena *a, size_t n) {
  uint64_t used = word_get(&a->a_row->used) + n;
  word_set(&a->a_row->used, used);
  if (used > a->a_peak) {
    a->a_peak = used;
    if (used > word_get(&a->a_row->peak))
      word_set(&a->a_row->peak, used);
  }
}

static inline void request_count(struct arena *a, size_t size) {
  word_add(&a->a_row->total_allocs, 1);
  word_add(&a->a_row->total_size, size);
}

static void block_count(struct arena *a, const struct region_block *b) {
  word_add(&a->a_row->total_blocks, 1);
  word_add(&a->a_row->total_block_size, b->ab_size);
  word_add(&a->a_row->total_big_blocks, b->ab_size > a->a_block_size);
  word_add(&a->a_row->reserved, b->ab_size);
}

/* ---- pieces ---- */

/* The ab_offset after a piece of size bytes at `at`, given that it fits. */
static size_t piece_end(const struct region_block *b, size_t at, size_t size) {
  size_t end = at + size_round(size_want(size));
  return end + size_min(REDZONE, b->ab_size - end);
}

static inline void *piece_take(struct arena *a, struct region_block *b, size_t at, size_t size) {
  size_t end = piece_end(b, at, size);
  used_add(a, end - b->ab_offset);
  b->ab_offset = end;
  request_count(a, size);
  memory_unpoison(b->ab_mem + at, size);
  return b->ab_mem + at;
}

/* Whether p of size bytes is the last piece of b: nothing was passed out behind it. */
static bool piece_is_last(const struct region_block *b, const void *p, size_t size) {
  size_t at = (uintptr_t)p - (uintptr_t)b->ab_mem;
  return at < b->ab_offset && size <= b->ab_offset - at && piece_end(b, at, size) == b->ab_offset;
}

static struct region_block *piece_find_last(struct arena *a, const void *p, size_t size) {
  if (piece_is_last(a->a_cur, p, size))
    return a->a_cur;
  return piece_is_last(a->a_tail, p, size) ? a->a_tail : NULL;
}

/* Gives the last piece of its block another size where it is; false if that is not possible. */
static bool piece_resize(struct arena *a, void *p, size_t old_size, size_t new_size) {
  struct region_block *b = piece_find_last(a, p, old_size);
  if (b == NULL)
    return false;
  size_t at = (size_t)((unsigned char *)p - b->ab_mem);
  if (size_want(new_size) > b->ab_size - at)
    return false;
  block_take_back(a, b, at);
  piece_take(a, b, at, new_size);
  return true;
}

/* ---- blocks ---- */

static void block_init(struct region_block *b, unsigned char *mem, size_t size) {
  *b = (struct region_block){.ab_size = size, .ab_mem = mem};
  memory_poison(mem, size);
}

/* Payload for a block that must hold need bytes: an ordinary block's, or exactly need, or what
 * max_reserved leaves; 0 if it leaves too little. */
static size_t block_size_pick(const struct arena *a, size_t need) {
  size_t left = a->a_max_reserved - (size_t)word_get(&a->a_row->reserved);
  size_t size = need > a->a_next_size ? need : a->a_next_size;
  size = size_min(size, left & ~(size_t)(ARENA_ALIGN - 1));
  return size < need ? 0 : size;
}

static size_t block_size_double(size_t size, size_t max) { return size > max / 2 ? max : size * 2; }

static struct region_block *block_append(struct arena *a, size_t need) {
  size_t size = block_size_pick(a, need);
  struct region_block *b = size == 0 ? NULL : malloc(sizeof *b + size);
  if (b == NULL)
    return error_null(ENOMEM);
  block_init(b, (unsigned char *)(b + 1), size);
  a->a_tail->ab_next = b;
  a->a_tail = b;
  if (need <= a->a_next_size)
    a->a_next_size = block_size_double(a->a_next_size, a->a_max_block_size);
  block_count(a, b);
  return b;
}

/* The request that a_cur has no room for.  alignment >= ARENA_ALIGN, both at most
 * ARENA_SIZE_MAX, so that their sum and the block's header cannot overflow. */
static __attribute__((noinline)) void *alloc_slow(struct arena *a, size_t alignment, size_t size) {
  if (size > ARENA_SIZE_MAX)
    return error_null(ENOMEM);
  struct region_block *b = block_append(a, size_round(size_want(size)) + (alignment - ARENA_ALIGN));
  if (b == NULL)
    return NULL;
  void *p = piece_take(a, b, block_pad(b, alignment), size);
  if (block_room(b) > block_room(a->a_cur))
    a->a_cur = b;
  return p;
}

/* ---- requests ---- */

void *arena_alloc(struct arena *a, size_t size) {
  struct region_block *b = a->a_cur;
  if (__builtin_expect(size_want(size) > block_room(b), 0))
    return alloc_slow(a, ARENA_ALIGN, size);
  return piece_take(a, b, b->ab_offset, size);
}

void *arena_zalloc(struct arena *a, size_t size) {
  void *p = arena_alloc(a, size);
  return p == NULL ? NULL : memset(p, 0, size);
}

void *arena_calloc(struct arena *a, size_t count, size_t size) {
  size_t bytes;
  if (__builtin_mul_overflow(count, size, &bytes))
    return error_null(ENOMEM);
  return arena_zalloc(a, bytes);
}

void *arena_alloc_aligned(struct arena *a, size_t alignment, size_t size) {
  if (alignment == 0 || (alignment & (alignment - 1)) != 0 || alignment > ARENA_SIZE_MAX)
    return error_null(EINVAL);
  if (alignment <= ARENA_ALIGN)
    return arena_alloc(a, size);
  struct region_block *b = a->a_cur;
  size_t pad = block_pad(b, alignment);
  if (pad >= block_room(b) || size_want(size) > block_room(b) - pad)
    return alloc_slow(a, alignment, size);
  return piece_take(a, b, b->ab_offset + pad, size);
}

void *arena_realloc(struct arena *a, void *p, size_t old_size, size_t new_size) {
  if (p == NULL)
    return arena_alloc(a, new_size);
  if (piece_resize(a, p, old_size, new_size))
    return p;
  if (new_size <= old_size) {
    request_count(a, new_size);
    memory_poison((unsigned char *)p + new_size, old_size - new_size);
    return p;
  }
  void *moved = arena_alloc(a, new_size);
  if (moved == NULL)
    return NULL;
  memcpy(moved, p, old_size);
  memory_poison(p, old_size);
  return moved;
}

/* ---- creation ---- */

/* Bytes before the first multiple of ARENA_ALIGN in the caller's buffer. */
static size_t buffer_skip(const struct arena_config *c) {
  return -(uintptr_t)c->buffer & (ARENA_ALIGN - 1);
}

static bool buffer_is_valid(const struct arena_config *c) {
  if (c->buffer == NULL)
    return c->buffer_size == 0;
  return c->buffer_size >= ARENA_BUFFER_MIN && c->buffer_size <= ARENA_SIZE_MAX;
}

static size_t first_size(const struct arena_config *c) {
  if (c->buffer == NULL)
    return c->block_size;
  size_t size = c->buffer_size - buffer_skip(c) - sizeof(struct arena);
  return size & ~(size_t)(ARENA_ALIGN - 1);
}

/* Replaces zeros by defaults, and rounds; false if a field is outside its range. */
static bool config_resolve(struct arena_config *c) {
  if (c->block_size == 0)
    c->block_size = ARENA_BLOCK_SIZE;
  if (c->max_block_size == 0)
    c->max_block_size = c->block_size;
  if (c->max_reserved == 0)
    c->max_reserved = SIZE_MAX;
  if (c->max_block_size < c->block_size || c->max_block_size > ARENA_SIZE_MAX)
    return false;
  c->block_size = size_round(c->block_size);
  c->max_block_size = size_round(c->max_block_size);
  return buffer_is_valid(c) && first_size(c) <= c->max_reserved;
}

static struct arena *region_place(const struct arena_config *c) {
  if (c->buffer != NULL)
    return (void *)((unsigned char *)c->buffer + buffer_skip(c));
  return malloc(sizeof(struct arena) + c->block_size);
}

static void region_init(struct arena *a, const struct arena_config *c) {
  *a = (struct arena){.a_cur = &a->a_first,
                      .a_head = &a->a_first,
                      .a_tail = &a->a_first,
                      .a_block_size = c->block_size,
                      .a_max_block_size = c->max_block_size,
                      .a_max_reserved = c->max_reserved,
                      .a_borrowed = c->buffer != NULL};
  a->a_next_size =
      a->a_borrowed ? c->block_size : block_size_double(c->block_size, c->max_block_size);
  block_init(&a->a_first, (unsigned char *)(a + 1), first_size(c));
}

static void parent_join(struct arena *a, struct arena *parent) {
  a->a_parent = parent;
  a->a_born = ++parent->a_clock;
  a->a_sibling = parent->a_children;
  if (a->a_sibling != NULL)
    a->a_sibling->a_link = &a->a_sibling;
  a->a_link = &parent->a_children;
  parent->a_children = a;
}

static struct arena_stats row_read(const struct region_row *row) {
  return (struct arena_stats){.total_allocs = word_get(&row->total_allocs),
                              .total_size = word_get(&row->total_size),
                              .total_blocks = word_get(&row->total_blocks),
                              .total_block_size = word_get(&row->total_block_size),
                              .total_big_blocks = word_get(&row->total_big_blocks),
                              .used = word_get(&row->used),
                              .reserved = word_get(&row->reserved)};
}

/* Sets where the region counts: in a row from arenashim_region_attach_v1 (attach.h), if that symbol
 * is defined and has a row left, else in a_own.  A row that served other regions goes on from their
 * totals, so its present totals are what to subtract later.  This file must be compiled with -fPIC
 * or -fPIE: otherwise the linker fixes the weak symbol as NULL. */
static void row_join(struct arena *a, const char *name, const void *caller) {
  a->a_row = &a->a_own;
  a->a_site = caller;
  word_set(&a->a_own.state, REGION_ROW_LIVE);
  strncpy(a->a_own.name, name, REGION_NAME_MAX - 1); /* the last byte is 0 already */
  struct region_row *(*attach)(const char *, const void *) = arenashim_region_attach_v1;
  struct region_row *row = attach == NULL ? NULL : attach(name, caller);
  if (row != NULL)
    a->a_row = row;
  a->a_base = row_read(a->a_row);
}

__attribute__((noinline)) struct arena *arena_create(const char *name,
                                                     const struct arena_config *config) {
  struct arena_config c = {0};
  if (config != NULL)
    c = *config;
  if (!config_resolve(&c))
    return error_null(EINVAL);
  struct arena *a = region_place(&c);
  if (a == NULL)
    return error_null(ENOMEM);
  region_init(a, &c);
  row_join(a, name == NULL ? "region" : name, __builtin_return_address(0));
  block_count(a, a->a_head);
  if (c.parent != NULL)
    parent_join(a, c.parent);
  return a;
}

/* ---- questions ---- */

struct arena_stats arena_stats(const struct arena *a) {
  struct arena_stats s = row_read(a->a_row);
  s.total_allocs -= a->a_base.total_allocs;
  s.total_size -= a->a_base.total_size;
  s.total_blocks -= a->a_base.total_blocks;
  s.total_block_size -= a->a_base.total_block_size;
  s.total_big_blocks -= a->a_base.total_big_blocks;
  s.peak = a->a_peak;
  s.cleanups = a->a_cleanups;
  return s;
}

bool arena_contains(const struct arena *a, const void *address) {
  for (const struct region_block *b = a->a_head; b != NULL; b = b->ab_next)
    if ((uintptr_t)address - (uintptr_t)b->ab_mem < b->ab_offset)
      return true;
  return false;
}

const char *arena_name(const struct arena *a) { return a->a_own.name; }

const void *arena_site(const struct arena *a) { return a->a_site; }
