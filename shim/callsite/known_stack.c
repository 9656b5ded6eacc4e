/* Reads the beginning of a path off the stack; contract and picture in known_stack.h. */
#include "known_stack.h"
#include "frame_step.h"

/* Adds a word that must be the same; the caller has made sure that there is room. */
static void add_word(struct known_stack *f, uintptr_t address) {
  uint16_t at = (uint16_t)((address - f->sp) / sizeof(uintptr_t));
  f->at[f->words] = (int16_t)at;
  f->word[f->words++] = *(const uintptr_t *)address;
  if (at > f->last)
    f->last = at;
}

/* Can the entry have a further step, by rule r, which leads to the stack pointer cfa? */
static bool has_room(const struct known_stack *f, struct rule r, uintptr_t cfa) {
  bool saved = r.kind == RULE_BP && f->bp_at != BP_KEPT;
  uintptr_t bytes = cfa - f->sp;
  return f->words + 1u + saved <= KNOWN_WORDS && bytes / sizeof cfa <= INT16_MAX &&
         bytes % sizeof cfa == 0 && r.rbp_at % (int)sizeof cfa == 0 &&
         (intptr_t)bytes + r.rbp_at >= 0;
}

/* Notes a step by rule r to the stack pointer cfa: the word of rbp, if the rule uses it and it is
 * not that of the beginning, the return address, and where rbp lies from now on. */
static void note_step(struct known_stack *f, struct rule r, uintptr_t cfa) {
  if (r.kind == RULE_BP && f->bp_at == BP_KEPT)
    f->uses_bp = true;
  else if (r.kind == RULE_BP)
    add_word(f, f->sp + (uintptr_t)(intptr_t)f->bp_at * sizeof cfa);
  f->returns |= (uint8_t)(1u << f->words);
  add_word(f, cfa - sizeof cfa);
  if (r.rbp_at != 0)
    f->bp_at =
        (int16_t)((intptr_t)(cfa - f->sp + (uintptr_t)(intptr_t)r.rbp_at) / (intptr_t)sizeof cfa);
  f->frames++;
}

static void fill_up(struct known_stack *f) {
  for (unsigned i = f->words; i < KNOWN_WORDS; i++) {
    f->at[i] = -1;
    f->word[i] = f->ra;
  }
}

bool known_stack_walk(struct known_rules *rules, const struct stack_range *pages,
                      struct known_stack *f, struct cursor *at, unsigned most) {
  *f = (struct known_stack){.ra = at->ra, .sp = at->sp, .bp = at->bp, .bp_at = BP_KEPT};
  for (;;) {
    struct rule r = known_rule(rules, at->ra);
    f->ends = r.kind == RULE_END;
    if (r.kind == RULE_UNKNOWN)
      return false;
    if (f->ends || f->frames == most || !has_room(f, r, rule_cfa(r, at)))
      break;
    if (!frame_step_known(pages, at, r))
      return false;
    note_step(f, r, at->sp);
  }
  fill_up(f);
  return true;
}
