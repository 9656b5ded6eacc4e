/* Whole paths whose inner and outer frames lie on the stack as they did before.
 *
 *   stack:    | innermost frames |         outer frames             |
 *               first[hash]         spine: those of the last path
 *                     \______________/
 *             joint[their two numbers] = the site
 *
 * The innermost frames change with every request, and an entry knows one way in which they lay
 * (known_stack.h).  The outer frames hardly ever change: they stand in a spine (spine.h).  A short
 * path is an entry alone.
 *
 *   known_path_find     an entry and the spine lie as they did: words are compared
 *   known_path_replay   the inner frames are walked along the path tree, the others compared
 *   known_path_walk     all is walked, over rules that are known; entries and spine learn it
 *
 * The tables belong to an arena; only its thread uses them, but for known_path_forget.  A signal
 * handler that interrupts a walk finds them `walking` and leaves them alone: then these functions
 * know nothing.  If the handler jumped out of the walk that stays so for WALKS_REFUSED walks.
 */
#ifndef SHIM_KNOWN_PATH_H
#define SHIM_KNOWN_PATH_H

#include "call_path.h"
#include "frame_step.h"
#include "known_stack.h"
#include "spine.h"

enum { KNOWN_FIRST = 512, KNOWN_WAYS = 2, KNOWN_JOINTS = 2048, WALKS_REFUSED = 1 << 16 };

/* A thread that changes between several stacks has several spines. */
enum { SPINES = 4, SPINE_REACH = 256 << 10 };

struct known_joint {
  uint64_t key; /* the numbers of an entry and of the spine's frame that it ends in; 0: empty */
  uint32_t site;
};

struct known_paths {
  _Alignas(CACHE_LINE) struct known_stack first[KNOWN_FIRST];
  struct known_joint joint[KNOWN_JOINTS];
  struct spine spine[SPINES];
  struct known_rules rules;
  uint32_t ids;                  /* given so far */
  unsigned writes;               /* walks that have changed the tables */
  bool walking;                  /* a walk may be changing them */
  unsigned refused;              /* walks that found it so, one after the other */
  _Atomic unsigned generation;   /* spines of another one are empty */
  struct spine_work work;        /* of the walk */
  uintptr_t frame[INNER_FRAMES]; /* of its path, the innermost */
};

static inline size_t known_first_at(uintptr_t ra, uintptr_t sp) {
  return (ra ^ sp << 7) * UINT64_C(0x9e3779b97f4a7c15) >> (64 - 9);
}
static_assert(KNOWN_FIRST == 1 << 9, "the upper bits of the hash");

/* The entry that lies on the stack at these registers (as they are after the return to ra); NULL:
 * none does.  Reads only those pages. */
static inline struct known_stack *known_path_first(struct known_paths *k,
                                                   const struct stack_range *pages, uintptr_t ra,
                                                   uintptr_t sp, uintptr_t bp) {
  size_t at = known_first_at(ra, sp);
  struct known_stack *f = &k->first[at];
  __asm__("" : "+r"(f)); /* without it the compiler, short of registers, computes f for each use */
  if (likely(known_stack_lies(f, pages, ra, sp, bp)))
    return f;
  f = &k->first[at ^ 1];
  __asm__("" : "+r"(f));
  return known_stack_lies(f, pages, ra, sp, bp) ? f : NULL;
}
static_assert(KNOWN_WAYS == 2, "a path can be in two entries");

/* The site of the path that begins with the entry `first`, which lies on the stack and is not all
 * of it; `bp` is rbp there, `room` what the path may have above its first frame.  SITE_NONE: it is
 * not known. */
hidden uint32_t known_path_find(struct known_paths *k, const struct stack_range *pages,
                                struct known_stack *first, uintptr_t bp, struct path_room room);

/* The outer node of a path that has that room outside its last inner frame, which is at the
 * cursor.  Changes the spine where the path lies otherwise.  NULL: a rule is not known, a word not
 * proven, or the tree has no room. */
hidden const struct node *known_path_outer(struct known_paths *k, const struct stack_range *pages,
                                           const struct cursor *at, struct path_room room);

/* The site of the path at the cursor, which is in malloc's caller, whose node is `first`; `room` as
 * above.  SITE_NONE: a node or a rule is not known, or as known_path_outer. */
static inline uint32_t known_path_replay(struct known_paths *k, const struct stack_range *pages,
                                         const struct node *first, struct cursor at,
                                         struct path_room room) {
  const struct node *n = first;
  unsigned inner = path_room_inner(room);
  for (unsigned i = inner; i > 0; i--) {
    struct rule r = node_rule(n);
    if (unlikely(!frame_step_known(pages, &at, r)))
      return r.kind == RULE_END ? atomic_load_explicit(&n->site, memory_order_relaxed) : SITE_NONE;
    n = path_peek(n, at.ra);
    if (unlikely(n == NULL))
      return SITE_NONE;
  }
  if (room.sure > inner) {
    const struct node *outer = known_path_outer(k, pages, &at, path_room_less(room, inner));
    if (outer == NULL)
      return SITE_NONE;
    if (outer != &path_outer)
      n = path_peek(n, (uintptr_t)outer);
  }
  return likely(n != NULL) ? atomic_load_explicit(&n->site, memory_order_relaxed) : SITE_NONE;
}

/* The same, but walks where the spine is another, and learns what it finds; only the spine if
 * `first` stands under a tag of the program (not `learn`).  SITE_NONE: a rule is not known, a word
 * not proven, or the tree has no room. */
hidden uint32_t known_path_walk(struct known_paths *k, const struct stack_range *pages,
                                struct node *first, struct cursor at, struct path_room room,
                                bool learn);

/* Empties the tables: the code at some addresses is another now.  Any thread. */
hidden void known_path_forget(struct known_paths *k);

/* The thread that may have been in a walk is gone, or has left it.  For the one that has the arena
 * now, or in the child of a fork. */
hidden void known_path_abandon(struct known_paths *k);

#endif
