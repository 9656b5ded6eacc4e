/* Frames of a walk, and which of libunwind's answers are believed; contract in frames.h. */
#include "frames.h"
#include "cfi.h"
#include "find_object.h"

struct rule frames_rule(struct capture *c, uintptr_t address) {
  struct rule r = path_rule(address);
  if (r.kind != RULE_UNKNOWN)
    return r;
  c->counts.learned++;
  r = cfi_rule(address);
  path_set_rule(address, r);
  return r;
}

bool frames_lose(struct capture *c, struct call_path *p) {
  c->counts.cut++;
  c->counts.lost++;
  p->lost = true;
  return false;
}

static uintptr_t last_of(const struct call_path *p) { return p->frame[p->length - 1]; }

static bool add(struct call_path *p, uintptr_t ra) {
  p->frame[p->length++] = ra;
  return true;
}

/* Callers that were believed before are children of the root's child of the address that they
 * called. */
static bool is_known_caller(uintptr_t address, uintptr_t ra) {
  const struct node *n = path_peek(&path_root, address);
  return n != NULL && path_peek(n, ra) != NULL;
}
static void know_caller(uintptr_t address, uintptr_t ra) {
  struct node *n = path_step(&path_root, address);
  if (n != NULL)
    path_step(n, ra);
}

/* Ends the path, because libunwind's guess was wrong, or it had none. */
static bool lose_guess(struct capture *c, struct call_path *p) {
  struct rule r = path_rule(last_of(p));
  if (r.kind == RULE_NONE && r.misses < MISSES_MAX) {
    r.misses++;
    path_set_rule(last_of(p), r);
  }
  return frames_lose(c, p);
}

/* Adds a caller that libunwind guessed.  The rule of the last address counts the distinct ones. */
static bool add_guess(struct capture *c, struct call_path *p, uintptr_t ra) {
  struct rule r = path_rule(last_of(p));
  bool known = is_known_caller(last_of(p), ra);
  if (r.kind != RULE_NONE || (!known && r.guesses >= GUESSES_MAX) || !cfi_is_plausible(ra))
    return lose_guess(c, p);
  if (!known || r.misses != 0) {
    r.guesses += !known;
    r.misses = 0;
    path_set_rule(last_of(p), r);
    know_caller(last_of(p), ra);
  }
  return add(p, ra);
}

/* Is that a module's code?  All code with unwind information is, and that is found out without a
 * system call.  The rule found is kept.  An address that is no code gets no node. */
static bool is_code(struct capture *c, uintptr_t ra) {
  if (path_rule(ra).kind != RULE_UNKNOWN)
    return true;
  struct rule r = cfi_rule(ra);
  if (r.kind == RULE_NONE && find_code(ra - 1) == 0)
    return false;
  path_set_rule(ra, r);
  c->counts.learned++;
  return true;
}

bool frames_next(struct capture *c, struct call_path *p, uintptr_t ra) {
  return is_code(c, ra) ? add(p, ra) : frames_lose(c, p);
}

bool frames_add(struct capture *c, struct call_path *p, uintptr_t ra) {
  return frames_rule(c, last_of(p)).kind == RULE_NONE ? add_guess(c, p, ra) : frames_next(c, p, ra);
}

void frames_end(struct capture *c, struct call_path *p, bool ended, bool in_loader) {
  if (frames_rule(c, last_of(p)).kind == RULE_NONE && !in_loader)
    lose_guess(c, p);
  else
    c->counts.cut += !ended;
}
