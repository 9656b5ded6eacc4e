/* Pages for huge objects (huge.h), and those that huge objects have left.
 *
 * The kernel clears each page that it hands out, which takes longer than most programs take to fill
 * it.  So an extent that an object has left waits, idle, for the next object:
 *
 *   as large or larger   the object takes the front of it; the rest goes on to wait
 *   smaller              mremap makes it longer: its pages move, by their page table entries, to a
 *                        place with room, and the kernel adds pages for what was missing
 *
 * A request takes the smallest idle extent that it fits into, else the largest.  So pages are added
 * only while no idle extent would do, and after each call
 *
 *   live + idle <= 17/16 of the highest live so far    the peak is the program's own
 *   idle <= max(live, FEW_BYTES)                       what is freed for good goes back at once
 *   an extent is idle for DECAY_MS at most
 *
 * with two exceptions.  While less than half of that peak can be resident, twice the peak may be
 * mapped, and more be idle than live: pages that were never touched cost nothing.  And within
 * 100 ms no more bytes than the peak go back by the second limit, so that a program that frees all
 * and allocates it again in turn pays for its pages now and then, not each time.  What goes back
 * first has been idle longest.
 *
 * An extent lies in one mapping of the kernel's, or mremap would refuse it.  Extents that touch are
 * joined if they have the same `mapping`, that is, if they were one extent once.
 *
 * Callers hold the lock of huge.c, but for the functions with "map" in their names, which make
 * system calls.  Inside the gate (fork_gate.h).  errno is kept.
 */
#ifndef SHIM_HUGE_PAGES_H
#define SHIM_HUGE_PAGES_H

#include "base.h"

struct extent {
  char *start; /* NULL: no extent */
  size_t bytes;
  uint32_t mapping;
  uint32_t idle_ms; /* since when it is idle, by os_now_ms */
};

enum { HUGE_CUT_LEAST = 64 << 10 }; /* a rest below that stays with the object */

/* Takes an idle extent for an object of `bytes` bytes, a multiple of PAGE_BYTES: of that size or
 * little more, or a smaller one, to be lengthened, or none.  What it has counts as live. */
hidden struct extent pages_take(size_t bytes);

/* An extent that no object has any more: counts as idle. */
hidden void pages_give(struct extent p);

/* Takes what touches the end of p and is idle, up to `bytes` bytes; all or nothing.  True: p has
 * them now. */
hidden bool pages_extend(struct extent *p, size_t bytes);

/* Counts bytes as live that are about to be mapped, or (negative) that will not be. */
hidden void pages_count(int64_t bytes);

/* Takes an extent that must go back to the system; false if there is none.  `all`: any idle extent.
 */
hidden bool pages_take_excess(struct extent *p, bool all);

/* Makes p longer, or maps a new extent if it is none: `bytes` in all, beyond what p had zeroed.
 * Its place may change.  False: the system refused it, and p is as it was.  pages_unmap gives p
 * back to the system. */
hidden bool pages_map(struct extent *p, size_t bytes);
hidden void pages_unmap(struct extent p);

/* Is p in an idle extent?  Without the lock: while other threads work the answer may be wrong. */
hidden bool pages_around(const void *p);

/* The same for a report of many pages: is the page at `at` idle?  *until, the end of what is asked
 * about, is lowered to where the answer may be another. */
hidden bool pages_idle_run(uintptr_t at, uintptr_t *until);

/* The list of idle extents, HUGE_IDLE_MOST items, and how many of them are used: for readers
 * outside of the process. */
enum { HUGE_IDLE_MOST = 128 };
hidden const struct extent *pages_idle_list(const unsigned **count);

/* Bytes in objects, and idle ones.  Any thread, without the lock; signal handlers too. */
hidden uint64_t pages_live_bytes(void);
hidden uint64_t pages_idle_bytes(void);

#endif
