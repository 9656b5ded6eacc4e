/* All that the heap asks of the operating system: address space, pages, time, threads' names.
 * (text.c writes and the two kinds of death abort, by calls of their own.)
 *
 * Every mapping passes here, so that `os_mapped_bytes` is the exact total of what was mapped
 * and not yet unmapped: the ledger's own counter.  Sizes and addresses are multiples of
 * PAGE_BYTES.  errno is kept: these calls are made in the middle of somebody's
 * malloc or free.  None allocates or takes a lock of ours.
 */
#ifndef ARENA_OS_H
#define ARENA_OS_H

#include "base.h"

#include <linux/futex.h>

/* Address space without memory behind it, kept out of core dumps: anywhere, or exactly there
 * (never over another mapping).  NULL if refused. */
hidden void *os_reserve(size_t bytes);
hidden void *os_reserve_at(void *address, size_t bytes);

/* Makes reserved pages usable (zero-filled at first touch).  False if refused: RLIMIT_DATA,
 * strict overcommit, a full map table. */
hidden bool os_commit(void *address, size_t bytes);

/* A sandbox has been put on after the start that may end the process for more than mmap, munmap,
 * mprotect, madvise, futex and rt_sigprocmask. */
extern hidden bool os_limited;

/* Even os_readable may end it. */
extern hidden bool os_blind;

/* A sandbox ends the process for mmap, munmap, mprotect or madvise: the shim's own forms of these
 * (shim/own_calls.c) fail with ENOMEM instead, so that the program gets NULL. */
extern hidden bool os_memory_forbidden;

/* Usable pages at once; NULL if refused. */
hidden void *os_map(size_t bytes);
hidden void os_unmap(void *address, size_t bytes);

/* A stack for a while, for the thread that maps it.  Not counted below, as threads' own are not:
 * what a report runs on is not part of what it reports.  NULL if refused. */
hidden void *os_stack_map(size_t bytes);
hidden void os_stack_unmap(void *stack, size_t bytes);

/* Bytes that nobody uses any more and the system refused to unmap: still mapped. */
hidden uint64_t os_stuck_bytes(void);
hidden void os_stuck_add(uint64_t bytes);

/* Gives the memory back to the kernel; the pages stay usable and read as zero. */
hidden void os_purge(void *address, size_t bytes);

/* Bytes mapped by the functions above, now. */
hidden uint64_t os_mapped_bytes(void);

/* Bytes that went back to the kernel since the start, purged or unmapped, reserved ones too; it
 * only grows. */
hidden uint64_t os_released_bytes(void);
hidden void os_released_add(uint64_t bytes);

/* For mappings that others make on our behalf (jemalloc's): the counter stays one. */
hidden void os_mapped_add(int64_t bytes);

/* Can the word at that address be read?  A system call that whatever has locks needs, and sandboxes
 * allow (futex); touches nothing.  False where it is refused, or os_blind. */
enum { OS_READABLE_FUTEX = FUTEX_CMP_REQUEUE_PRIVATE };
hidden bool os_readable(uintptr_t address);

/* The most that was resident of this process, or of the program before it by exec; in bytes.  A
 * system call; in a sandbox that may end the process for it, what is mapped now instead. */
hidden uint64_t os_peak_resident_bytes(void);

/* The limit on address space (ulimit -v), or SIZE_MAX. */
hidden size_t os_address_limit(void);

/* The limit on the main thread's stack (ulimit -s), or SIZE_MAX.  A system call, for the start. */
hidden size_t os_stack_limit(void);

/* Nanoseconds by one of clock_gettime's clocks.  Keeps errno. */
hidden uint64_t os_clock_ns(int clock);

/* Milliseconds of a clock that never goes back; coarse (a few ms), cheap. */
hidden uint32_t os_now_ms(void);

/* Sleeps about that long; a signal may cut it short. */
hidden void os_sleep_us(unsigned us);

/* Between the two no signal handler runs in this thread; a system call each. */
hidden void os_signals_hold(uint64_t *before);
hidden void os_signals_let_go(const uint64_t *before);

/* The kernel's id of this thread. */
hidden uint32_t os_thread_id(void);

/* Its name as the kernel has it, with an end; a system call.  Empty in a sandbox that may end the
 * process for it. */
hidden void os_thread_name(char name[16]);

#endif
