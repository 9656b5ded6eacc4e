/* Counts and surveys for reports.  Contract: heap_stats.h. */
#include "heap_stats.h"
#include "heap_list.h"

/* `freed` is read before `known`, so that frees <= allocations. */
static uint64_t published(const struct heap_counts *n, unsigned c, uint64_t *allocs) {
  uint64_t frees = count_get(&n->freed[c]);
  atomic_thread_fence(memory_order_acquire);
  *allocs = count_less(count_get(&n->known[c]), n->forked[c]);
  return (int64_t)frees > 0 ? count_less(frees, n->forked[c]) : 0;
}

uint64_t heap_read_published(const struct heap *h, uint64_t *live_bytes) {
  uint64_t sum = 0;
  for (unsigned c = 1; c < CLASS_SLOTS; c++) {
    uint64_t allocs, frees = published(counts_of(h), c, &allocs);
    sum += allocs;
    *live_bytes += count_less(allocs, frees) * class_bytes(c);
  }
  return sum;
}

static void read_published(const struct heap *h, unsigned c, struct heap_totals *t) {
  t->frees[c] = published(counts_of(h), c, &t->allocs[c]);
  t->remote[c] = count_less(count_get(&counts_of(h)->remote[c]), counts_of(h)->forked_remote[c]);
  uint64_t known = count_get(&counts_of(h)->known[c]);
  t->listed[c] = count_less(count_get(&counts_of(h)->passed[c]), known);
}

static void read_lists(const struct heap *h, unsigned c, struct heap_totals *t) {
  bool broken;
  t->listed[c] = list_length(h, c, &broken);
  t->broken_lists += broken;
  t->allocs[c] = count_get(&counts_of(h)->passed[c]) - t->listed[c] - counts_of(h)->forked[c];
  t->frees[c] = count_get(&counts_of(h)->freed[c]) - counts_of(h)->forked[c];
  t->remote[c] = count_get(&counts_of(h)->remote[c]) - counts_of(h)->forked_remote[c];
}

/* Adds what slabs have recycled, and frees whose cells wait in slabs or in the mail. */
static void add_slabs(const struct heap *h, struct heap_totals *t) {
  for (const struct block *b = h->blocks; b != NULL; b = b->ab_next)
    for (size_t at = 0; at < b->ab_offset; at += SLAB_BYTES) {
      const struct slab *s = slab_of(b->ab_mem + at);
      if (s->class == 0)
        continue;
      unsigned mail = mail_count(s);
      uint32_t recycled = slab_recycled(s);
      t->allocs[s->class] += recycled;
      t->frees[s->class] += recycled + s->carved - (uint32_t)slab_used(s) + mail;
      t->remote[s->class] += mail;
    }
}

void heap_read_totals(struct heap *h, bool exact, struct heap_totals *t) {
  *t = (struct heap_totals){0};
  for (unsigned c = 1; c < CLASS_SLOTS; c++)
    (exact ? read_lists : read_published)(h, c, t);
  if (exact)
    add_slabs(h, t);
}

/* Cells that are allocated, if none is in a list; the slab may change while it is read. */
static uint64_t cells_in_use(const struct slab *s) {
  int32_t used = slab_used(s);
  return used > 0 ? count_less((uint32_t)used, mail_count(s)) : 0;
}

static void add_block_in_use(const struct block *b, size_t number, uint64_t cells[CLASS_SLOTS]) {
  size_t passed = *(const volatile size_t *)&b->ab_offset;
  for (size_t at = 0; at < passed; at += SLAB_BYTES) {
    const struct slab *s = slab_at((number << range.block_shift) + at);
    unsigned c = *(const volatile uint8_t *)&s->class;
    if (c != 0 && c < CLASS_SLOTS)
      cells[c] += cells_in_use(s);
  }
}

/* Cells of a list when it was cut, if there is one now. */
static uint64_t listed(const struct heap *h, unsigned c) {
  bool any = *(struct cell *const volatile *)&h->head[c] != NULL;
  return any ? count_less(count_get(&counts_of(h)->passed[c]), count_get(&counts_of(h)->known[c]))
             : 0;
}

void heap_read_frees(const struct heap *h, struct heap_totals *t) {
  uint64_t cells[CLASS_SLOTS] = {0};
  for (size_t i = 0; i < block_count(); i++)
    if (atomic_load_explicit(&block_at(i)->owner, memory_order_acquire) == h)
      add_block_in_use(block_at(i), i, cells);
  for (unsigned c = 1; c < CLASS_SLOTS; c++)
    t->frees[c] = count_less(t->allocs[c], count_less(cells[c], listed(h, c)));
}

/* Does not write to rows without need: they may be pages of their own. */
static void unmark_slabs(const struct heap *h) {
  for (const struct block *b = h->blocks; b != NULL; b = b->ab_next)
    for (size_t at = 0; at < b->ab_offset; at += SLAB_BYTES) {
      struct mail *m = mail_of(slab_of(b->ab_mem + at));
      if (m->listed != 0)
        m->listed = 0;
    }
}

void heap_mark_listed(const struct heap *h) {
  if (h->spread)
    unmark_slabs(h);
  for (unsigned c = 1; c < CLASS_SLOTS && h->spread; c++) {
    bool broken;
    uint32_t n = list_length(h, c, &broken);
    for (const struct cell *p = h->head[c]; n > 0; p = p->next, n--)
      mail_of(slab_of(p))->listed++;
  }
}

uint64_t heap_listed_cells(const struct heap *h, const struct slab *s) {
  bool broken;
  if (h->spread)
    return mail_of(s)->listed;
  return h->current[s->class] == s ? slab_list_length(s, h->head[s->class], &broken) : 0;
}

/* The slab may change while it is read: its objects count for no more than their cells. */
static void survey_tags(struct tag_sums tags, unsigned c, struct survey *v) {
  uint64_t most = tags.alive * class_bytes(c);
  v->tagged_cells[c] += tags.alive;
  v->requested_bytes[c] += tags.bytes < most ? tags.bytes : most;
}

/* Each field is read once, and limited, so that a slab that changes still adds up to its size. */
static void survey_slab(const struct slab *s, struct survey *v, tag_sums_fn *sums) {
  unsigned c = *(const volatile uint8_t *)&s->class;
  if (c == 0 || c > CLASSES) {
    v->empty_slab_bytes += SLAB_BYTES;
    return;
  }
  uint32_t capacity = (uint32_t)(SLAB_BYTES / class_bytes(c));
  uint32_t carved = *(const volatile uint32_t *)&s->carved;
  int32_t used = slab_used(s);
  carved = carved < capacity ? carved : capacity;
  uint32_t in_use = used < 0 ? 0 : (uint32_t)used < carved ? (uint32_t)used : carved;
  unsigned mail = mail_count(s);
  v->slabs[c]++;
  v->used_cells[c] += in_use;
  v->free_cells[c] += carved - in_use;
  v->mail_cells[c] += mail < in_use ? mail : in_use;
  v->uncarved_bytes[c] += (uint64_t)(capacity - carved) * class_bytes(c);
  v->tail_bytes[c] += SLAB_BYTES - capacity * class_bytes(c);
  if (slab_is_tagged(s))
    survey_tags(sums(s, carved), c, v);
  else
    v->plain_cells[c] += in_use - (mail < in_use ? mail : in_use);
}

static void survey_block(size_t number, struct survey *v, tag_sums_fn *sums) {
  const struct block *b = block_at(number);
  size_t size = (size_t)1 << range.block_shift;
  if (atomic_load_explicit(&b->owner, memory_order_acquire) == NULL) {
    v->free_block_bytes += size;
    return;
  }
  size_t passed = *(const volatile size_t *)&b->ab_offset;
  v->unpassed_bytes += size - passed;
  for (size_t at = 0; at < passed; at += SLAB_BYTES)
    survey_slab(slab_at((number << range.block_shift) + at), v, sums);
}

void range_survey(struct survey *v, tag_sums_fn *sums) {
  *v = (struct survey){0};
  size_t blocks = block_count();
  for (size_t i = 0; i < blocks; i++)
    survey_block(i, v, sums);
  v->span_bytes = (uint64_t)blocks << range.block_shift;
  for (enum section s = SECTION_COUNTS; s < SECTION_DATA; s++)
    v->metadata_bytes += range.committed[s];
  v->tag_bytes = range.committed[SECTION_TAGS];
}
