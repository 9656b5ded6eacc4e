/* Everything that depends on the processor: sizes of its units and its few special instructions.
 *
 * x86-64 is what runs and is tested here.  A port adds a section; no other file asks which
 * processor this is.  All functions may be called in any context and keep errno.
 */
#ifndef ARENA_ARCH_H
#define ARENA_ARCH_H

#if !defined(__x86_64__)
#error "arenashim: only x86-64 is supported so far; arch.h is the header to extend"
#endif

#include <stddef.h>
#include <stdint.h>

enum {
  CACHE_LINE = 64,
  PAGE_BYTES = 4096, /* unit of mprotect and madvise */
  ADDRESS_BITS = 47  /* user addresses are below 2^47 */
};

/* The frame pointer register.  In code compiled with -ffixed-rbp it is the caller's. */
static inline uintptr_t cpu_frame_pointer(void) {
  uintptr_t value;
  __asm__("mov %%rbp, %0" : "=r"(value));
  return value;
}

/* Puts the value into the register in which functions return theirs, which saves malloc a move that
 * gcc 12 makes otherwise. */
#define cpu_result(value) __asm__("" : "+a"(value))

/* Adds n in one instruction to a counter that one thread alone writes.  So an addition by a signal
 * handler that interrupts this thread is not lost, and other threads read the value before or
 * after. */
static inline void cpu_add(_Atomic uint64_t *counter, uint64_t n) {
  __asm__("addq %1, %0" : "+m"(*(uint64_t *)counter) : "er"(n) : "cc");
}

/* A system call without a function of libc, which another preloaded library may replace; it is no
 * cancellation point and does not touch errno.  Returns what the kernel returns: -1..-4095 are
 * errors. */
static inline long cpu_syscall(long number, long a, long b, long c, long d, long e, long f) {
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  register long r9 __asm__("r9") = f;
  long result;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return result;
}

/* This thread's control block, whose first word is its own address. */
static inline uintptr_t cpu_thread(void) {
  uintptr_t value;
  __asm__("mov %%fs:0, %0" : "=r"(value));
  return value;
}

/* The address at that distance from this thread's control block. */
static inline uintptr_t cpu_thread_at(uintptr_t distance) {
  __asm__("add %%fs:0, %0" : "+r"(distance));
  return distance;
}

/* Copies n bytes, the lowest address first; sets n bytes. */
static inline void cpu_copy(void *to, const void *from, size_t n) {
  __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(n) : : "memory");
}
static inline void cpu_fill(void *to, int byte, size_t n) {
  __asm__ volatile("rep stosb" : "+D"(to), "+c"(n) : "a"(byte) : "memory");
}

/* Versions of libc's symbols: the first version for this processor, and that of memcpy. */
#define CPU_LIBC_VERSION   "GLIBC_2.2.5"
#define CPU_MEMCPY_VERSION "GLIBC_2.14"

/* Inside a spin loop: lets the other hardware thread run. */
static inline void cpu_relax(void) { __builtin_ia32_pause(); }

#endif
