/* All that the heap asks of the operating system: address space, pages, time, threads' names.
 * (Outside of this header, text.c writes, and check.c and fault.c abort.)
 *
 * Every mapping is made here, so that `os_mapped_bytes` is the exact total of what was mapped and
 * not yet unmapped.  Addresses and sizes are in bytes and multiples of PAGE_BYTES.
 *
 * All functions may be called by any thread and in a signal handler.  They allocate nothing, take
 * no lock of ours and keep errno, because they are called in the middle of a program's malloc or
 * free.
 */
#ifndef ARENA_OS_H
#define ARENA_OS_H

#include "base.h"

#include <linux/futex.h>

/* What a sandbox may end this thread for: system calls that must not be made.  A filter can hold
 * for one thread alone, or for all; both words are set outside of arena/, and only read here. */
enum os_use {
  OS_MMAP = 1,   /* mmap must fail with ENOMEM instead, so that the program gets NULL */
  OS_MUNMAP = 2, /* so must munmap, mprotect and madvise: memory stays as it is */
  OS_MPROTECT = 4,
  OS_MADVISE = 8,
  OS_MREMAP = 16,
  OS_MASKS = 32, /* rt_sigprocmask: what needs signals blocked, and can be left undone, must be */
  OS_READABLE = 64, /* the call that os_readable makes */
  OS_FIGURES = 128, /* calls other than these and futex */
  OS_USES_END = 256 /* the first bit that is free for others */
};
extern hidden _Atomic unsigned os_forbidden_all;
extern hidden __thread unsigned os_forbidden_here __attribute__((tls_model("initial-exec")));
static inline bool os_forbids(unsigned uses) {
  unsigned all = atomic_load_explicit(&os_forbidden_all, memory_order_relaxed);
  return unlikely(((all | os_forbidden_here) & uses) != 0);
}

/* Maps usable pages, filled with zeros; NULL if the system refuses.  Unmaps them; if the system
 * refuses that, they count as stuck. */
hidden void *os_map(size_t bytes);
hidden void os_unmap(void *address, size_t bytes);

/* Makes a mapping that os_map made, or a part of one, `bytes` bytes long instead of `old`: where it
 * is, or at another place with its pages.  What was added is filled with zeros.  NULL if the system
 * refuses, or OS_MREMAP is forbidden; nothing has changed then. */
hidden void *os_remap(void *address, size_t old, size_t bytes);

/* What os_map and os_remap made and os_unmap has not unmapped: which addresses are the library's
 * own (of os_map_at's the callers know the places).  Slots below os_owned_count() with a `start`
 * above OS_OWNED_BUSY are used.  A reader sees slots as they are at that moment; while another
 * thread changes one, it may be missed.  What found no slot is not listed. */
enum { OS_OWNED_MOST = 8192, OS_OWNED_BUSY = 1 };
struct os_owned {
  _Atomic uintptr_t start; /* 0: the slot is free */
  _Atomic uintptr_t bytes;
};
extern hidden struct os_owned os_owned[OS_OWNED_MOST];
hidden unsigned os_owned_count(void);

/* Maps such pages at exactly that address and never over another mapping.  False if something lies
 * there, or if the system refuses (RLIMIT_AS, RLIMIT_DATA, strict overcommit, a full map table). */
hidden bool os_map_at(void *address, size_t bytes);

/* Maps a stack that the calling thread uses for a while; NULL if the system refuses.  It is not
 * counted in os_mapped_bytes, as threads' own stacks are not: a report does not count the stack it
 * runs on. */
hidden void *os_stack_map(size_t bytes);
hidden void os_stack_unmap(void *stack, size_t bytes);

/* Bytes that are no longer used but still mapped, because the system refused to unmap them. */
hidden uint64_t os_stuck_bytes(void);
hidden void os_stuck_add(uint64_t bytes);

/* Gives the memory of these pages back to the kernel; they stay usable and read as zero.  If the
 * system refuses, nothing happens. */
hidden void os_purge(void *address, size_t bytes);

/* Bytes that are mapped now by the functions above. */
hidden uint64_t os_mapped_bytes(void);

/* Bytes that went back to the kernel since the start, purged or unmapped.  It only grows. */
hidden uint64_t os_released_bytes(void);
hidden void os_released_add(uint64_t bytes);

/* Adds mappings, or with bytes < 0 removes them, that other code made on our behalf, so that there
 * is one total. */
hidden void os_mapped_add(int64_t bytes);

/* Can the word at that address be read?  Makes a futex system call, which every process with locks
 * needs and sandboxes therefore allow; touches nothing.  False if the call is refused, or
 * forbidden.
 */
enum { OS_READABLE_FUTEX = FUTEX_CMP_REQUEUE_PRIVATE };
hidden bool os_readable(uintptr_t address);

/* Highest resident size of this process so far, or of the program that it was before exec; bytes. A
 * system call; if OS_FIGURES is forbidden, os_mapped_bytes instead. */
hidden uint64_t os_peak_resident_bytes(void);

/* The limit on the main thread's stack (ulimit -s) in bytes, or SIZE_MAX.  A system call; for the
 * start, before a sandbox. */
hidden size_t os_stack_limit(void);

/* Nanoseconds by one of clock_gettime's clocks. */
hidden uint64_t os_clock_ns(int clock);

/* Milliseconds of a clock that never goes back, modulo 2^32; cheap, and coarse (steps of a few ms).
 */
hidden uint32_t os_now_ms(void);

/* Sleeps for about `us` microseconds; a signal may end the sleep early. */
hidden void os_sleep_us(unsigned us);

/* Blocks all signals of this thread, with the mask before in *before; restores that mask.  A system
 * call each; nothing if OS_MASKS is forbidden. */
hidden void os_signals_block(uint64_t *before);
hidden void os_signals_restore(const uint64_t *before);

/* The kernel's id of this thread.  A system call. */
hidden uint32_t os_thread_id(void);

/* This thread's name as the kernel has it, NUL-terminated.  A system call; empty if OS_FIGURES
 * is forbidden. */
hidden void os_thread_name(char name[16]);

#endif
