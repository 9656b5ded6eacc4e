/* Everything that depends on the processor: sizes of its units and its few special words.
 *
 * x86-64 is what runs and is tested here.  A port adds a section; nothing else in arena/
 * or shim/ asks which processor this is.
 */
#ifndef ARENA_ARCH_H
#define ARENA_ARCH_H

#if !defined(__x86_64__)
#error "arenashim: only x86-64 is supported so far; arch.h is the header to extend"
#endif

#include <stdint.h>

enum {
  CACHE_LINE = 64,
  PAGE_BYTES = 4096, /* unit of mprotect and madvise */
  ADDRESS_BITS = 47  /* user addresses are below 2^47 */
};

/* The frame pointer register.  It is the caller's in code compiled with it fixed (-ffixed-rbp), as
 * all of shim/ is. */
static inline uintptr_t cpu_frame_pointer(void) {
  uintptr_t value;
  __asm__("mov %%rbp, %0" : "=r"(value));
  return value;
}

/* Has the value in the register in which functions return theirs, which saves malloc a move that
 * gcc 12 makes otherwise. */
#define cpu_result(value) __asm__("" : "+a"(value))

/* Inside a spin loop: lets the other hardware thread run. */
static inline void cpu_relax(void) { __builtin_ia32_pause(); }

#endif
