/* The probes and their notes; contract in probes.h.
 *
 * A note of .note.stapsdt has the address of the nop, that of .stapsdt.base, by which a reader
 * notices that the file was moved since it was linked, and that of the semaphore; then provider,
 * name, and where each argument lies, with its bytes in front.
 */
#include "probes.h"

/* The section has to be one of its own: readers look for writable memory of that name. */
#define SEMAPHORE __attribute__((section(".probes"), used))
hidden SEMAPHORE volatile unsigned short otel_memory_alloc_semaphore, otel_memory_free_semaphore;

__asm__(".pushsection .stapsdt.base, \"aGR\", \"progbits\", .stapsdt.base, comdat\n"
        ".weak _.stapsdt.base\n"
        ".hidden _.stapsdt.base\n"
        "_.stapsdt.base: .space 1\n"
        ".size _.stapsdt.base, 1\n"
        ".popsection\n");

#define NOTE(name, places)                                                                         \
  "990: nop\n"                                                                                     \
  ".pushsection .note.stapsdt, \"\", \"note\"\n"                                                   \
  ".balign 4\n"                                                                                    \
  ".4byte 992f - 991f, 994f - 993f, 3\n"                                                           \
  "991: .asciz \"stapsdt\"\n"                                                                      \
  "992: .balign 4\n"                                                                               \
  "993: .8byte 990b, _.stapsdt.base, otel_memory_" name "_semaphore\n"                             \
  ".asciz \"otel_memory\"\n"                                                                       \
  ".asciz \"" name "\"\n"                                                                          \
  ".asciz \"" places "\"\n"                                                                        \
  "994: .balign 4\n"                                                                               \
  ".popsection\n"

void probe_alloc_fire(const void *p, size_t bytes, size_t weight) {
  __asm__ volatile(NOTE("alloc", "8@%%rdi 8@%%rsi 8@%%rdx")::"D"(p), "S"(bytes), "d"(weight)
                   : "memory");
}

void probe_free_fire(const void *p) {
  __asm__ volatile(NOTE("free", "8@%%rdi")::"D"(p) : "memory");
}
