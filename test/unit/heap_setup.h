/* What the heap tests share: a range, requests as the shim makes them, and one walk that holds a
 * heap against the equations of slab.h, block.h, heap.h, heap_memory.h and mail.h.
 */
#ifndef TEST_HEAP_SETUP_H
#define TEST_HEAP_SETUP_H

#include "apart.h"

#include "heap.h"
#include "heap_collect.h"
#include "heap_fork.h"
#include "heap_list.h"
#include "heap_memory.h"
#include "heap_stats.h"
#include "heap_thread.h"
#include "heap_valid.h"
#include "heap_visit.h"

/* First of all in main: a range for heaps. */
static inline void test_start(void) {
  test_thread = os_thread_id();
  require(range_setup(BLOCK_BYTES_DEFAULT, false));
}

/* ---- requests, as the shim makes them ---- */

static inline void *allocate(size_t n) {
  void *p = heap_pop(class_of(n));
  return p != NULL ? p : heap_alloc_slow(class_of(n));
}

static inline unsigned request_class(size_t n) { return n == 0 ? 1 : (unsigned)class_of(n); }

/* One thread can play several: each time a thread without a heap, until its first request. */
static inline struct heap *become_new_thread(void) {
  heap_self = (struct heap *)&heap_none;
  heap_free(allocate(16));
  return heap_self;
}

/* What heap_trim does, for the calling thread's heap alone. */
static inline void trim_own(void) {
  if (!heap_is_real(heap_self))
    return;
  heap_collect(heap_self);
  heap_put_lists_back(heap_self);
  heap_give_back(heap_self, os_now_ms(), true);
}

static inline uint64_t held_blocks(const struct heap *h) {
  uint64_t n = 0;
  for (const struct block *b = h->blocks; b != NULL; b = b->ab_next)
    n++;
  return n;
}

/* ---- contents ---- */

static inline void fill(void *p, size_t n, unsigned char value) { memset(p, value, n); }

static inline bool is_filled(const void *p, size_t n, unsigned char value) {
  const unsigned char *bytes = p;
  for (size_t i = 0; i < n; i++)
    if (bytes[i] != value)
      return false;
  return true;
}

static inline uint64_t next_random(uint64_t *state) { /* xorshift64* */
  *state ^= *state >> 12;
  *state ^= *state << 25;
  *state ^= *state >> 27;
  return *state * UINT64_C(2685821657736338717);
}

/* ---- the walk ---- */

/* What a heap turned out to hold. */
struct inventory {
  uint64_t live[CLASS_SLOTS]; /* handed out */
  uint64_t listed[CLASS_SLOTS];
  uint64_t recycled[CLASS_SLOTS]; /* and not counted */
  uint64_t carved[CLASS_SLOTS];
  uint64_t slabs[CLASS_SLOTS][SLAB_FULL + 1]; /* by class and state */
  uint64_t carved_bytes;
  uint64_t blocks;
  uint64_t mailed_slabs;
};

struct cell_marks {
  uint64_t bits[SLAB_BYTES / GRAIN / 64];
};

/* A cell of this slab that was in no list before. */
static inline void mark_cell(const struct slab *s, const struct cell *p, struct cell_marks *marks) {
  require(slab_of(p) == s && slab_has_cell(s, p));
  uint32_t i = slab_cell_index(s, p);
  require((marks->bits[i / 64] >> i % 64 & 1) == 0);
  marks->bits[i / 64] |= UINT64_C(1) << i % 64;
}

/* Its free cells; their number. */
static inline uint32_t mark_free(const struct slab *s, struct cell_marks *marks) {
  uint32_t n = 0;
  for (const struct cell *p = s->free; p != NULL; p = p->next, n++)
    mark_cell(s, p, marks);
  return n;
}

/* Those of them that the thread's list has. */
static inline uint32_t mark_listed(const struct heap *h, const struct slab *s,
                                   struct cell_marks *marks) {
  uint32_t n = 0;
  for (const struct cell *p = h->head[s->class]; p != NULL; p = p->next)
    if (slab_of(p) == s) {
      mark_cell(s, p, marks);
      n++;
    }
  return n;
}

/* The same for its mail; `words` says where it is. */
static inline uint32_t mark_mail(const struct slab *s, struct cell_marks *marks) {
  uint32_t n = 0;
  for (unsigned w = 0; w < MAIL_WORDS; w++) {
    uint64_t bits = mail_word(s, w);
    require((bits != 0) == (mail_words(s) >> w & 1));
    require((marks->bits[w] & bits) == 0);
    marks->bits[w] |= bits;
    for (; bits != 0; bits &= bits - 1, n++)
      require(w * 64 + (unsigned)__builtin_ctzll(bits) < s->carved);
  }
  return n;
}

/* What slab_is_valid does not know: how far the countdown may be from its end. */
static inline void check_countdown(const struct slab *s, int32_t used) {
  bool after_cut = s->state == SLAB_CURRENT && s->countdown == 1 && used > 0;
  if (slab_recycles(s))
    require(s->state == SLAB_CURRENT || slab_countdown_start(s) <= RECYCLES_SHARED);
  else if (after_cut &&
           s->owner->user_countdown[s->class] == 0) /* then all free cells are listed */
    require(used == (int32_t)s->carved);
}

static inline void check_slab(const struct heap *h, const struct slab *s, struct inventory *v) {
  struct cell_marks marks = {{0}};
  unsigned c = s->class;
  int32_t used = slab_used(s);
  require(c >= 1 && c <= CLASSES);
  require(slab_is_valid(s));
  require((s->state == SLAB_CURRENT) == (h->current[c] == s));
  require(!slab_recycles(s) || s->freed_to == &h->head[c]);
  uint32_t free_cells = mark_free(s, &marks);
  require(s->carved == (uint32_t)used + free_cells);
  uint32_t listed = mark_listed(h, s, &marks);
  uint32_t mailed = mark_mail(s, &marks);
  require(mailed == mail_count(s));
  require((uint32_t)used >= listed + mailed);
  check_countdown(s, used);
  v->live[c] += (uint32_t)used - listed - mailed;
  v->listed[c] += listed;
  v->recycled[c] += slab_recycled(s);
  v->carved[c] += s->carved;
  v->carved_bytes += s->carved * class_bytes(c);
  v->mailed_slabs += mailed > 0;
}

static inline void check_empty_slab(const struct slab *s) {
  require(slab_is_valid(s) && s->state == SLAB_EMPTY);
  require(mail_count(s) == 0);
}

static inline void check_block(const struct heap *h, struct block *b, struct inventory *v) {
  require(b->owner == h && block_at(block_number_of(slab_of(b->ab_mem))) == b);
  require(range_offset(b->ab_mem) % b->ab_size == 0);
  require(b->ab_size == (size_t)1 << range.block_shift && b->ab_offset <= b->ab_size);
  uint32_t live = 0;
  for (size_t at = 0; at < b->ab_offset; at += SLAB_BYTES) {
    const struct slab *s = slab_of(b->ab_mem + at);
    require(s->owner == h && s->state <= SLAB_FULL);
    if (s->class != 0)
      check_slab(h, s, v);
    else
      check_empty_slab(s);
    live += s->class != 0;
    v->slabs[s->class][s->class != 0 ? s->state : s->dirty]++; /* [0][0] clean, [0][1] dirty */
  }
  require(b->live == live);
}

static inline void check_blocks(const struct heap *h, struct inventory *v) {
  uint64_t owned = 0;
  for (size_t i = 0; i < block_count(); i++)
    owned += block_at(i)->owner == h;
  const struct block *prev = NULL;
  for (struct block *b = h->blocks; b != NULL; prev = b, b = b->ab_next, v->blocks++) {
    require(b->ab_prev == prev);
    require(prev == NULL || b->ab_offset == b->ab_size); /* only the newest has slabs left */
    check_block(h, b, v);
  }
  require(v->blocks == owned);
}

/* Links both ways; each member of that class and state; their number. */
static inline uint64_t check_queue(const struct heap *h, const struct slab_queue *q, unsigned c,
                                   enum slab_state state) {
  uint64_t n = 0;
  const struct slab *prev = NULL;
  for (const struct slab *s = q->first; s != NULL; prev = s, s = s->next, n++)
    require(s->prev == prev && s->owner == h && s->class == c && s->state == state);
  require(q->last == prev);
  return n;
}

static inline void check_queues(const struct heap *h, const struct inventory *v) {
  for (unsigned c = 1; c < CLASS_SLOTS; c++) {
    require(check_queue(h, &h->queue[c], c, SLAB_QUEUED) == v->slabs[c][SLAB_QUEUED]);
    require(v->slabs[c][SLAB_CURRENT] == (h->current[c] != NULL));
    require(h->head[c] == NULL || h->current[c] != NULL || h->spread);
  }
  require(h->head[0] == NULL && h->current[0] == NULL && h->queue[0].first == NULL);
  uint64_t dirty = check_queue(h, &h->dirty, 0, SLAB_EMPTY);
  for (const struct slab *s = h->dirty.first; s != NULL; s = s->next)
    require(s->dirty);
  require(dirty == v->slabs[0][true] && h->dirty_bytes == dirty * SLAB_BYTES);
  require(check_queue(h, &h->clean, 0, SLAB_EMPTY) == v->slabs[0][false]);
}

/* A slab stands in its owner's inbox once if it has mail, else not at all. */
static inline void check_inbox(struct heap *h, const struct inventory *v) {
  uint64_t waiting = 0;
  const struct slab *lists[] = {atomic_load(&h->inbox.posted), h->inbox.taken};
  for (unsigned i = 0; i < 2; i++)
    for (const struct slab *s = lists[i]; s != NULL; s = mail_of(s)->next) {
      require(s->owner == h && mail_count(s) > 0);
      require(++waiting <= v->mailed_slabs);
    }
  require(waiting == v->mailed_slabs);
}

/* In a fork's child cells carved but not handed out are no part of the peak, and every empty slab
 * may be dirty: nothing goes to the kernel before somebody asks. */
static bool limit_is_loose;

static inline void check_counters(struct heap *h, const struct inventory *v) {
  struct heap_totals t;
  heap_read_totals(h, true, &t);
  require(t.broken_lists == 0);
  for (unsigned c = 1; c < CLASS_SLOTS; c++) {
    require(count_get(&counts_of(h)->passed[c]) - count_get(&counts_of(h)->freed[c]) ==
            v->carved[c]);
    require(t.allocs[c] - t.frees[c] == v->live[c]);
    require(t.remote[c] <= t.frees[c]);
    require(t.listed[c] == v->listed[c]); /* all of them lie in its slabs */
    require(v->listed[c] <= list_most(&h->lists[c]) + v->recycled[c]);
    require(count_get(&counts_of(h)->known[c]) <= t.allocs[c] + counts_of(h)->forked[c]);
  }
  require(count_get(&h->carved_bytes) == v->carved_bytes);
  require(limit_is_loose || count_get(&counts_of(h)->carved_peak) >= v->carved_bytes);
}

static inline uint64_t keep_limit_of(const struct heap *h) {
  uint64_t share = count_get(&h->carved_bytes) / EMPTY_KEEP_SHARE;
  return (share > EMPTY_KEEP_BYTES ? share : EMPTY_KEEP_BYTES) + h->missed_bytes; /* at most */
}

/* All that must hold for a heap while nobody is inside it. */
static inline struct inventory check_invariants(struct heap *h) {
  struct inventory v = {0};
  require(heap_is_valid(h) && heap_mail_is_valid(h));
  check_blocks(h, &v);
  check_queues(h, &v);
  check_inbox(h, &v);
  check_counters(h, &v);
  require(limit_is_loose || h->dirty_bytes <= keep_limit_of(h));
  return v;
}

/* The ledger: every byte of the data and every byte mapped has one line. */
static inline void check_ledger(void) {
  struct survey v;
  range_survey(&v, tag_sums);
  uint64_t data = v.empty_slab_bytes + v.unpassed_bytes + v.free_block_bytes;
  for (unsigned c = 1; c < CLASS_SLOTS; c++) {
    data += (v.used_cells[c] + v.free_cells[c]) * class_bytes(c);
    data += v.uncarved_bytes[c] + v.tail_bytes[c];
    require(v.mail_cells[c] <= v.used_cells[c]);
  }
  require(data == v.span_bytes && v.span_bytes == range_span());
  require(v.tag_bytes + v.metadata_bytes + v.span_bytes == os_mapped_bytes());
}

/* For a moment at which no other thread runs. */
static inline void check_all_heaps(void) {
  for (unsigned i = 0; i < heap_count(); i++)
    check_invariants(heap_at(i));
  check_ledger();
}

/* Exact sums over all heaps. */
static inline struct heap_totals totals_of_all(void) {
  struct heap_totals sum = {0}, t;
  for (unsigned i = 0; i < heap_count(); i++) {
    heap_read_totals(heap_at(i), true, &t);
    for (unsigned c = 1; c < CLASS_SLOTS; c++) {
      sum.allocs[c] += t.allocs[c];
      sum.frees[c] += t.frees[c];
      sum.remote[c] += t.remote[c];
    }
    sum.broken_lists += t.broken_lists;
  }
  return sum;
}

#endif
