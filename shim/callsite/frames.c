/* Frames of a walk, and which of libunwind's answers are believed; contract in frames.h. */
#include "frames.h"
#include "cfi.h"
#include "find_object.h"

struct rule frames_rule(struct capture *c, struct node *n) {
  struct rule r = node_rule(n);
  if (r.kind != RULE_UNKNOWN)
    return r;
  r = path_rule(n->address);
  if (r.kind == RULE_UNKNOWN) {
    c->counts.learned++;
    r = cfi_rule(n->address);
  }
  path_set_rule(n, r);
  return r;
}

struct node *frames_lose(struct capture *c, struct node *n) {
  c->counts.cut++;
  c->counts.lost++;
  return path_child(n, (uintptr_t)path_no_unwind, NODE_LABEL);
}

/* Ends the path behind n, because libunwind's guess was wrong, or it had none. */
static struct node *lose_guess(struct capture *c, struct node *n) {
  struct rule r = path_rule(n->address);
  if (r.kind == RULE_NONE && r.misses < MISSES_MAX) {
    r.misses++;
    path_set_rule(n, r);
  }
  return frames_lose(c, n);
}

/* Adds a caller that libunwind guessed.  The rule of n's address counts the distinct ones. */
static struct node *add_guess(struct capture *c, struct node *n, uintptr_t ra) {
  struct rule r = path_rule(n->address);
  bool known = path_peek(n, ra) != NULL;
  if (r.kind != RULE_NONE || (!known && r.guesses >= GUESSES_MAX) || !cfi_is_plausible(ra))
    return lose_guess(c, n);
  if (!known || r.misses != 0) {
    r.guesses += !known;
    r.misses = 0;
    path_set_rule(n, r);
  }
  return path_step(n, ra);
}

/* Is that a module's code?  All code with unwind information is, and that is found out without a
 * system call.  The rule found is kept, because recursion makes new paths of known addresses all
 * the time.  An address that is no code gets no node. */
static bool is_code(struct capture *c, uintptr_t ra) {
  const struct node *known = path_peek(&path_root, ra);
  struct rule r = {.kind = RULE_UNKNOWN};
  if (known != NULL)
    r = node_rule(known);
  if (r.kind == RULE_UNKNOWN && (r = cfi_rule(ra)).kind != RULE_NONE) {
    struct node *holder = path_step(&path_root, ra);
    if (holder != NULL)
      path_set_rule(holder, r);
    c->counts.learned++;
  }
  return r.kind != RULE_NONE || find_code(ra - 1) != 0;
}

struct node *frames_next(struct capture *c, struct node *n, uintptr_t ra) {
  struct node *next = path_peek(n, ra);
  if (next != NULL)
    return next;
  return is_code(c, ra) ? path_child(n, ra, NODE_FRAME) : frames_lose(c, n);
}

struct node *frames_add(struct capture *c, struct node *n, uintptr_t ra) {
  return frames_rule(c, n).kind == RULE_NONE ? add_guess(c, n, ra) : frames_next(c, n, ra);
}

struct node *frames_end(struct capture *c, struct node *n, bool ended, bool in_loader) {
  if (frames_rule(c, n).kind == RULE_NONE && !in_loader)
    return lose_guess(c, n);
  c->counts.cut += !ended;
  return n;
}
