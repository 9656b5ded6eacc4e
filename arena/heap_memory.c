/* Empty slabs, blocks, and memory given back.  Policy and contract: heap_memory.h. */
#include "heap_memory.h"
#include "check.h"
#include "os.h"
#include "tag.h"

hidden void (*heap_housekeeping_hook)(struct heap *, size_t taken);

void heap_link_block(struct heap *h, struct block *b) {
  b->ab_prev = NULL;
  b->ab_next = h->blocks;
  if (h->blocks != NULL)
    h->blocks->ab_prev = b;
  h->blocks = b;
}

static void unlink_block(struct heap *h, struct block *b) {
  *(b->ab_prev != NULL ? &b->ab_prev->ab_next : &h->blocks) = b->ab_next;
  if (b->ab_next != NULL)
    b->ab_next->ab_prev = b->ab_prev;
}

void heap_list_empty(struct heap *h, struct slab *s) {
  if (!s->dirty) {
    queue_push_first(&h->clean, s);
    return;
  }
  queue_push_first(&h->dirty, s);
  h->dirty_bytes += SLAB_BYTES;
  slab_lend(s, os_now_ms());
}

/* Takes an empty slab out of its list; false if a visitor has borrowed it.  It is dirty afterwards
 * if its pages may be resident. */
static bool remove_empty(struct heap *h, struct slab *s) {
  bool purged;
  if (unlikely(!slab_reclaim(s, &purged)))
    return false;
  queue_remove(s->dirty ? &h->dirty : &h->clean, s);
  if (s->dirty)
    h->dirty_bytes -= SLAB_BYTES;
  s->dirty &= !purged;
  return true;
}

uint64_t heap_passed(const struct heap *h) {
  uint64_t cells = 0;
  for (unsigned c = 1; c < CLASS_SLOTS; c++)
    cells += count_get(&counts_of(h)->passed[c]);
  return cells;
}

static struct slab *reuse_empty(struct heap *h) {
  for (struct slab *s = h->dirty.first; s != NULL; s = s->next)
    if (likely(remove_empty(h, s)))
      return s;
  struct slab *s = h->clean.first;
  return s != NULL && remove_empty(h, s) ? s : NULL;
}

/* Only the newest block can have slabs left: a block is taken when the one before is used up. */
static struct slab *next_of_block(struct heap *h) {
  struct slab *s = h->blocks != NULL ? block_next_slab(h->blocks) : NULL;
  if (s != NULL)
    s->tagged = h->tagged;
  return s;
}

/* Counts as missed that a slab is taken whose pages are not resident, if pages went back lately. */
static void miss_slab(struct heap *h) {
  if (h->purged_bytes == 0 || !budget_miss(SLAB_BYTES))
    return;
  h->purged_bytes -= SLAB_BYTES;
  h->missed_bytes += SLAB_BYTES;
}

struct slab *heap_take_slab(struct heap *h, unsigned c) {
  struct slab *s = reuse_empty(h);
  if (s == NULL && (s = next_of_block(h)) == NULL)
    return NULL;
  if (!s->dirty)
    miss_slab(h);
  slab_assign(s, c);
  block_of(s)->live++;
  return s;
}

bool heap_take_block(struct heap *h) {
  struct block *b = block_take(h);
  if (b == NULL)
    return false;
  b->born = heap_passed(h);
  debug(block_is_valid(b));
  heap_link_block(h, b);
  count_add(&counts_of(h)->total_blocks, 1);
  if (heap_housekeeping_hook != NULL)
    heap_housekeeping_hook(h, b->ab_size);
  return true;
}

/* Takes all slabs of the block out of their lists; false, and they stay in them, if a visitor has
 * borrowed one. */
static bool remove_block(struct heap *h, const struct block *b) {
  size_t at = 0;
  while (at < b->ab_offset && remove_empty(h, slab_of(b->ab_mem + at)))
    at += SLAB_BYTES;
  if (likely(at == b->ab_offset))
    return true;
  while (at > 0)
    heap_list_empty(h, slab_of(b->ab_mem + (at -= SLAB_BYTES)));
  return false;
}

static bool give_block(struct heap *h, struct block *b) {
  if (!remove_block(h, b))
    return false;
  unlink_block(h, b);
  block_give(b);
  return true;
}

void heap_purge_empty(struct slab *s) {
  os_purge(slab_memory(s), SLAB_BYTES);
  if (slab_is_tagged(s))
    os_purge(tag_row(s), TAG_ROW_BYTES);
}

static bool clean_slab(struct heap *h, struct slab *s) {
  if (!remove_empty(h, s))
    return false;
  if (s->dirty)
    heap_purge_empty(s);
  s->dirty = false;
  heap_list_empty(h, s);
  return true;
}

/* False if a visitor has borrowed what would go. */
static bool purge_oldest(struct heap *h) {
  uint64_t before = h->dirty_bytes;
  struct slab *s = h->dirty.last;
  struct block *b = block_of(s);
  if (!(b->live == 0 ? give_block(h, b) : clean_slab(h, s)))
    return false;
  h->purged_bytes += before - h->dirty_bytes;
  h->purged_ms = os_now_ms();
  return true;
}

static uint64_t keep_limit(const struct heap *h) {
  uint64_t share = count_get(&h->carved_bytes) / EMPTY_KEEP_SHARE;
  uint64_t least = budget_share();
  return (share > least ? share : least) + h->missed_bytes;
}

void heap_keep_slab(struct heap *h, struct slab *s) {
  heap_count_freed(h, s->class, s->carved);
  count_add(&h->carved_bytes, -(uint64_t)(s->carved * slab_cell_bytes(s)));
  slab_clear(s);
  debug(slab_is_valid(s));
  s->dirty = true;
  block_of(s)->live--;
  heap_list_empty(h, s);
}

void heap_retire_slab(struct heap *h, struct slab *s) {
  heap_keep_slab(h, s);
  while (h->dirty_bytes > keep_limit(h) && purge_oldest(h))
    ;
}

void heap_forget_missed(struct heap *h) {
  if (h->missed_bytes == 0)
    return;
  budget_miss_end(h->missed_bytes);
  h->missed_bytes = 0;
}

/* Has the dirty slab been empty for EMPTY_DELAY_MS?  (A borrowed one has.) */
static bool is_old(const struct slab *s, uint32_t now) {
  return slab_idle_ms(slab_idle(s), now) >= EMPTY_DELAY_MS;
}

void heap_give_back(struct heap *h, uint32_t now, bool all) {
  if (now - h->purged_ms >= EMPTY_DELAY_MS)
    h->purged_bytes = 0;
  if (h->dirty.last != NULL && is_old(h->dirty.last, now))
    heap_forget_missed(h);
  while (h->dirty.last != NULL && (all || is_old(h->dirty.last, now)) && purge_oldest(h))
    ;
  for (struct block *b = h->blocks, *next; all && b != NULL; b = next) {
    next = b->ab_next;
    if (b->live == 0)
      give_block(h, b);
  }
}
