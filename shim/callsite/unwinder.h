/* libunwind: walks through frames that follow no rule (cfi.h), and the judge of those that do.
 * The one file that knows libunwind.
 *
 * It is opened at run time and out of sight of the program (RTLD_LOCAL), because linking it
 * would put its `_Unwind_*` names before libgcc's for libraries that are opened later.
 *
 * Its access_mem is replaced, for our own cursors only: each page is tried by a system call first,
 * so that a broken stack gives a short walk; only expressions are evaluated unseen.
 *
 * libunwind's caches are off (UNW_CACHE_NONE, for all users of libunwind.so.8 in the process):
 * they are never invalidated when a library leaves.
 *
 * libunwind can allocate, and takes the loader's lock with signals blocked (dl_iterate_phdr).
 * So, for all functions but unwinder_open, the caller
 *   - guards re-entrancy: a request for memory from inside is served without asking here,
 *   - holds no lock of ours, and keeps forks away meanwhile (traps 18 to 20),
 *   - expects no async-signal safety: a signal that interrupts code in here must not call here,
 *     nor code in the loader (the re-entry guard covers the first).
 * Threads may call at the same time.  errno is kept.  No descriptor is open because of it:
 * libunwind would keep a pipe from its first use, in unwinder_open, where it is refused one.
 *
 * `stack_top` is the end of a free stack of UNWINDER_STACK_BYTES; what runs there needs next to
 * nothing of the caller's own (threads may have 16 KiB).
 */
#ifndef SHIM_UNWINDER_H
#define SHIM_UNWINDER_H

#include "base.h"

enum { UNWINDER_STACK_BYTES = 64 << 10 };

/* Opens libunwind.so.8 and has it initialise itself (it allocates).  Once, in the library's
 * constructor, before other threads.  False: not installed, or not the library we know; the
 * functions below must not be called then. */
hidden bool unwinder_open(void);

/* Why it did not open: what follows "libunwind.so.8 ".  Valid until the next dlopen. */
hidden const char *unwinder_trouble(void);

/* Return addresses above the frame of `ra`, innermost first, up to n, from the registers at
 * that return address (sp just after it was popped).  *ended: the outermost frame was reached;
 * else n were found, or libunwind or the stack gave out.  The answer may contain guesses, where
 * a frame has no unwind information. */
hidden unsigned unwinder_walk(uintptr_t ra, uintptr_t sp, uintptr_t rbp, uintptr_t *out, unsigned n,
                              bool *ended, void *stack_top);

/* libunwind's own answer for the calling thread, from its real registers: n return addresses
 * beginning with that of the function whose CFA is `frame` (for malloc called by f: an address
 * in f).  0 if no such frame is found. */
hidden unsigned unwinder_backtrace(const void *frame, uintptr_t *out, unsigned n, void *stack_top);

#endif
