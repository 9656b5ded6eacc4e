/* libunwind: walks through frames that follow no rule (cfi.h), and checks the walks through those
 * that do.  No other file uses libunwind.
 *
 * It is opened at run time, with names that the program does not see (RTLD_LOCAL): if it were
 * linked, libraries that are opened later would find its `_Unwind_*` names before libgcc's.
 *
 * Its access_mem is replaced, for our own cursors only: each page is tried by a system call first,
 * so that a broken stack gives a short walk.  Only the expressions of unwind information read
 * memory that was not tried.
 *
 * libunwind's caches are off (UNW_CACHE_NONE, for all users of libunwind.so.8 in the process),
 * because they are never invalidated when a library leaves.
 *
 * libunwind can allocate, and takes the loader's lock with signals blocked (dl_iterate_phdr).
 * So, for unwinder_walk and unwinder_backtrace, the caller
 *   - guards re-entrancy: a request for memory from inside libunwind is served without a call of
 *     these functions;
 *   - holds no lock of ours, and lets no fork happen meanwhile;
 *   - does not call from a signal handler that interrupted these functions (the re-entry guard sees
 *     to it), or the loader.
 * Threads may call at the same time.  errno is kept.  No descriptor stays open: libunwind would
 * keep a pipe from its first use on, which is in unwinder_open, where its pipe2 fails.
 *
 * `stack_top` is the end of a free stack of UNWINDER_STACK_BYTES, on which libunwind runs, because
 * the caller's own may be small (threads may have 16 KiB).
 */
#ifndef SHIM_UNWINDER_H
#define SHIM_UNWINDER_H

#include "base.h"

enum { UNWINDER_STACK_BYTES = 64 << 10 };

/* Opens libunwind.so.8 and has it initialise itself, for which it allocates.  Once, in the
 * library's constructor, before there are other threads.  False: it is not installed, or not a
 * version that we know; then unwinder_walk and unwinder_backtrace must not be called. */
hidden bool unwinder_open(void);

/* Why unwinder_open returned false: the words that follow "libunwind.so.8 " in a message.  Valid
 * until the next dlopen; called right after unwinder_open, by the same thread. */
hidden const char *unwinder_trouble(void);

/* Writes the return addresses above the frame of `ra` to out, innermost first, up to n, and returns
 * how many there are.  sp and rbp are the registers at that return address, sp just after it was
 * popped.  *ended: the outermost frame was reached; else n were found, or libunwind could not go
 * on.  Where a frame has no unwind information, the next address is a guess. */
hidden unsigned unwinder_walk(uintptr_t ra, uintptr_t sp, uintptr_t rbp, uintptr_t *out, unsigned n,
                              bool *ended, void *stack_top);

/* libunwind's own answer for the calling thread, from its real registers: writes up to n return
 * addresses to out, beginning with that of the function whose CFA is `frame` (for malloc called by
 * f: an address in f), and returns how many there are; 0 if no such frame is found. */
hidden unsigned unwinder_backtrace(const void *frame, uintptr_t *out, unsigned n, void *stack_top);

#endif
