/* Lists of cells ready to be handed out.  Picture and contract: heap_list.h. */
#include "heap_list.h"
#include "check.h"
#include "heap_memory.h"
#include "list_turns.h"
#include "os.h"

hidden uint64_t list_spread_bytes = LIST_SPREAD_BYTES;
hidden _Atomic int32_t list_recycles_most = RECYCLES_MAX;

/* The list has no more than `listed` cells, so the rest was allocated; `known` never falls. */
static void know(struct heap *h, unsigned c, uint64_t listed) {
  uint64_t known = count_less(count_get(&counts_of(h)->passed[c]), listed);
  if (known > count_get(&counts_of(h)->known[c]))
    atomic_store_explicit(&counts_of(h)->known[c], known, memory_order_relaxed);
}

void list_count_recycled(struct heap *h, struct slab *s) {
  uint32_t n = slab_recycled(s);
  if (n == 0)
    return;
  unsigned c = s->class;
  h->lists[c].back += n;
  count_add(&counts_of(h)->passed[c], n);
  know(h, c, list_most(&h->lists[c]));
  heap_count_freed(h, c, n);
  slab_set_used(s, slab_used(s), s->countdown);
  if (h->user_countdown[c] > 1)
    h->user_countdown[c] -= n < h->user_countdown[c] ? n : h->user_countdown[c] - 1;
}

static bool is_current(const struct slab *s) { return s != NULL && s->state == SLAB_CURRENT; }

void list_count_current(struct heap *h) {
  for (unsigned c = 1; c < CLASS_SLOTS; c++)
    if (is_current(h->current[c]))
      list_count_recycled(h, h->current[c]);
}

void list_follow_user(struct heap *h) {
  for (unsigned c = 1; c < CLASS_SLOTS; c++)
    if (is_current(h->current[c]))
      list_watch_current(h, h->current[c], slab_used(h->current[c]));
}

/* Do slabs that were current go on to recycle? */
static bool spreads(const struct heap *h, unsigned c) {
  return h->user_countdown[c] == 0 && !h->tagged &&
         count_get(&h->carved_bytes) >= list_spread_bytes;
}

static bool has_many_slabs(const struct heap *h, unsigned c) {
  return list_carved_cells(h, c) * class_bytes(c) > SLAB_BYTES;
}

/* Frees of each of several slabs that may go to the list until it is looked at. */
static int32_t recycles_share(const struct heap *h, unsigned c) {
  uint64_t share = RECYCLES_SHARED / (1 + list_carved_cells(h, c) * class_bytes(c) / SLAB_BYTES);
  return share < RECYCLES_LEAST ? RECYCLES_LEAST : (int32_t)share;
}

/* Frees of the current slab that may go to the list.  0: none, since a request of the heap's user
 * is due before. */
static int32_t recycles_left(const struct heap *h, unsigned c) {
  if (spreads(h, c))
    return recycles_share(h, c);
  int32_t most = list_most_recycles();
  uint32_t countdown = h->user_countdown[c];
  return countdown == 0 || countdown > (uint32_t)most ? most : (int32_t)countdown - 1;
}

void list_cut_from(struct heap *h, struct slab *s, unsigned n) {
  unsigned c = s->class;
  s->freed_to =
      h->user_countdown[c] == 0 || recycles_left(h, c) > (int32_t)n ? &h->head[c] : &s->free;
  h->lists[c] = (struct list){.length = n, .looks = h->lists[c].looks};
}

/* Must the heap know when the current slab of class c is empty?  The list has no cell of another
 * slab then. */
static bool looks_for_empty(const struct heap *h, unsigned c) {
  return budget_is_exceeded(h) && !spreads(h, c);
}

/* Frees to the next look: no fewer than the objects that are alive, and more after each look that
 * was in vain, but for the first few. */
static int32_t frees_to_look(const struct list *l, int32_t used) {
  int32_t alive = used - (int32_t)list_most(l);
  unsigned again = l->looks <= LOOKS_EXACT ? 0 : l->looks - LOOKS_EXACT;
  int32_t least = again == 0 ? 1 : LOOK_AGAIN << (again - 1);
  return alive > least ? alive : least;
}

void list_watch_current(struct heap *h, struct slab *s, int32_t used) {
  unsigned c = s->class;
  int32_t recycles = recycles_left(h, c);
  if (recycles == 0)
    s->freed_to = &s->free;
  if (looks_for_empty(h, c)) {
    int32_t frees = frees_to_look(&h->lists[c], used);
    recycles = frees < recycles ? frees : recycles;
  }
  slab_watch_current(s, used, recycles);
}

/* Sets the countdown of a slab in a queue: to its last used cell, or to its next look at the list
 * if that is nearer. */
static void watch_queued(struct slab *s, int32_t used) {
  s->state = SLAB_QUEUED;
  slab_set_used(s, used, slab_recycles(s) && s->countdown < used ? s->countdown : used);
}

void list_leave(struct heap *h, struct slab *s) {
  int32_t used = (int32_t)s->carved;
  h->lists[s->class].looks = 0;
  s->state = SLAB_FULL;
  if (spreads(h, s->class) && slab_recycles(s)) {
    h->spread = true;
    slab_set_used(s, used, RECYCLES_FIRST);
    return;
  }
  s->freed_to = &s->free;
  slab_watch_first_free(s, SLAB_FULL, used);
}

void list_enqueue_or_retire(struct heap *h, struct slab *s, int32_t used) {
  if (used == 0) {
    heap_retire_slab(h, s);
    return;
  }
  watch_queued(s, used);
  debug(slab_is_valid(s));
  queue_push_last(&h->queue[s->class], s);
}

void list_update_state(struct heap *h, struct slab *s, int32_t used) {
  list_count_recycled(h, s);
  if (s->state == SLAB_CURRENT) {
    list_watch_current(h, s, used);
    return;
  }
  if (s->state == SLAB_QUEUED) {
    if (used > 0) {
      watch_queued(s, used);
      return;
    }
    queue_remove(&h->queue[s->class], s);
  }
  list_enqueue_or_retire(h, s, used);
}

/* Is p a cell of one of the heap's slabs of that class?  Nothing else may be in a list. */
static bool is_ours(const struct heap *h, unsigned c, const struct cell *p) {
  if (!range_holds(p))
    return false;
  const struct slab *s = slab_of(p);
  return s->owner == h && s->class == c && slab_has_cell(s, p);
}

/* No list of class c is longer; that of class 0 is always empty.  Not by the counts of the class,
 * which another process may change (pieces.h). */
static uint64_t longest(const struct heap *h, unsigned c) {
  return c == 0 ? 0 : count_get(&h->carved_bytes) / class_bytes(c);
}

uint32_t list_length(const struct heap *h, unsigned c, bool *broken) {
  uint64_t most = longest(h, c);
  uint32_t n = 0;
  *broken = false;
  for (const struct cell *p = h->head[c]; p != NULL; p = p->next, n++)
    if (n >= most || !is_ours(h, c, p)) {
      *broken = true;
      return n;
    }
  return n;
}

/* Makes the owner's frees go to the slab's own free cells from now on. */
static void keep_own_frees(struct heap *h, struct slab *s) {
  list_count_recycled(h, s);
  int32_t used = slab_used(s);
  s->freed_to = &s->free;
  if (s->state == SLAB_FULL)
    slab_watch_first_free(s, SLAB_FULL, used);
  else
    slab_watch_last_used(s, used);
}

/* Puts the first cell of a list that is not broken back into its slab. */
static void put_back_first(struct heap *h, unsigned c) {
  struct cell *p = h->head[c];
  struct slab *s = slab_of(p);
  int32_t used = slab_used(s) - 1;
  check(used >= 0, "heap corrupted: an object was freed twice");
  h->head[c] = p->next;
  atomic_signal_fence(
      memory_order_seq_cst); /* a fork between the two must not find it in both lists */
  p->next = s->free;
  s->free = p;
  count_add(&counts_of(h)->freed[c], -UINT64_C(1));
  count_add(&counts_of(h)->passed[c], -UINT64_C(1));
  if (h->lists[c].closed && s->state != SLAB_CURRENT && slab_recycles(s))
    keep_own_frees(h, s);
  list_update_state(h, s, used);
}

/* The n cells of the list of class c have gone back. */
static void note_put_back(struct heap *h, unsigned c, uint32_t n) {
  if (h->user_countdown[c] > 0)
    h->user_countdown[c] += n;
  h->lists[c].length = h->lists[c].back = 0;
  know(h, c, 0);
  debug(list_is_valid(h, c));
}

bool list_put_back(struct heap *h, unsigned c) {
  bool broken;
  uint32_t n = list_length(h, c, &broken);
  if (broken)
    return false;
  while (h->head[c] != NULL)
    put_back_first(h, c);
  note_put_back(h, c, n);
  return true;
}

/* Puts the lists that are closed back into their slabs. */
static void put_closed_back(struct heap *h) {
  struct turns t = {.lists = 0};
  for (unsigned c = 1; c < CLASS_SLOTS; c++)
    if (h->lists[c].closed)
      turns_add(&t, h, c);
  while (t.lists > 0)
    for (unsigned i = t.lists; i-- > 0;) {
      unsigned c = t.class[i];
      check(is_ours(h, c, t.next[i]), "heap corrupted: an object was freed twice");
      put_back_first(h, c);
      if (h->head[c] == NULL)
        note_put_back(h, c, t.cells[i] + 1);
      turns_go_on(&t, i, h->head[c]);
    }
}

/* The current slab s, whose cells are in no list, is current no more: it is queued or retired. */
static void dismiss_current(struct heap *h, struct slab *s) {
  unsigned c = s->class;
  h->current[c] = NULL;
  h->lists[c].looks = 0;
  list_count_recycled(h, s);
  s->freed_to = &s->free;
  list_enqueue_or_retire(h, s, slab_used(s));
}

void heap_put_lists_back(struct heap *h) {
  for (unsigned c = 1; c < CLASS_SLOTS; c++) {
    struct slab *s = h->current[c];
    if (list_put_back(h, c) && s != NULL && (s->free != NULL || s->carved < s->capacity))
      dismiss_current(h, s);
  }
}

/* Slabs that were current and went on to recycle keep their frees themselves. */
static void close_spread(struct heap *h) {
  for (const struct block *b = h->blocks; b != NULL; b = b->ab_next)
    for (size_t at = 0; at < b->ab_offset; at += SLAB_BYTES) {
      struct slab *s = slab_of(b->ab_mem + at);
      if (s->class != 0 && s->state != SLAB_CURRENT && slab_recycles(s))
        keep_own_frees(h, s);
    }
  h->spread = false;
}

/* A current slab that has no cell left for a list becomes FULL. */
static void close_current(struct heap *h, struct slab *s) {
  if (s->free != NULL || s->carved < s->capacity) {
    dismiss_current(h, s);
    return;
  }
  list_leave(h, s);
  h->current[s->class] = NULL;
  if (slab_recycles(s))
    keep_own_frees(h, s);
}

/* What slabs have recycled is counted before the lists go back, so that `known` is exact then.  In
 * the middle of a refill the slab that was left stands in `current` still. */
void heap_close_lists(struct heap *h) {
  if (h->spread)
    close_spread(h);
  for (unsigned c = 1; c < CLASS_SLOTS; c++) {
    struct slab *s = h->current[c];
    if (is_current(s))
      list_count_recycled(h, s);
    if (list_put_back(h, c) && is_current(s))
      close_current(h, s);
  }
}

void list_release_slabs(struct heap *h) {
  for (unsigned c = 1; c < CLASS_SLOTS && h->spread; c++)
    if (has_many_slabs(h, c))
      list_put_back(h, c);
}

/* Without the limit, at each block of 64 KiB: a heap that grew and had long lists in thirty classes
 * took 830..1280 ns a malloc of 496 bytes, page faults included, instead of 280..520. */
void list_release_to_grow(struct heap *h) {
  uint64_t carved = count_get(&h->carved_bytes);
  if (carved - h->released_bytes < carved / LIST_GROWTH) /* the difference is huge if it shrank */
    return;
  h->released_bytes = carved;
  list_release_slabs(h);
}

void list_release_if_due(struct heap *h, uint32_t now) {
  if (now - h->released_ms < LIST_DELAY_MS)
    return;
  h->released_ms = now;
  list_release_slabs(h);
}

/* Counts the list of class c, as far as `stop` cells; returns how many there are, or stop + 1.  Is
 * it no longer, its length is known then.  Quicker than list_length, since it reads no slab's row;
 * a link to something that is no cell is noticed when the list is put back. */
static uint64_t measure(struct heap *h, unsigned c, uint64_t stop) {
  uint64_t most = longest(h, c), n = 0;
  for (const struct cell *p = h->head[c]; p != NULL; p = p->next, n++) {
    check(n < most && range_holds(p), "heap corrupted: an object was freed twice");
    if (n == stop)
      return n + 1;
  }
  h->lists[c].length = (uint32_t)n;
  h->lists[c].back = 0;
  know(h, c, n);
  return n;
}

/* Closes the list of class c, which is long.  A program that frees all it has makes others long at
 * the same time: so each to which many cells have come back is closed now if it is long, and all go
 * back together.  A million objects, freed in any order, take a seventh less time. */
static void close_with_others(struct heap *h, unsigned c) {
  struct turns t = {.lists = 0};
  h->lists[c].closed = true;
  for (unsigned o = 1; o < CLASS_SLOTS; o++)
    if (o != c && h->lists[o].back >= LIST_BACK / 4 && has_many_slabs(h, o))
      turns_add(&t, h, o);
  while (t.lists > 0)
    for (unsigned i = t.lists; i-- > 0;) {
      check(range_holds(t.next[i]), "heap corrupted: an object was freed twice");
      bool closes = t.cells[i] == LIST_LONG;
      if (closes)
        h->lists[t.class[i]].closed = true;
      turns_go_on(&t, i, closes ? NULL : t.next[i]->next);
    }
}

/* Sets the next countdown of a slab that goes on to recycle. */
static void watch_again(struct heap *h, struct slab *s) {
  if (s->state == SLAB_CURRENT)
    list_watch_current(h, s, slab_used(s));
  else
    slab_set_used(s, slab_used(s), recycles_share(h, s->class));
}

/* Retires the current slab s if all of its cells are free; false if they are not.  The list is
 * measured if it could have all of them. */
static bool retire_if_empty(struct heap *h, struct slab *s) {
  unsigned c = s->class;
  struct list *l = &h->lists[c];
  uint32_t used = (uint32_t)slab_used(s);
  if (list_most(l) + LOOK_ALIVE < used)
    return false;
  l->looks += l->looks < LOOKS_MOST;
  if (measure(h, c, UINT64_MAX) < used)
    return false;
  check(list_put_back(h, c), "heap corrupted: an object was freed twice");
  dismiss_current(h, s);
  return true;
}

void list_on_countdown(struct heap *h, struct slab *s) {
  unsigned c = s->class;
  struct list *l = &h->lists[c];
  list_count_recycled(h, s);
  if (s->state == SLAB_CURRENT && looks_for_empty(h, c) && retire_if_empty(h, s))
    return;
  if (!l->closed && l->back >= LIST_BACK) {
    uint64_t stop = has_many_slabs(h, c) ? LIST_LONG : UINT64_MAX;
    if (measure(h, c, stop) > stop)
      close_with_others(h, c);
  }
  if (l->closed && s->state != SLAB_CURRENT)
    keep_own_frees(h, s);
  else
    watch_again(h, s);
  if (l->closed) /* the slab may have left the heap after that */
    put_closed_back(h);
}
