/* Enters paths into a table of known stacks; contract and picture in known_stack.h. */
#include "known_stack.h"
#include "frame_step.h"

/* Adds a word that must be the same.  False: the entry has no room for it. */
static bool known_stack_add(struct known_stack *f, uintptr_t address) {
  uintptr_t at = (address - f->sp) / sizeof(uintptr_t);
  if (f->words == KNOWN_WORDS || at > INT16_MAX)
    return false;
  f->at[f->words] = (int16_t)at;
  f->word[f->words++] = *(const uintptr_t *)address;
  if (at > f->last)
    f->last = (uint16_t)at;
  return true;
}

/* Adds the words by which a step by rule r went to the frame's caller, whose sp is `cfa`: that of
 * rbp, if the rule uses it, which was read from `saved` (0: it is still that of malloc's caller),
 * and the return address. */
static bool known_stack_note(struct known_stack *f, struct rule r, uintptr_t saved, uintptr_t cfa) {
  if (r.kind == RULE_BP && saved == 0)
    f->uses_bp = true;
  else if (r.kind == RULE_BP && !known_stack_add(f, saved))
    return false;
  return known_stack_add(f, cfa - sizeof cfa);
}

/* The walk of capture_known, noting the words that it depends on.  Returns the node at which the
 * path ends; NULL: as known_stack_make. */
static struct node *known_stack_walk(const struct stack_range *pages, struct known_stack *f,
                                     struct node *n, unsigned depth) {
  struct cursor at = {.ra = n->address, .sp = f->sp, .bp = f->bp};
  uintptr_t saved = 0;
  while (n != NULL && --depth > 0) {
    struct rule r = node_rule(n);
    if (r.kind == RULE_END)
      return n;
    if (!frame_step_known(pages, &at, r) || !known_stack_note(f, r, saved, at.sp))
      return NULL;
    if (r.rbp_at != 0)
      saved = at.sp + (uintptr_t)(intptr_t)r.rbp_at;
    n = path_peek(n, at.ra);
  }
  return n;
}

uint32_t known_stack_make(struct known_stack *table, const struct stack_range *pages,
                          struct node *first, uintptr_t sp, uintptr_t bp, unsigned depth) {
  struct known_stack *f = &table[known_stack_at(first->address, sp)];
  f->ra = 0; /* empty until all of it is written */
  struct known_stack fresh = {.sp = sp, .bp = bp};
  const struct node *n = known_stack_walk(pages, &fresh, first, depth);
  if (n == NULL)
    return SITE_NONE;
  for (unsigned i = fresh.words; i < KNOWN_WORDS; i++) {
    fresh.at[i] = -1;
    fresh.word[i] = first->address;
  }
  fresh.site = atomic_load_explicit(&n->site, memory_order_relaxed);
  *f = fresh;
  atomic_signal_fence(memory_order_seq_cst);
  f->ra = first->address;
  return fresh.site;
}
