/* Which call site asks for memory: a walk over the stack, a word a frame.
 *
 *   ra = word below the frame          the path's next frame
 *   CFA = sp or rbp + delta            (the rule of ra: how its frame finds its caller)
 *   next ra = word below the CFA       until the depth asked for
 *
 * A frame seen for the first time is learned from its code's unwind information (cfi.h); one that
 * follows no rule sends the rest of the walk to libunwind (capture_unwind.h).  A stack that ends,
 * or is not what it seems, gives a shorter path.  What of the stack may be read is said in
 * frame_step.h.
 *
 * A walk has four forms, the quickest first; each gives up where it would need the next:
 *
 *   known_path_find      the path lies on the stack as it did before: words are compared
 *   known_path_replay    its inner frames are walked along the path tree, the others compared
 *   known_path_walk      all rules are known: loads and compares; makes nodes
 *   capture_site         learns rules, asks the kernel, libunwind and the loader
 *
 * The state of a capture belongs to an arena (capture_state.h): only the thread that has the arena
 * calls these functions for it, also for a request of a signal handler.
 *
 * `frame` is the stack pointer after the return from the entry (malloc) to its caller: the entry's
 * return address is the word below it.  The functions that walk are called with the frame pointer
 * (rbp) of that caller still in its register.
 */
#ifndef SHIM_CAPTURE_H
#define SHIM_CAPTURE_H

#include "capture_state.h"
#include "frame_step.h"

/* Do known paths say what a request's site is?  They know nothing of pushed tags. */
static inline bool capture_compares(const struct capture *c) {
  return capture_mode.depth > 1 && c->root == &path_root;
}

/* A path that is not known is entered when `misses` reaches KNOWN_MISSES: each one that no entry
 * begins adds 1, because many are never seen again, each other one FIRST_MISSES. */
enum { KNOWN_MISSES = 16, FIRST_MISSES = 16 };

/* What every capture needs.  Once, in the library's constructor, by the main thread; before
 * capture_setup and tagged_attach. */
hidden void capture_prepare(void);

/* Opens libunwind if more than one frame is wanted; if it isn't there, prints one line on stderr
 * that says so, and paths stay one frame long.  depth: 1..CAPTURE_DEPTH_MAX.  Once, in the
 * library's constructor; until then every path has one frame. */
hidden void capture_setup(unsigned depth, bool verify);

/* The call site of the request; one of enum site_kind if it has no path.  Keeps errno. */
hidden uint32_t capture_site(struct heap *h, const void *frame);

/* capture_known where no entry is the whole path: `first` is the one that the path begins with, or
 * NULL. */
hidden uint32_t capture_long(struct capture *c, struct known_stack *first, const void *frame,
                             uintptr_t bp);

/* The site if all rules of its path are known, else SITE_NONE. */
static inline __attribute__((always_inline)) uint32_t
capture_known(struct capture *c, const void *frame, uintptr_t bp) {
  uintptr_t sp = (uintptr_t)frame, ra = ((const uintptr_t *)frame)[-1];
  struct known_stack *f = NULL;
  if (capture_compares(c)) {
    f = known_path_first(&c->known, &c->stack_known, ra, sp, bp);
    if (likely(f != NULL && f->site != SITE_NONE))
      return f->site;
  }
  return capture_long(c, f, frame, bp);
}

/* The fast path of capture_site, which makes no system call: the site if it is known
 * and the fast path may be taken now, else SITE_NONE, and then capture_site must be called. */
static inline __attribute__((always_inline)) uint32_t capture_quick(struct capture *c,
                                                                    const void *frame) {
  if (unlikely(c->busy != 0 || atomic_load_explicit(&capture_mode.careful, memory_order_relaxed)))
    return SITE_NONE;
  return capture_known(c, frame, cpu_frame_pointer());
}

/* For paths of one frame: the entry that has the path's node and account, or NULL. */
static inline const struct root_entry *capture_root_entry(struct capture *c, const void *frame) {
  uintptr_t ra = ((const uintptr_t *)frame)[-1];
  const struct root_entry *first = root_entry_at(c->roots, ra);
  bool known = root_entry_is(first, c->root, ra) && first->account != NULL &&
               !atomic_load_explicit(&capture_mode.careful, memory_order_relaxed);
  return likely(known) ? first : NULL;
}

/* For paths of one frame: remembers the path's account for capture_root_entry. */
static inline void capture_remember(struct capture *c, const void *frame, struct account *a) {
  uintptr_t ra = ((const uintptr_t *)frame)[-1];
  struct root_entry *first = root_entry_at(c->roots, ra);
  if (root_entry_is(first, c->root, ra))
    first->account = a;
}

#endif
