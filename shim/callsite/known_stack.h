/* The beginning of a path as it lay on the stack, for the fast path of a capture.
 *
 * For the same return address and stack pointer, the words of the frames above are compared where
 * they lay, instead of being found one through the other; and always KNOWN_WORDS of them, so that
 * no branch depends on how many they are.  That they are equal proves the frames: each frame's rule
 * puts the next word where it was.
 *
 *   sp + 8 * at[i]   must hold   word[i]      return addresses, and frame pointers by which a
 *                                             frame was found
 *
 * Of a long path these are the innermost frames; the last word is the return address at which the
 * others are looked for (known_path.h).
 *
 * An entry belongs to an arena: only the thread that has the arena uses it.  Signal handlers may
 * interrupt that thread and read it too, because an entry is empty (ra == 0) while it is written.
 */
#ifndef SHIM_KNOWN_STACK_H
#define SHIM_KNOWN_STACK_H

#include "known_rules.h"
#include "stack_range.h"

enum { KNOWN_WORDS = 8 };

struct known_stack {
  _Alignas(CACHE_LINE) uintptr_t ra; /* 0: empty */
  uintptr_t sp;
  uintptr_t word[KNOWN_WORDS];
  int16_t at[KNOWN_WORDS];    /* in words from sp; unused ones: -1, where ra lies */
  uintptr_t bp;               /* of the frame of ra, if uses_bp */
  uint32_t site;              /* of a path that ends here; else SITE_NONE */
  uint32_t id;                /* of what the entry says: no other has had it in this arena */
  uint16_t last;              /* the highest of `at`, or 0 */
  int16_t bp_at;              /* where the frame above finds its rbp, in words from sp; BP_KEPT */
  uint16_t hint;              /* where the spine has the frame above: spine.h */
  uint8_t words;              /* used */
  uint8_t returns;            /* bit i: word[i] is a return address */
  uint8_t frames;             /* above that of ra */
  bool uses_bp : 1, ends : 1; /* ends: they are all of the path */
};
static_assert(sizeof(struct known_stack) == 2 * CACHE_LINE,
              "an entry takes no more cache lines than the stack itself");
enum { BP_KEPT = -1 }; /* these frames do not save rbp */

/* Does the stack at these registers (as they are after the return to ra) hold what f says?  Reads
 * only those pages. */
static inline bool known_stack_lies(const struct known_stack *f, const struct stack_range *pages,
                                    uintptr_t ra, uintptr_t sp, uintptr_t bp) {
  if (f->ra != ra || f->sp != sp || (f->uses_bp && f->bp != bp) ||
      unlikely(!stack_knows(pages, sp + f->last * sizeof ra)))
    return false;
#pragma GCC unroll 8
  for (unsigned i = 0; i < KNOWN_WORDS; i++)
    if (unlikely(((const uintptr_t *)sp)[f->at[i]] != f->word[i]))
      return false; /* what follows may not be there */
  return true;
}

/* Moves the registers from the beginning of f, which lies on the stack and has words, to its last
 * frame. */
static inline void known_stack_pass(const struct known_stack *f, struct cursor *at) {
  const uintptr_t *sp = (const uintptr_t *)at->sp;
  if (f->bp_at != BP_KEPT)
    at->bp = sp[f->bp_at];
  at->ra = f->word[f->words - 1];
  at->sp = (uintptr_t)(sp + f->at[f->words - 1] + 1);
}

/* Walks over rules that are known from `at` on, over up to `most` frames above the first, as many
 * as an entry can describe, and writes them into f without site and id; `at` is then in the last of
 * them.  f->ends says whether the outermost call was reached.  False: a rule is not known, or a
 * word not proven. */
hidden bool known_stack_walk(struct known_rules *rules, const struct stack_range *pages,
                             struct known_stack *f, struct cursor *at, unsigned most);

#endif
