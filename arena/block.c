/* Claiming blocks and passing out slabs.  Picture and contract: block.h. */
#include "block.h"
#include "os.h"
#include "tag.h"

/* No block below the hint is free.  The upper half of the word counts the blocks that were given
 * back, so that a search that passed a block just before it became free does not raise the hint
 * above it. */
static _Atomic uint64_t hint;

static void hint_lower(size_t number) {
  uint64_t old = atomic_load(&hint);
  uint64_t new;
  do {
    uint64_t lowest = (uint32_t)old < number ? (uint32_t)old : number;
    new = ((old >> 32) + 1) << 32 | lowest;
  } while (!atomic_compare_exchange_weak(&hint, &old, new));
}

/* Claims the lowest free block below the span and returns it; NULL if all are owned. */
static struct block *claim_free(struct heap *owner) {
  uint64_t start = atomic_load(&hint);
  for (size_t i = (uint32_t)start; i < block_count(); i++) {
    struct block *b = block_at(i);
    struct heap *nobody = NULL;
    if (atomic_load_explicit(&b->owner, memory_order_relaxed) == NULL &&
        atomic_compare_exchange_strong(&b->owner, &nobody, owner)) {
      atomic_compare_exchange_strong(&hint, &start, (start >> 32) << 32 | (i + 1));
      b->ab_mem = (char *)(range.base + (i << range.block_shift));
      return b;
    }
  }
  return NULL;
}

void block_hint_forget(void) { atomic_store(&hint, 0); }

static bool grow(uintptr_t seen_span) {
  if (!range_growth_enter())
    return false;
  bool grown = range_span() != seen_span || range_grow(); /* another thread may have been first */
  range_growth_leave(grown);
  return grown;
}

struct block *block_take(struct heap *owner) {
  for (;;) {
    uintptr_t span = range_span();
    struct block *b = claim_free(owner);
    if (b != NULL) {
      b->ab_size = (size_t)1 << range.block_shift;
      b->ab_offset = 0;
      b->live = 0;
      return b;
    }
    if (!grow(span))
      return NULL;
  }
}

void block_give(struct block *b) {
  size_t number = (size_t)((uintptr_t)b->ab_mem - range.base) >> range.block_shift;
  struct slab *s = slab_of(b->ab_mem);
  for (size_t i = 0; i < b->ab_offset / SLAB_BYTES; i++) {
    s[i].owner = NULL;
    s[i].state = SLAB_UNUSED;
  }
  os_purge(b->ab_mem, b->ab_offset);
  if (s->tagged)
    os_purge(tag_row(s), b->ab_offset / SLAB_BYTES * TAG_ROW_BYTES);
  b->ab_offset = 0;
  atomic_store_explicit(&b->owner, NULL, memory_order_release);
  hint_lower(number);
}

static bool claim(struct block *b, struct heap *me) {
  struct heap *nobody = NULL;
  return atomic_compare_exchange_strong(&b->owner, &nobody, me);
}

/* A page holds the rows of several blocks.  It is given back only if all of them could be claimed.
 */
static void trim_page(size_t first, size_t count, struct heap *me) {
  size_t held = 0;
  while (held < count && claim(block_at(first + held), me))
    held++;
  if (held == count)
    os_purge(slab_at((uintptr_t)first << range.block_shift),
             round_up((count << range.block_shift) / SLAB_BYTES * ROW_BYTES, PAGE_BYTES));
  while (held-- > 0)
    atomic_store_explicit(&block_at(first + held)->owner, NULL, memory_order_release);
  hint_lower(first);
}

void block_trim_rows(struct heap *me) {
  size_t row_bytes = ((size_t)1 << range.block_shift) / SLAB_BYTES * ROW_BYTES;
  size_t step = row_bytes < PAGE_BYTES ? PAGE_BYTES / row_bytes : 1;
  for (size_t i = 0; i + step <= block_count(); i += step)
    trim_page(i, step, me);
}

struct slab *block_next_slab(struct block *b) {
  if (b->ab_offset == b->ab_size)
    return NULL;
  struct slab *s = slab_of(b->ab_mem + b->ab_offset);
  b->ab_offset += SLAB_BYTES;
  slab_clear(s);
  s->dirty = false;
  s->owner = atomic_load_explicit(&b->owner, memory_order_relaxed);
  return s;
}
