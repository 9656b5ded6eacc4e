/* Paths as they lay on the stack, for the fast path of a capture.
 *
 * For the same return address and stack pointer, the other words of the path are compared where
 * they lay, instead of being found one through the other; and always KNOWN_WORDS of them, so that
 * no branch depends on how long the path is.  That they are equal proves the path: each frame's
 * rule puts the next word where it was.
 *
 *   sp + 8 * at[i]   must hold   word[i]      return addresses, and frame pointers by which a
 *                                             frame was found
 *
 * A table belongs to an arena: only the thread that has the arena uses it.  Signal handlers may
 * interrupt that thread and use it too, because an entry is empty (ra == 0) while it is written.
 */
#ifndef SHIM_KNOWN_STACK_H
#define SHIM_KNOWN_STACK_H

#include "path_tree.h"
#include "stack_range.h"

enum { KNOWN_STACKS = 512, KNOWN_WORDS = 8 };

struct known_stack {
  _Alignas(CACHE_LINE) uintptr_t ra; /* 0: empty */
  uintptr_t sp;
  uintptr_t word[KNOWN_WORDS];
  int16_t at[KNOWN_WORDS]; /* in words from sp; unused ones: -1, where ra lies */
  uintptr_t bp;            /* of the caller, if uses_bp */
  uint32_t site;
  uint8_t words; /* used */
  bool uses_bp;
  uint16_t last; /* the highest of `at`, or 0 */
};
static_assert(sizeof(struct known_stack) == 2 * CACHE_LINE,
              "an entry takes no more cache lines than the stack itself");

static inline size_t known_stack_at(uintptr_t ra, uintptr_t sp) {
  return (ra ^ sp << 7) * UINT64_C(0x9e3779b97f4a7c15) >> 55;
}
static_assert(KNOWN_STACKS == 1 << (64 - 55), "the upper bits of the hash");

/* The site of the path at these registers (as they are after the return to ra) if it lies on the
 * stack as an entry of the table says; else SITE_NONE.  Reads only those pages. */
static inline uint32_t known_stack_find(const struct known_stack *table,
                                        const struct stack_range *pages, uintptr_t ra, uintptr_t sp,
                                        uintptr_t bp) {
  const struct known_stack *f = &table[known_stack_at(ra, sp)];
  __asm__("" : "+r"(f)); /* without it the compiler, short of registers, computes f for each use */
  if (f->ra != ra || f->sp != sp || (f->uses_bp && f->bp != bp) ||
      unlikely(!stack_knows(pages, sp + f->last * sizeof ra)))
    return SITE_NONE;
#pragma GCC unroll 8
  for (unsigned i = 0; i < KNOWN_WORDS; i++)
    if (unlikely(((const uintptr_t *)sp)[f->at[i]] != f->word[i]))
      return SITE_NONE; /* what follows may not be there */
  return f->site;
}

/* Walks `depth` frames (the first one is that of node `first`) over nodes and rules that are known,
 * and enters the path as it lies into the table.  Returns its site; SITE_NONE, with the path's
 * entry empty, if something is not known or the path needs more than KNOWN_WORDS words. */
hidden uint32_t known_stack_make(struct known_stack *table, const struct stack_range *pages,
                                 struct node *first, uintptr_t sp, uintptr_t bp, unsigned depth);

#endif
