/* Paths as they lie on the stack: remembers what a later request compares; the picture is in
 * capture.h, at struct known_stack. */
#include "capture.h"

/* One more word that must be the same.  False: it does not fit. */
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

/* The walk of capture_quick, noting what it depends on.  `saved` is where the current rbp was read
 * from; 0: it is the caller's own. */
static struct node *known_stack_walk(const struct capture *c, struct known_stack *f, struct node *n,
                                     uintptr_t bp, unsigned depth) {
  uintptr_t sp = f->sp, saved = 0;
  for (unsigned left = depth; n != NULL && --left > 0;) {
    struct rule r = node_rule(n);
    if (r.kind == RULE_END)
      return n;
    uintptr_t cfa = (uintptr_t)(intptr_t)r.delta + (r.kind == RULE_SP ? sp : bp);
    if (!rule_is_plain(r) || cfa <= sp || !frame_proves(cfa - sizeof cfa) ||
        !stack_knows(&c->stack_known, cfa - sizeof cfa))
      return NULL;
    if (r.kind == RULE_BP && saved == 0)
      f->uses_bp = true;
    else if (r.kind == RULE_BP && !known_stack_add(f, saved))
      return NULL;
    if (r.rbp_at != 0) {
      saved = cfa + (uintptr_t)(intptr_t)r.rbp_at;
      bp = *(const uintptr_t *)saved;
    }
    if (!known_stack_add(f, cfa - sizeof cfa))
      return NULL;
    sp = cfa;
    n = path_peek(n, ((const uintptr_t *)cfa)[-1]);
  }
  return n;
}

uint32_t known_stack_make(struct capture *c, struct node *first, uintptr_t sp, uintptr_t bp,
                          unsigned depth) {
  struct known_stack *f = &c->known[known_stack_at(first->address, sp)];
  f->ra = 0; /* until it is whole */
  struct known_stack fresh = {.sp = sp, .bp = bp};
  const struct node *n = known_stack_walk(c, &fresh, first, bp, depth);
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
