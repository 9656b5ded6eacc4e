/* The table of region arenas; contract in regions.h and arena/attach.h.
 *
 * The table grows by pages of rows and never shrinks.  Rows are claimed by compare-and-swap.  A row
 * whose region has ended is given to the next region with the same name and caller, so that a
 * program that makes a million short regions needs only as many rows as it has regions at once.
 */
#include "regions.h"
#include "caller.h"
#include "os.h"

#include <string.h>

/* How many rows are examined for reuse: the newest ones, and some from where the last search ended,
 * so that in time all are examined.  Creating a region must not cost more the more regions live. */
enum { NEWEST_TRIED = 32, FURTHER_TRIED = 96 };

enum { PAGE_ROWS = 32 << 10, ROWS = PAGE_ROWS / sizeof(struct region_row), PAGES = 256 };

static struct {
  _Atomic(struct region_row *) pages[PAGES];
  _Atomic unsigned used;     /* rows [0, used) have a name or are FREE */
  _Atomic unsigned claimed;  /* rows [0, claimed) belong to a region, or soon will */
  _Atomic unsigned hand;     /* the row where the next search begins */
  _Atomic uint64_t unlisted; /* regions that found no row */
  _Atomic uint64_t bytes;
} table;

unsigned regions_count(void) {
  unsigned n = atomic_load_explicit(&table.used, memory_order_acquire);
  return n < PAGES * ROWS ? n : PAGES * ROWS;
}

const struct region_row *regions_row(unsigned i) {
  struct region_row *page = atomic_load_explicit(&table.pages[i / ROWS], memory_order_acquire);
  return page != NULL ? page + i % ROWS : NULL;
}

uint64_t regions_unlisted(void) { return count_get(&table.unlisted); }

uint64_t regions_mapped_bytes(void) { return count_get(&table.bytes); }

static struct region_row *page_make(unsigned page) {
  struct region_row *rows = atomic_load_explicit(&table.pages[page], memory_order_acquire);
  if (rows != NULL)
    return rows;
  struct region_row *fresh = os_map(PAGE_ROWS);
  if (fresh == NULL)
    return NULL;
  if (!atomic_compare_exchange_strong(&table.pages[page], &rows, fresh)) {
    os_unmap(fresh, PAGE_ROWS);
    return rows;
  }
  atomic_fetch_add(&table.bytes, PAGE_ROWS);
  return fresh;
}

static bool row_is(const struct region_row *r, const char *name, uint64_t caller) {
  return r->site == caller && strncmp(r->name, name, REGION_NAME_MAX - 1) == 0;
}

/* Row i, now LIVE, if its region has ended and had that name and caller; otherwise NULL. */
static struct region_row *take_over(unsigned i, const char *name, uint64_t caller) {
  struct region_row *r = (struct region_row *)regions_row(i);
  uint64_t ended = REGION_ROW_ENDED;
  return r != NULL && atomic_load_explicit(&r->state, memory_order_acquire) == ended &&
                 row_is(r, name, caller) &&
                 atomic_compare_exchange_strong(&r->state, &ended, REGION_ROW_LIVE)
             ? r
             : NULL;
}

static struct region_row *reuse_row(const char *name, uint64_t caller) {
  unsigned n = regions_count();
  unsigned older = n > NEWEST_TRIED ? n - NEWEST_TRIED : 0;
  struct region_row *r;
  for (unsigned i = older; i < n; i++)
    if ((r = take_over(i, name, caller)) != NULL)
      return r;
  unsigned left = older < FURTHER_TRIED ? older : FURTHER_TRIED;
  unsigned at = atomic_load(&table.hand);
  for (r = NULL; left > 0 && r == NULL; left--) {
    at = at < older ? at : 0;
    r = take_over(at++, name, caller);
  }
  atomic_store(&table.hand, at); /* two threads may examine the same rows, which does no harm */
  return r;
}

/* A row that no region had before; NULL if the table is full or memory is refused.  `used` follows
 * `claimed` when the row is filled; the row of a slower thread in between is still FREE, and
 * readers skip it. */
static struct region_row *new_row(const char *name, uint64_t caller) {
  unsigned i = atomic_fetch_add(&table.claimed, 1);
  if (i >= PAGES * ROWS) {
    atomic_store(&table.claimed, PAGES * ROWS);
    return NULL;
  }
  struct region_row *page = page_make(i / ROWS);
  if (page == NULL)
    return NULL;
  struct region_row *r = page + i % ROWS;
  r->site = caller;
  strncpy(r->name, name, REGION_NAME_MAX - 1);
  atomic_store_explicit(&r->state, REGION_ROW_LIVE, memory_order_release);
  unsigned used = atomic_load(&table.used);
  while (used <= i && !atomic_compare_exchange_weak(&table.used, &used, i + 1))
    ;
  return r;
}

exported struct region_row *arenashim_region_attach_v1(const char *name, const void *caller) {
  if (name == NULL)
    name = "region";
  struct region_row *r = reuse_row(name, (uintptr_t)caller);
  if (r == NULL)
    r = new_row(name, (uintptr_t)caller);
  if (r == NULL)
    atomic_fetch_add(&table.unlisted, 1);
  return r;
}
