/* The state of a heap: one thread's arena of small objects.
 *
 *   thread ──heap_self──> heap ── head[c]     cells ready to be handed out, one list a class
 *                              ── current[c]  the slab that list was cut from
 *                              ── queue[c]    slabs with free cells, first freed first
 *                              ── blocks      what it took from the range; empty slabs
 *
 * malloc pops head[class]; free pushes on the slab's own list and counts it down: neither takes a
 * lock, and malloc touches no counter.  When a list is used up, all free cells of the current slab
 * move to it at once and count as used: allocations = passed - cells still in the list.  What is
 * freed in slabs that were current goes back to the list itself (heap_list.h).
 *
 * Heaps lie in the range's HEAPS section and are never unmapped.  A thread takes one at its first
 * request, small or large (large ones are counted here as well).  When the thread ends, the heap
 * stays as it is, lists included, and a later thread takes it over.  A thread without a heap
 * (before its first request, or after its end) has heap_self at an empty record that is never
 * written, so that the fast paths need no test.
 *
 * The functions below are inline, call nothing and keep errno; any context, unless they say more.
 */
#ifndef ARENA_HEAP_STATE_H
#define ARENA_HEAP_STATE_H

#include "account.h"
#include "block.h"
#include "heap_counts.h"
#include "mail.h"

/* Bytes of a heap that its user may fill. */
enum { HEAP_USER_BYTES = 160 };

struct slab_queue {
  struct slab *first;
  struct slab *last;
};

/* What is known of the length of a list (heap_list.h). */
struct list {
  uint32_t length; /* cells, when it was cut or measured */
  uint32_t back;   /* cells that came back since then, as far as they were counted */
  bool closed;     /* it grew too long: the next slab whose countdown ends puts it back */
  uint8_t looks;   /* times that it was measured to see if the current slab is empty */
};

struct heap {
  /* Owner only. */
  struct cell *head[CLASS_SLOTS];
  struct slab *current[CLASS_SLOTS];
  struct slab_queue queue[CLASS_SLOTS];
  struct list lists[CLASS_SLOTS];
  struct slab_queue dirty; /* empty slabs, newest first, their pages still resident */
  struct slab_queue clean; /* empty slabs whose pages went back to the kernel */
  uint64_t dirty_bytes;
  uint64_t purged_bytes; /* went back to the kernel lately and was not needed again */
  uint32_t purged_ms;    /* when the last of them went */
  uint64_t missed_bytes; /* went back and was needed again (heap_memory.h) */
  uint64_t pinned_bytes; /* carved, and in use when it was trimmed last (heap_budget.h) */
  struct block *blocks;  /* all of its blocks, newest first */
  struct books books;    /* with tags: what each call site did here */

  /* Cells of each class until the user of the heaps wants a request of that class for itself,
   * plus 1; 0: never. */
  uint32_t user_countdown[CLASS_SLOTS];
  unsigned ticks;                /* slow paths, to look at the clock now and then */
  uint32_t released_ms;          /* when lists with cells of several slabs were last put back */
  uint64_t released_bytes;       /* carved bytes when they were last put back in order to grow */
  bool spread;                   /* there have been such lists */
  _Atomic uint64_t carved_bytes; /* cells carved in slabs that have a class */

  /* Of the budget of ended threads (heap_budget.h), and since when; 0 while a thread has it. */
  _Atomic uint64_t idle_bytes;
  _Atomic uint32_t ended_ms;

  bool named;          /* the program has named the thread that has it (heap_counts.h) */
  bool tagged;         /* its cells have tags: never changes */
  bool looked;         /* since it was put aside (heap_pair.h) */
  struct heap *beside; /* its thread's other heap (heap_pair.h); NULL: it has none */

  /* For the code that uses the heaps, 0 at first: arena/ neither reads nor writes it. */
  _Alignas(uint64_t) unsigned char user[HEAP_USER_BYTES];

  /* What other threads write, on a line of its own. */
  _Alignas(CACHE_LINE) struct inbox inbox;
};

static_assert(sizeof(struct heap) <= HEAP_BYTES, "two heaps a page");

/* What heap_self points to where the fast paths have no heap: never written. */
extern hidden const struct heap heap_empty[3];
#define heap_none heap_empty[0] /* a thread that has no heap yet */
#define heap_over heap_empty[1] /* a thread whose end has begun */
#define heap_tagged                                                                                \
  heap_empty[2] /* a thread with tags (heap_tag.h): heap_tagged_self is its heap */

/* The calling thread's heap, or one of the records above. */
extern hidden __thread struct heap *heap_self __attribute__((tls_model("initial-exec")));
/* The calling thread's heap with tags; where it has none of them the one without, or NULL. */
extern hidden __thread struct heap *heap_tagged_self __attribute__((tls_model("initial-exec")));

/* False of the empty records. */
static inline bool heap_is_real(const struct heap *h) {
  return (uintptr_t)h - (uintptr_t)heap_empty >= sizeof heap_empty;
}

/* The calling thread's heap, with or without tags; NULL if it has none. */
static inline struct heap *heap_mine(void) {
  struct heap *h = heap_self;
  return heap_is_real(h) ? h : h == &heap_tagged ? heap_tagged_self : NULL;
}

/* Is it one of the calling thread's? */
static inline bool heap_is_mine(const struct heap *h) {
  const struct heap *mine = heap_mine();
  return mine != NULL && (h == mine || h == mine->beside);
}

/* Adds n frees of class c.  n may be negative: cells of a list that was put back were counted as
 * freed although no request got them, so `freed` may also be below 0 for a while.  A reader that
 * loads `freed` before `known` never sees more frees than allocations.  Owner only. */
static inline void heap_count_freed(struct heap *h, unsigned c, uint64_t n) {
  struct heap_counts *to = counts_of(h);
  uint64_t freed = count_get(&to->freed[c]) + n;
  if ((int64_t)freed > (int64_t)count_get(&to->known[c]))
    atomic_store_explicit(&to->known[c], freed, memory_order_relaxed);
  atomic_store_explicit(&to->freed[c], freed, memory_order_release);
}

/* The heap with that number (0..HEAPS_MAX-1), whether it was made or not; the number of a heap. */
static inline struct heap *heap_at(unsigned number) {
  return (struct heap *)(range.base - HEAPS_BELOW + (uintptr_t)number * HEAP_BYTES);
}
static inline unsigned heap_number(const struct heap *h) {
  return (unsigned)(((uintptr_t)h - (range.base - HEAPS_BELOW)) / HEAP_BYTES);
}

/* A caller is handed down as a code address.  DIRECT stands for the return address of the function
 * that jumps here as its last act; if that function read it, the fast path would have one
 * instruction more.  CALLER(caller) is the address, in the function that was jumped to. */
#define DIRECT         ((const void *)0)
#define CALLER(caller) ((caller) != DIRECT ? (caller) : __builtin_return_address(0))

/* Are the links of the queue equal both ways, and is each slab in it one of the heap, of that class
 * and in that state?  Owner only, outside of the functions that move slabs. */
static inline bool slab_queue_is_valid(const struct slab_queue *q, const struct heap *h, unsigned c,
                                       enum slab_state state) {
  const struct slab *prev = NULL;
  for (const struct slab *s = q->first; s != NULL; prev = s, s = s->next)
    if (s->prev != prev || s->owner != h || s->class != c || s->state != state)
      return false;
  return q->last == prev;
}

#endif
