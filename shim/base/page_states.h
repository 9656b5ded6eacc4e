/* Which of this process's pages are in memory, many pages at a time.
 *
 *   /proc/self/pagemap    11 ms a GiB     in memory, in swap, a file's, also another process's
 *   mincore              0.5 ms a GiB     in memory: right of private anonymous memory alone
 *
 * mincore looks at the page table as the other does, but at no page.  (Of a file it says what is in
 * the page cache, whether the process has it or not.)  A page in swap counts as in memory while the
 * kernel keeps a copy of it there, and the page of zeros always.  So it is asked about memory in
 * which there are neither, and about all anonymous memory where pagemap is closed: to a process
 * that has changed its user, which the kernel protects from others of that user (PR_SET_DUMPABLE),
 * and where /proc is not mounted.
 *
 * System calls only, in memory of the caller's; errno is kept.  Signal handlers too.  Pages come
 * and go meanwhile: each is as it was when its window was read.
 */
#ifndef SHIM_PAGE_STATES_H
#define SHIM_PAGE_STATES_H

#include "seen_pages.h"

enum { PAGE_STATES_MOST = 8192 }; /* pages in a window */

/* Of an entry: the page is in memory; it is in swap; it belongs to a file or to shared memory; no
 * other process has it, nor this one twice. */
#define PAGE_PRESENT (UINT64_C(1) << 63)
#define PAGE_SWAPPED (UINT64_C(1) << 62)
#define PAGE_OF_FILE (UINT64_C(1) << 61)
#define PAGE_ALONE   (UINT64_C(1) << 56)

struct page_states {
  int fd;              /* of pagemap; -1: it is closed, and mincore answers */
  uint64_t *entry;     /* PAGE_STATES_MOST of the caller's; or as many bytes of mincore's */
  bool is_core;        /* the window is mincore's */
  size_t first, count; /* the window: number of its first page, how many pages */
  uintptr_t ahead;     /* up to here a window may go, although less is asked for at a time; or 0 */
  struct seen_pages *seen; /* what page_states_sum looks at is noted there; or NULL */
  bool core_suffices;      /* page_states_bits may ask mincore; the caller knows, and sets it */
};

/* What pages are, in bytes. */
struct page_sums {
  uint64_t resident, swapped;
  uint64_t anonymous; /* of resident: not a file's */
  uint64_t shared; /* of anonymous: other processes have them, too, or they are the page of zeros */
};

/* What up to 32 pages are, a bit each. */
struct page_bits {
  uint32_t resident, swapped, shared;
};

/* False if neither can be asked: then nothing is to be closed. */
hidden bool page_states_open(struct page_states *s, uint64_t *entries);
hidden void page_states_close(struct page_states *s);

/* Forgets the window: what is asked about next is read again. */
static inline void page_states_forget(struct page_states *s) { s->count = 0; }

/* The entry of the page that holds `at`, and *n: how many entries follow, itself included; at most
 * up to `end`.  They are 0 where the kernel has none, and in memory that is not mapped.  mincore
 * does not say whose a page is: PAGE_ALONE is then not set. */
hidden const uint64_t *page_states_at(struct page_states *s, uintptr_t at, uintptr_t end,
                                      size_t *n);

/* The pages from start to end, at most 32, of private anonymous memory.  Bit 0 is the first. */
hidden struct page_bits page_states_bits(struct page_states *s, uintptr_t start, uintptr_t end);

/* Adds up the pages from start to end, whole pages; *lowest: the first that is in memory or in
 * swap, if there is one. */
hidden void page_states_sum(struct page_states *s, uintptr_t start, uintptr_t end,
                            struct page_sums *sums, uintptr_t *lowest);

static inline bool page_is_used(uint64_t entry) { return entry & (PAGE_PRESENT | PAGE_SWAPPED); }

#endif
