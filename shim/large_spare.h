/* How much memory jemalloc may keep that no object is in.
 *
 * By its own defaults it gives objects of 8 MiB and more back at every free, and the program pays
 * for their pages again at the next malloc; everything else it keeps for up to ten seconds.  Here
 * nothing goes back at once.  What it keeps is limited to a third of what is in use, looked at
 * when twice as much was asked for since the last time, and goes within half a second.  (Measured:
 * limits of a quarter to a half, looks at one to three times as much.)
 *
 * A MALLOC_CONF that sets oversize_threshold or dirty_decay_ms switches all this off.
 */
#ifndef SHIM_LARGE_SPARE_H
#define SHIM_LARGE_SPARE_H

#include "../arena/heap.h"

/* Requests of so many bytes tell large_spare_look of themselves. */
enum { LARGE_BIG = 256 << 10 };

/* After a large request of the thread that has this heap: jemalloc runs then, and asking it costs
 * no more memory.  The first call asks jemalloc for its options and sets the shelves' limits
 * (shelf.h) by them; true once that is done. */
hidden bool large_spare_setup(struct heap *h);

/* The thread, which has this heap, has got so many bytes more from jemalloc or from the system; or
 * 0, just to look.  Not inside jemalloc.  Keeps errno. */
hidden void large_spare_look(struct heap *h, size_t bytes);

/* Inside the gate: a request of so many bytes was refused.  True: something that was kept has gone
 * back, and another try is worth it. */
hidden bool large_spare_drop(size_t bytes);

/* In the child of a fork. */
hidden void large_spare_forget(void);

#endif
