/* A heap: one thread's arena of small objects.  The whole allocator meets here.
 *
 *   thread ──heap_self──> heap ── head[c]     cells ready to be handed out, one list a class
 *                              ── current[c]  the slab that list was cut from
 *                              ── queue[c]    slabs with free cells, first freed first
 *                              ── blocks      what it took from the range; empty slabs
 *
 * malloc pops head[class]; free pushes on the slab's own list and counts it down: neither
 * takes a lock, and malloc touches no counter.  When a list is used up the current slab's
 * free cells move to it all at once and count as used: allocations = passed - still listed.  What
 * is freed in slabs that were current goes back to the list itself (heap_list.h).
 *
 * Heaps lie in the range's HEAPS section and are never unmapped.  A thread takes one at its
 * first request, small or large (those are counted there too); when it ends the heap stays as
 * it is, lists included, and a later thread takes it over.  A thread without one (before its
 * first request, or after its end) has heap_self at an empty record that is never written, so
 * that the fast paths need no test.
 */
#ifndef ARENA_HEAP_STATE_H
#define ARENA_HEAP_STATE_H

#include "account.h"
#include "block.h"
#include "mail.h"

enum { SHELVES = 13 }; /* sizes of objects of another allocator that wait with a heap */

struct slab_queue {
  struct slab *first;
  struct slab *last;
};

/* What is known of the length of a list (heap_list.h). */
struct list {
  uint32_t length; /* cells, when it was cut or measured */
  uint32_t back;   /* cells that came back since, as far as they were counted */
  bool closed;     /* it grew too long: whoever notices puts it back */
};

struct heap {
  /* The owner's. */
  struct cell *head[CLASS_SLOTS];
  struct slab *current[CLASS_SLOTS];
  struct slab_queue queue[CLASS_SLOTS];
  struct list lists[CLASS_SLOTS];
  struct slab_queue dirty; /* empty slabs, newest first, their pages still resident */
  struct slab_queue clean; /* empty slabs whose pages went back to the kernel */
  uint64_t dirty_bytes;
  uint64_t purged_bytes; /* went back to the kernel lately, */
  uint32_t purged_ms;    /* the last of them then */
  uint64_t missed_bytes; /* and needed again (heap_memory.h) */
  struct block *blocks;  /* all of its blocks, newest first */
  struct books books;    /* with tags: what each call site did here */
  void *user;            /* of whoever uses the heaps: what goes with this one */

  /* With samples (shim/sampling.h).  cut[c] = 1 + cells that may be handed out before the user of
   * the heaps wants a request of class c for himself; 0: never. */
  uint32_t cut[CLASS_SLOTS];
  int64_t until_sample; /* bytes of large requests */
  uint64_t random;
  unsigned ticks;          /* slow paths, to look at the clock now and then */
  uint32_t released_ms;    /* when lists of several slabs' cells were put back last */
  uint64_t released_bytes; /* carved, when that was done to grow */
  bool spread;             /* there have been such lists */
  int outside;             /* > 0: its thread is inside another allocator (shim/gate.h) */
  bool straight;           /* its thread may go there without further questions (shim/entry.c) */
  /* That allocator's objects, put aside by its thread (shim/shelf.h). */
  struct cell *shelf[SHELVES];
  uint8_t shelf_room[SHELVES]; /* objects that each still has room for */
  bool shelf_open;             /* shelf_room is set */

  /* Counters by class: the owner writes, everybody may read.  Exact:
   *   allocations = passed - |head| + sum over slabs recycled
   *   frees = freed + sum over slabs (recycled + carved - used) + mail
   * As of the last slow path (all that can be said of a running thread's heap):
   *   allocations = known               frees = freed */
  _Atomic uint64_t passed[CLASS_SLOTS]; /* cells moved to the thread list */
  _Atomic uint64_t known[CLASS_SLOTS];  /* allocations, at least */
  _Atomic uint64_t freed[CLASS_SLOTS];  /* frees whose cells were taken up again */
  _Atomic uint64_t remote[CLASS_SLOTS]; /* those of them made by other threads */
  _Atomic uint64_t large_allocs;        /* requests passed on to jemalloc */
  _Atomic uint64_t large_frees;         /* frees passed on by this thread */
  _Atomic uint64_t total_blocks;        /* ever taken */
  _Atomic uint64_t carved_bytes;        /* cells carved in slabs that have a class */
  _Atomic uint64_t carved_peak;         /* upper bound of the live bytes' peak */
  uint64_t forked[CLASS_SLOTS];         /* frees before this process was forked off: not ours */
  uint64_t forked_remote[CLASS_SLOTS];  /* those of them made by other threads */

  _Atomic uint32_t threads; /* how many it has served */
  char name[16];            /* of the last thread that ended, as the kernel had it */
  bool named;               /* while a thread has it: by the program, and that is its name */

  /* What other threads write, on a line of its own. */
  _Alignas(CACHE_LINE) struct inbox inbox;
};

static_assert(sizeof(struct heap) <= HEAP_BYTES, "one heap a page");

/* What heap_self points to where there is no heap for the straight paths: never written. */
extern hidden const struct heap heap_empty[3];
#define heap_none heap_empty[0] /* a thread that has no heap yet */
#define heap_over heap_empty[1] /* a thread whose end has begun */
#define heap_tagged                                                                                \
  heap_empty[2] /* its objects get tags (heap_tag.h): heap_tagged_self is the heap */

extern hidden __thread struct heap *heap_self __attribute__((tls_model("initial-exec")));
extern hidden __thread struct heap *heap_tagged_self __attribute__((tls_model("initial-exec")));

static inline bool heap_is_real(const struct heap *h) {
  return (uintptr_t)h - (uintptr_t)heap_empty >= sizeof heap_empty;
}

/* The calling thread's heap, NULL if it has none. */
static inline struct heap *heap_mine(void) {
  struct heap *h = heap_self;
  return heap_is_real(h) ? h : h == &heap_tagged ? heap_tagged_self : NULL;
}

/* So many more frees of class c.  Those who look meanwhile, and read this count before the other,
 * never find more frees than allocations.  Below zero while cells that nobody ever had lie in their
 * slabs again, and lower than before whenever a list went back. */
static inline void heap_count_freed(struct heap *h, unsigned c, uint64_t n) {
  uint64_t freed = count_get(&h->freed[c]) + n;
  if ((int64_t)freed > (int64_t)count_get(&h->known[c]))
    atomic_store_explicit(&h->known[c], freed, memory_order_relaxed);
  atomic_store_explicit(&h->freed[c], freed, memory_order_release);
}

static inline struct heap *heap_at(unsigned number) {
  return (struct heap *)(range.base - HEAPS_BELOW + (uintptr_t)number * HEAP_BYTES);
}
static inline unsigned heap_number(const struct heap *h) {
  return (unsigned)(((uintptr_t)h - (range.base - HEAPS_BELOW)) / HEAP_BYTES);
}

/* A `site` of DIRECT means the return address of the function that jumps here as its last act:
 * reading it would cost the straight path an instruction. */
#define DIRECT     ((const void *)0)
#define SITE(site) ((site) != DIRECT ? (site) : __builtin_return_address(0))

#endif
