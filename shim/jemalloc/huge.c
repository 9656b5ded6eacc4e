/* Huge objects; picture and contract in huge.h. */
#include "huge.h"
#include "huge_pages.h"
#include "size_class.h"

#include <pthread.h>

/* The table: open addressing, twice as many slots as objects. */
enum { SLOT_BITS = 13, SLOTS = 1 << SLOT_BITS };
static_assert(SLOTS == 2 * HUGE_MOST, "half of the slots stay free");

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct extent table[SLOTS];
static unsigned objects;
static _Atomic uint64_t mapped;

/* Nearly always it is held for less time than it takes to sleep and be woken. */
enum { LOCK_SPINS = 100 };
static void lock(void) {
  for (unsigned i = 0; i < LOCK_SPINS; i++) {
    if (pthread_mutex_trylock(&mutex) == 0)
      return;
    cpu_relax();
  }
  pthread_mutex_lock(&mutex);
}
static void unlock(void) { pthread_mutex_unlock(&mutex); }

void huge_fork_prepare(void) { lock(); }
void huge_fork_end(void) { unlock(); }

uint64_t huge_live_bytes(void) { return pages_live_bytes(); }
uint64_t huge_mapped_bytes(void) { return count_get(&mapped); }

/* ---- the table; under the lock ---- */

static size_t slot_for(const void *p) {
  return (uintptr_t)p / PAGE_BYTES * UINT64_C(0x9e3779b97f4a7c15) >> (64 - SLOT_BITS);
}

static struct extent *find(const void *p) {
  for (size_t i = slot_for(p); table[i].start != NULL; i = (i + 1) % SLOTS)
    if (table[i].start == p)
      return &table[i];
  return NULL;
}

/* False, and p is in no table: there is no memory for its page's kind. */
static bool insert(struct extent p) {
  page_map_note(p.start, PAGE_HUGE);
  if (!huge_holds(p.start))
    return false;
  size_t i = slot_for(p.start);
  while (table[i].start != NULL)
    i = (i + 1) % SLOTS;
  table[i] = p;
  objects++;
  return true;
}

/* Later objects whose way passes the slot move up, so that no way is cut. */
static struct extent take_out(struct extent *s) {
  struct extent p = *s;
  size_t hole = (size_t)(s - table);
  for (size_t i = (hole + 1) % SLOTS; table[i].start != NULL; i = (i + 1) % SLOTS)
    if ((i - slot_for(table[i].start)) % SLOTS >= (i - hole) % SLOTS) {
      table[hole] = table[i];
      hole = i;
    }
  table[hole].start = NULL;
  objects--;
  return p;
}

size_t huge_bytes(const void *p) {
  lock();
  const struct extent *s = find(p);
  size_t bytes = s != NULL ? s->bytes : 0;
  unlock();
  return bytes;
}

static bool covers(const struct extent *s, const void *p) {
  return (uintptr_t)p - (uintptr_t)s->start < s->bytes;
}

bool huge_around(const void *p, uintptr_t *start, size_t *bytes) {
  *bytes = 0;
  for (size_t i = 0; i < SLOTS; i++)
    if (table[i].start != NULL && covers(&table[i], p)) {
      *start = (uintptr_t)table[i].start;
      *bytes = table[i].bytes;
      return true;
    }
  return pages_around(p);
}

/* ---- pages ---- */

static void give_back(struct extent p) {
  pages_unmap(p);
  atomic_fetch_sub_explicit(&mapped, p.bytes, memory_order_relaxed);
}

/* Under the lock, which is free during the system calls. */
static void trim(bool all) {
  struct extent p;
  while (pages_take_excess(&p, all)) {
    unlock();
    give_back(p);
    lock();
  }
}

void huge_purge(bool all) {
  lock();
  trim(all);
  unlock();
}

/* Under the lock, which is free during the system call; makes p longer, or maps it.  Its pages
 * count as live already, and so do those to come, afterwards.  False: p is as it was. */
static bool enlarge(struct extent *p, size_t bytes) {
  size_t more = bytes - p->bytes;
  pages_count((int64_t)more);
  trim(false);
  unlock();
  bool done = pages_map(p, bytes);
  if (done)
    atomic_fetch_add_explicit(&mapped, more, memory_order_relaxed);
  lock();
  if (!done)
    pages_count(-(int64_t)more);
  return done;
}

/* Under the lock: an extent for an object of that size; none (start NULL) if the system refuses. */
static struct extent take(size_t bytes, bool zeroed) {
  struct extent p = {0};
  if (!zeroed)
    p = pages_take(bytes);
  if (p.bytes >= bytes || enlarge(&p, bytes))
    return p;
  if (p.start != NULL)
    pages_give(p);
  p = (struct extent){0};
  if (!enlarge(&p, bytes) && pages_idle_bytes() != 0) {
    trim(true);
    enlarge(&p, bytes);
  }
  return p;
}

/* ---- objects ---- */

/* Eight sizes a power of two: an extent that an object has left fits the next one of about its size,
 * and fewer rests are too small for any.  The pages beyond the request are seldom touched. */
static size_t pages_for(size_t n) {
  size_t power = (size_t)1 << (63 - __builtin_clzl(n));
  return round_up(n, power / 8);
}

void *huge_alloc(size_t n, bool zeroed) {
  struct extent p = {0};
  lock();
  if (objects < HUGE_MOST)
    p = take(pages_for(n), zeroed);
  if (p.start != NULL && !insert(p)) {
    pages_give(p);
    p.start = NULL;
  }
  unlock();
  return p.start;
}

bool huge_free(void *p) {
  lock();
  struct extent *s = find(p);
  if (s != NULL) {
    pages_give(take_out(s));
    trim(false);
  }
  unlock();
  return s != NULL;
}

/* Where the object stays: it has the bytes, or what follows it is idle. */
static bool resize_in_place(struct extent *s, size_t bytes) {
  if (bytes > s->bytes)
    return pages_extend(s, bytes - s->bytes);
  if (s->bytes - bytes > s->bytes / 4) {
    struct extent rest = *s;
    rest.start += bytes;
    rest.bytes -= bytes;
    s->bytes = bytes;
    pages_give(rest);
  }
  return true;
}

/* An object that has grown once will grow again: it gets jemalloc's next size class, of which only
 * the pages that are touched cost memory.  Under the lock; the object is in no table meanwhile. */
static void *lengthen(struct extent *s, size_t n) {
  struct extent p = take_out(s);
  bool done = enlarge(&p, large_class_bytes(large_class(n))) || enlarge(&p, pages_for(n));
  bool known = insert(p); /* it was marked before */
  (void)known;
  return done ? p.start : NULL;
}

void *huge_resize(void *p, size_t n) {
  size_t bytes = pages_for(n);
  void *to = p;
  lock();
  struct extent *s = find(p);
  if (s == NULL)
    to = NULL;
  else if (!resize_in_place(s, bytes))
    to = lengthen(s, n);
  trim(false);
  unlock();
  return to;
}
