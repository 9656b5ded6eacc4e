/* The child of a fork: one thread, and heaps as the other threads left them when they vanished.
 *
 * Only visits and growth are stopped for the fork (heap_fork_prepare); no heap is locked, so a
 * thread that is gone may have been almost anywhere in our code.  What it owned is therefore
 * rebuilt from words that are written in one step and can be checked: the owner of each block, and
 * the class, the carved cells and the free list of each slab.  At worst the cells of one list, or
 * of one slab's mail, stay marked as used.  The forking thread's own heap is left alone: if a
 * signal handler forked in the middle of its malloc, that malloc goes on here.  In other heaps a
 * thread works with signals blocked (heap_borrow), except that it adds to their mail
 * (mail_is_announcing).
 */
#include "heap_fork.h"
#include "check.h"
#include "heap_collect.h"
#include "heap_list.h"
#include "heap_memory.h"
#include "heap_pair.h"
#include "heap_stats.h"
#include "heap_thread.h"
#include "heap_valid.h"
#include "heap_visit.h"
#include "os.h"

static __thread uint32_t thread_before __attribute__((tls_model("initial-exec")));

void heap_fork_prepare(void) {
  heap_visits_stop();
  range_growth_stop();
  thread_before = os_thread_id();
}

void heap_fork_parent(void) {
  range_growth_go_on();
  heap_visits_go_on();
}

/* Had harvest (heap_refill.c) moved the free list, or its first part, to the thread's list, and not
 * cleared it yet?  The part that was to stay is lost then. */
static bool was_moved(const struct heap *h, const struct slab *s) {
  return h->current[s->class] == s && h->head[s->class] == s->free->next;
}

/* Number of free cells of a slab.  The free list is dropped if it is broken or is the thread's list
 * also. */
static int32_t free_cells(const struct heap *h, struct slab *s) {
  bool broken;
  uint32_t n = slab_list_length(s, s->free, &broken);
  if (broken || (n > 1 && was_moved(h, s))) {
    s->free = NULL;
    return 0;
  }
  return (int32_t)n;
}

/* Sets the state that follows from where the slab's cells are. */
static void restore_state(struct heap *h, struct slab *s, int32_t used) {
  if (h->current[s->class] == s) {
    slab_watch_current(s, used, RECYCLES_MAX);
  } else if (used == (int32_t)s->capacity) {
    slab_watch_first_free(s, SLAB_FULL, used);
  } else if (used == 0) {
    heap_keep_slab(h, s); /* gives nothing to the kernel while lists are half built */
  } else {
    slab_watch_last_used(s, used);
    queue_push_last(&h->queue[s->class], s);
  }
}

static void rebuild_cells(struct heap *h, struct slab *s) {
  block_of(s)->live++;
  count_add(&counts_of(h)->passed[s->class], s->carved);
  count_add(&h->carved_bytes, s->carved * slab_cell_bytes(s));
  restore_state(h, s, (int32_t)s->carved - free_cells(h, s));
}

static void rebuild_slab(struct heap *h, struct slab *s) {
  s->owner = h;
  s->freed_to = &s->free;
  s->dirty = true;
  s->tagged = h->tagged;
  if (s->class != 0) {
    rebuild_cells(h, s);
  } else {
    slab_clear(s);
    heap_list_empty(h, s);
  }
}

static void forget_lists(struct heap *h) {
  for (unsigned c = 1; c < CLASS_SLOTS; c++) {
    h->queue[c] = (struct slab_queue){0};
    struct slab *s = h->current[c];
    bool broken = s != NULL && s->class != c;
    if (broken)
      h->current[c] = NULL;
    uint32_t listed = broken ? 0 : list_length(h, c, &broken);
    if (broken)
      h->head[c] = NULL;
    h->lists[c] = (struct list){.length = broken ? 0 : listed};
    counts_of(h)->passed[c] =
        count_get(&counts_of(h)->freed[c]); /* rebuild_cells adds the carved cells */
  }
  h->carved_bytes = 0;
  h->idle_bytes = h->missed_bytes = 0;
  h->dirty = h->clean = (struct slab_queue){0};
  h->dirty_bytes = 0;
  h->blocks = NULL;
}

/* Full blocks are linked first, since only the newest in a heap's list may have slabs left. */
static void rebuild_blocks(bool full) {
  for (size_t i = 0; i < block_count(); i++) {
    struct block *b = block_at(i);
    struct heap *h = b->owner;
    if (h == NULL || heap_is_mine(h) || (b->ab_offset == (size_t)1 << range.block_shift) != full)
      continue;
    b->ab_mem = (char *)(range.base + (i << range.block_shift));
    b->ab_size = (size_t)1 << range.block_shift;
    b->live = 0;
    heap_link_block(h, b);
    for (size_t at = 0; at < b->ab_offset; at += SLAB_BYTES)
      rebuild_slab(h, slab_of(b->ab_mem + at));
  }
}

/* The new process begins its counts here: what was freed before is taken off both sides; blocks
 * that are held and objects that are alive count as taken. */
static void restart_counts(struct heap *h) {
  static struct heap_totals t; /* the child has one thread, and may have a small stack */
  heap_read_totals(h, true, &t);
  for (unsigned c = 1; c < CLASS_SLOTS; c++) {
    if (count_get(&counts_of(h)->known[c]) >
        t.allocs[c] + counts_of(h)->forked[c]) /* from cells that are lost now */
      counts_of(h)->known[c] = t.allocs[c] + counts_of(h)->forked[c];
    counts_of(h)->forked[c] += t.frees[c];
    counts_of(h)->forked_remote[c] += t.remote[c];
  }
  counts_of(h)->total_blocks = 0;
  for (const struct block *b = h->blocks; b != NULL; b = b->ab_next)
    count_add(&counts_of(h)->total_blocks, 1);
  counts_of(h)->carved_peak = count_get(&h->carved_bytes);
  counts_of(h)->thread = heap_thread(heap_number(h));
  counts_of(h)->threads = counts_of(h)->thread != 0;
}

static void mark_seen(struct slab *chain) {
  for (; chain != NULL; chain = mail_of(chain)->next)
    mail_of(chain)->seen = true;
}

/* Completes the announcement of mail by a thread that is gone.  Words that an interrupted
 * collection is about to empty are not announced. */
static void announce_lost(struct slab *s, const struct inbox *in) {
  if (mail_is_announcing(s))
    return;
  struct mail *m = mail_of(s);
  uint64_t words = mail_full_words(s) & ~(in->open == s ? in->opened : 0);
  bool posted = m->seen || (in->open == s && words == 0);
  if (words != 0)
    atomic_fetch_or(&m->words, words);
  if (mail_words(s) != 0 && !posted)
    inbox_post(&s->owner->inbox, s);
}

static void announce_lost_mail(void) {
  size_t slabs = range_span() / SLAB_BYTES;
  for (size_t i = 0; i < slabs; i++)
    if (mail_of(slab_at(i * SLAB_BYTES))->seen)
      mail_of(slab_at(i * SLAB_BYTES))->seen = false;
  for (unsigned i = 0; i < heap_count(); i++) {
    struct inbox *in = &heap_at(i)->inbox;
    mark_seen(atomic_load(&in->posted));
    if (!heap_is_mine(heap_at(i))) { /* its collection does not go on */
      in->open = NULL;
      if (in->taken != NULL && mail_of(in->taken)->seen) /* in both (inbox_take) */
        in->taken = NULL;
    }
    mark_seen(in->taken);
  }
  for (size_t i = 0; i < slabs; i++) {
    struct slab *s = slab_at(i * SLAB_BYTES);
    if (s->owner != NULL && s->class != 0)
      announce_lost(s, &s->owner->inbox);
  }
}

static void book_slab(const struct slab *s) {
  for (uint64_t words = mail_words(s); words != 0; words &= words - 1) {
    unsigned w = (unsigned)__builtin_ctzll(words);
    for (uint64_t bits = mail_word(s, w); bits != 0; bits &= bits - 1)
      heap_untag_mailed(s->owner, s, slab_cell(s, w * 64 + (unsigned)__builtin_ctzll(bits)));
  }
}

/* Counts the frees of what waits in the mail: they were made in the parent, and the books must have
 * them before they begin again. */
static void book_mail(void) {
  size_t slabs = range_span() / SLAB_BYTES;
  for (size_t i = 0; i < slabs; i++) {
    const struct slab *s = slab_at(i * SLAB_BYTES);
    if (s->owner != NULL && s->class != 0 && s->tagged)
      book_slab(s);
  }
}

void heap_fork_child(void) {
  const struct heap *mine = heap_mine();
  range_growth_forget();
  block_hint_forget();
  heap_claims_reset(thread_before);
  heap_pairs_fork_child();
  budget_fork_child(mine);
  heap_visits_fork_child(mine);
  for (unsigned i = 0; i < heap_count(); i++)
    if (!heap_is_mine(heap_at(i)))
      forget_lists(heap_at(i));
  rebuild_blocks(true);
  rebuild_blocks(false);
  announce_lost_mail();
  if (range.has_tag_rows)
    book_mail();
  for (unsigned i = 0; i < heap_count(); i++) {
    struct heap *h = heap_at(i);
    restart_counts(h);
    /* The accounts may be older than all else: heap_recount.h. */
    debug(heap_is_mine(h) || (heap_cells_are_valid(h) && heap_mail_is_valid(h)));
  }
}
