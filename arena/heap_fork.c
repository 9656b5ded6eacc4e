/* The child of a fork: one thread, and heaps as the other threads were when they vanished.
 *
 * Nothing is locked at the fork, so a gone thread may have stood anywhere.  What it owned is
 * therefore rebuilt from what is written in one step and can be checked: the owner of each
 * block, and the class, the carved cells and the free list of each slab.  At worst the cells of
 * one list, or of one batch, stay marked as used.  The forking thread's own heap is left
 * alone: if a signal handler forked in the middle of its malloc, that malloc goes on here.
 */
#include "heap.h"
#include "heap_batch.h"
#include "heap_memory.h"
#include "heap_stats.h"
#include "heap_thread.h"
#include "os.h"

static __thread uint32_t thread_before __attribute__((tls_model("initial-exec")));

void heap_fork_prepare(void) { thread_before = os_thread_id(); }

/* Free cells of a slab, the list dropped if it does not hold. */
static int32_t free_cells(struct slab *s) {
  bool broken;
  uint32_t n = slab_list_length(s, s->free, &broken);
  if (broken) {
    s->free = NULL;
    return 0;
  }
  return (int32_t)n;
}

static void set_state(struct slab *s, enum slab_state state, int32_t used, int32_t until) {
  s->state = (uint8_t)state;
  s->until = until;
  s->parked = used - until;
}

static void rebuild_slab(struct heap *h, struct slab *s) {
  unsigned c = s->class;
  s->owner = h;
  s->dirty = true;
  if (c == 0) {
    s->free = NULL;
    s->carved = 0;
    s->until = 1;
    s->parked = -1;
    heap_list_empty(h, s);
    return;
  }
  block_of(s)->live++;
  count_add(&h->passed[c], s->carved);
  count_add(&h->carved_bytes, s->carved * slab_cell_bytes(s));
  bool is_current = h->current[c] == s;
  int32_t free = free_cells(s);
  if (is_current && free > 1 &&
      h->head[c] == s->free->next) { /* harvest moved it, not yet cleared */
    s->free = NULL;
    free = 0;
  }
  int32_t used = (int32_t)s->carved - free;
  if (is_current) {
    set_state(s, SLAB_CURRENT, used, used + 1);
  } else if (used == (int32_t)s->capacity) {
    set_state(s, SLAB_FULL, used, 1);
  } else if (used == 0) {
    heap_keep_slab(h, s); /* nothing goes to the kernel while lists are half built */
  } else {
    set_state(s, SLAB_QUEUED, used, used);
    queue_push_last(&h->queue[c], s);
  }
}

static void forget_lists(struct heap *h) {
  for (unsigned c = 0; c < CLASS_SLOTS; c++) {
    h->queue[c] = (struct slab_queue){0};
    struct slab *s = h->current[c];
    bool broken = s != NULL && s->class != c;
    if (broken)
      h->current[c] = NULL;
    if (h->current[c] != NULL)
      slab_list_length(s, h->head[c], &broken);
    if (broken)
      h->head[c] = NULL;
    h->passed[c] = count_get(&h->freed[c]); /* and the cells that rebuild_slab finds carved */
  }
  h->carved_bytes = 0;
  h->dirty = h->clean = (struct slab_queue){0};
  h->dirty_bytes = 0;
  h->blocks = NULL;
  h->block_count = 0;
}

/* Full ones first: only the newest of a heap's list can have slabs left. */
static void rebuild_blocks(const struct heap *mine, bool full) {
  for (size_t i = 0; i < block_count(); i++) {
    struct block *b = block_at(i);
    struct heap *h = b->owner;
    if (h == NULL || h == mine || (b->ab_offset == (size_t)1 << range.block_shift) != full)
      continue;
    b->ab_mem = (char *)(range.base + (i << range.block_shift));
    b->ab_size = (size_t)1 << range.block_shift;
    b->live = 0;
    heap_link_block(h, b);
    for (size_t at = 0; at < b->ab_offset; at += SLAB_BYTES)
      rebuild_slab(h, slab_of(b->ab_mem + at));
  }
}

/* The new process counts from here: what was freed before is taken off both sides; what is held
 * and lives counts as taken. */
static void restart_counts(struct heap *h) {
  struct heap_totals t;
  heap_read_totals(h, true, &t);
  for (unsigned c = 1; c < CLASS_SLOTS; c++) {
    h->forked[c] += t.frees[c];
    h->forked_remote[c] += t.remote[c];
  }
  h->total_blocks = count_get(&h->block_count);
  h->carved_peak = count_get(&h->carved_bytes);
  h->threads = heap_thread(heap_number(h)) != 0;
}

static void mark_seen(struct slab *chain) {
  for (; chain != NULL; chain = mail_of(chain)->next)
    mail_of(chain)->seen = true;
}

/* Mail whose poster vanished before it told the owner. */
static void repost_lost_mail(const struct heap *mine) {
  size_t slabs = range_span() / SLAB_BYTES;
  for (size_t i = 0; i < slabs; i++)
    mail_of(slab_at(i * SLAB_BYTES))->seen = false;
  for (unsigned i = 0; i < heap_count(); i++) {
    struct inbox *in = &heap_at(i)->inbox;
    mark_seen(atomic_load(&in->posted));
    mark_seen(in->taken);
    if (heap_at(i) != mine)
      in->open = NULL; /* nobody goes on with it */
    else if (in->open != NULL)
      mail_of(in->open)->seen = true;
  }
  for (size_t i = 0; i < slabs; i++) {
    struct slab *s = slab_at(i * SLAB_BYTES);
    if (s->owner != NULL && mail_count(s) > 0 && !mail_of(s)->seen)
      inbox_post(&s->owner->inbox, s);
  }
}

void heap_fork_child(void) {
  const struct heap *mine = heap_self;
  range_growth_forget();
  block_hint_forget();
  heap_claims_reset(thread_before);
  for (unsigned i = 0; i < heap_count(); i++)
    if (heap_at(i) != mine)
      forget_lists(heap_at(i));
  rebuild_blocks(mine, true);
  rebuild_blocks(mine, false);
  for (unsigned i = 0; i < heap_count(); i++)
    if (heap_at(i) != mine)
      heap_salvage_batches(heap_at(i));
  repost_lost_mail(mine);
  for (unsigned i = 0; i < heap_count(); i++)
    restart_counts(heap_at(i));
}
