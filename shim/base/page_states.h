/* Which of this process's pages are in memory, by /proc/self/pagemap, many pages at a time.
 *
 * System calls only, in memory of the caller's; errno is kept.  Signal handlers too.  Pages come
 * and go meanwhile: each is as it was when its window was read.
 */
#ifndef SHIM_PAGE_STATES_H
#define SHIM_PAGE_STATES_H

#include "base.h"

enum { PAGE_STATES_MOST = 8192 }; /* pages in a window */

/* Of an entry: the page is in memory; it is in swap; it belongs to a file or to shared memory; no
 * other process has it, nor this one twice. */
#define PAGE_PRESENT (UINT64_C(1) << 63)
#define PAGE_SWAPPED (UINT64_C(1) << 62)
#define PAGE_OF_FILE (UINT64_C(1) << 61)
#define PAGE_ALONE   (UINT64_C(1) << 56)

struct page_states {
  int fd;
  uint64_t *entry;     /* PAGE_STATES_MOST of the caller's */
  size_t first, count; /* the window: number of its first page, how many pages */
  uintptr_t ahead;     /* up to here a window may go, although less is asked for at a time; or 0 */
};

/* What pages are, in bytes. */
struct page_sums {
  uint64_t resident, swapped;
  uint64_t anonymous; /* of resident: not a file's */
  uint64_t shared; /* of anonymous: other processes have them, too, or they are the page of zeros */
};

/* False if the kernel does not let us: then nothing is to be closed. */
hidden bool page_states_open(struct page_states *s, uint64_t *entries);
hidden void page_states_close(struct page_states *s);

/* Forgets the window: what is asked about next is read again. */
static inline void page_states_forget(struct page_states *s) { s->count = 0; }

/* The entry of the page that holds `at`, and *n: how many entries follow, itself included; at most
 * up to `end`.  They are 0 where the kernel has none. */
hidden const uint64_t *page_states_at(struct page_states *s, uintptr_t at, uintptr_t end,
                                      size_t *n);

/* Adds up the pages from start to end, whole pages; *lowest: the first that is in memory or in
 * swap, if there is one. */
hidden void page_states_sum(struct page_states *s, uintptr_t start, uintptr_t end,
                            struct page_sums *sums, uintptr_t *lowest);

static inline bool page_is_used(uint64_t entry) { return entry & (PAGE_PRESENT | PAGE_SWAPPED); }

#endif
