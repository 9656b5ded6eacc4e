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
#ifndef ARENA_HEAP_H
#define ARENA_HEAP_H

#include "account.h"
#include "block.h"
#include "fault.h"
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
   *   allocations = passed - |head| + sum over slabs relisted
   *   frees = freed + sum over slabs (relisted + carved - used) + mail
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

/* The straight path of malloc: a cell of class c (0 for no bytes), or NULL if the list is empty. */
static inline void *heap_pop(size_t c) {
  struct heap *h = heap_self;
  struct cell *p = h->head[c];
  cpu_result(p);
  if (likely(p != NULL))
    h->head[c] = p->next;
  return p;
}

/* The rest of malloc: a cell of class c; NULL if the system refuses memory.  Keeps errno.  Any
 * thread; not async-signal-safe. */
hidden void *heap_alloc_slow(size_t c);

/* The list of class c is empty: the next cell and a new list; NULL if refused.  The owner's. */
hidden void *heap_refill(struct heap *h, unsigned c);

/* A cell of the calling thread's own or borrowed heap; NULL if refused. */
static inline void *heap_take_cell(struct heap *h, unsigned c) {
  struct cell *p = h->head[c];
  if (unlikely(p == NULL))
    return heap_refill(h, c);
  h->head[c] = p->next;
  return p;
}

/* What free does when the straight path is not enough.  A `site` of DIRECT means the return address
 * of the function that jumps here as its last act: reading it would cost the straight path an
 * instruction. */
#define DIRECT     ((const void *)0)
#define SITE(site) ((site) != DIRECT ? (site) : __builtin_return_address(0))
hidden void heap_attend(void *p, struct slab *s, const char *entry, const void *site);
hidden void heap_free_slow(void *p, struct slab *s, const char *entry, const void *site);

/* The straight path of free.  Is it barred: by another heap's slab, or by a p that was freed just
 * now?  If not: puts p back; true if heap_attend is due.
 * The second question costs two of a pair's 32 instructions.  Malloc could ask it for nothing (a
 * list that ends in a cell that points to itself needs one compare for both), but later: meanwhile
 * a slab with a live object could look empty. */
static inline bool heap_free_barred(const struct slab *s, const void *p) {
  return unlikely(s->owner != heap_self) || unlikely(*s->into == p); /* `into` is the owner's */
}
static inline bool heap_free_straight(struct slab *s, void *p) {
  struct cell **into = s->into;
  ((struct cell *)p)->next = *into;
  *into = p;
  return unlikely(--s->until == 0);
}

/* Frees an object of the range.  What is not one ends the program with a message (fault.h) that
 * names the function the program called, and from where. */
static inline void heap_free_as(void *p, const char *entry, const void *site) {
  struct slab *s = slab_of(p);
  if (heap_free_barred(s, p))
    heap_free_slow(p, s, entry, site);
  else if (heap_free_straight(s, p))
    heap_attend(p, s, entry, site);
}
static inline void heap_free(void *p) { heap_free_as(p, "free", DIRECT); }

/* Usable bytes of an object of the range; a pointer that is not one is a fault.  `entry` is the
 * function the program called. */
static inline size_t heap_usable(const void *p, const char *entry, const void *site) {
  const struct slab *s = slab_of(p);
  if (unlikely(!slab_has_cell(s, p)))
    fault_in_slab(s, entry, p, site);
  return slab_cell_bytes(s);
}

/* The calling thread's heap if it has none yet: an idle one or a new one; NULL without memory. */
hidden struct heap *heap_acquire(void);

/* Called when a thread has taken its first heap, and before a heap is used for the first time,
 * which is not used if it answers false; set before threads exist, may be NULL. */
extern hidden void (*heap_thread_started)(void);
extern hidden bool (*heap_opened)(struct heap *);

/* Called in slow paths: now and then with 0, and with the bytes of a block that was taken; may be
 * NULL.  The heap is whole then, but it may be in the middle of a malloc. */
extern hidden void (*heap_looks_around)(struct heap *, size_t taken);

/* The calling thread's end: its heap goes to a later thread; afterwards this one is served one
 * request at a time from idle heaps. */
hidden void heap_thread_ended(void);

/* The owner's: the lists of cells ready to be handed out go back into their slabs, which so may be
 * empty. */
hidden void heap_put_lists_back(struct heap *h);

/* The owner's: takes what other threads have freed back into its slabs. */
hidden void heap_collect(struct heap *h);

/* Collects mail; gives empty memory back to the kernel.  For the calling thread's heap and those
 * that no thread has. */
hidden void heap_trim(void);

/* A heap is about to take a block: what other threads have freed in heaps that no thread has goes
 * back to the range, so that there is one. */
hidden void heap_tend_idle(void);

/* Around fork: in the parent before, in the child's only thread after.  No lock is taken.
 * What gone threads left half done is put right; counts start again, the objects alive at the
 * fork counting as allocations. */
hidden void heap_fork_prepare(void);
hidden void heap_fork_child(void);

/* Heaps made so far, each of them, and the kernel id of the thread that has it (0: none). */
hidden unsigned heap_count(void);
hidden uint32_t heap_thread(unsigned number);
static inline struct heap *heap_at(unsigned number) {
  return (struct heap *)(range.base - HEAPS_BELOW + (uintptr_t)number * HEAP_BYTES);
}
static inline unsigned heap_number(const struct heap *h) {
  return (unsigned)(((uintptr_t)h - (range.base - HEAPS_BELOW)) / HEAP_BYTES);
}

#endif
