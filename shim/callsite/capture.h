/* Which call site asks for memory: a walk over the stack by the path tree, a word a frame.
 *
 *   ra = word below the frame          node = child of the last node with that address
 *   CFA = sp or rbp + delta            (the node's rule: how this frame finds its caller)
 *   next ra = word below the CFA       until the depth asked for
 *
 * A frame seen for the first time is learned from its code's unwind information (cfi.h); one that
 * follows no rule sends the rest of the walk to libunwind (unwinder.h).  A stack that ends, or is
 * not what it seems, gives a shorter path.
 *
 * What may be read.  Stacks of fibers are unmapped, protected and made shorter between any two
 * captures, so that a page is not there because it was there before.  A word is read only if a
 * frame proves it now:
 *
 *   the word below `frame` is malloc's return address: a call has just pushed it;
 *   a return address that is a call's (cfi.h) has a frame, whose function goes on when that call
 *   returns: by its unwind information all of its stack up to its CFA is there, and its own
 *   return address below that.  This is the next word, and so on.
 *
 * So a word is looked at only when those before it are what they were when its place was learned:
 * paths are compared word by word in the order of frames, up to the first that differs.  One word
 * is not proven: a function that a fiber entered by a jump, with its stack pointer at the very end
 * of the stack, has no return address; the word where one would be begins a page.  Such a word
 * (programs that keep the ABI's alignment have none) is read after the kernel said that it is
 * there.  Against unwind information that is wrong, all of this happens within the pages that are
 * known of the stack in use (stack_range.h).  libunwind's reads each ask the kernel first
 * (unwinder.h).
 *
 * The state of a capture belongs to an arena: the thread that has it, uses it.
 */
#ifndef SHIM_CAPTURE_H
#define SHIM_CAPTURE_H

#include "heap.h"
#include "path_tree.h"
#include "stack_range.h"

enum { CAPTURE_DEPTH_MAX = 64, ROOT_ENTRIES = 512, LABELS_MAX = 16 };

/* What a report says of an arena's captures. */
struct capture_counts {
  uint64_t unwound;   /* walks that the unwinder finished: a frame of theirs follows no rule */
  uint64_t learned;   /* frames learned */
  uint64_t cut;       /* paths cut short: no unwinder, a fork under way, unreadable stack, or: */
  uint64_t lost;      /* of these, cut at code without unwind information */
  uint64_t nested;    /* requests of the unwinder itself */
  uint64_t full;      /* paths for which the tree had no room */
  uint64_t untagged;  /* large objects for whose tags there was no memory */
  uint64_t verified;  /* compared with the unwinder's own answer */
  uint64_t different; /* and not equal */
  /* Requests before capture_setup, whose path is one frame where more were asked for.  Of the
   * process that called exec, like all of these. */
  uint64_t early;
};

/* A path as it lay on the stack: for the same return address and stack pointer the other words are
 * compared where they were instead of found one through the other, and always as many, so that no
 * branch depends on how long the path is.  That they are equal proves the path: each frame's rule
 * puts the next word where it was. */
enum { KNOWN_STACKS = 512, KNOWN_WORDS = 8, KNOWN_MISSES = 16 };
struct known_stack {
  _Alignas(CACHE_LINE) uintptr_t ra;
  uintptr_t sp;
  uintptr_t word[KNOWN_WORDS]; /* return addresses, and frame pointers that a frame was found by */
  int16_t at[KNOWN_WORDS];     /* where, in words from sp; unused ones: -1, where ra lies */
  uintptr_t bp;                /* of the caller, if uses_bp */
  uint32_t site;
  uint8_t words; /* used */
  bool uses_bp;
  uint16_t last; /* the highest of `at`, or 0 */
};
static_assert(sizeof(struct known_stack) == 2 * CACHE_LINE,
              "no more to look at than the stack itself");

/* A root's child, found by its address alone, and the account of a path that ends there. */
struct root_entry {
  uintptr_t ra;
  const struct node *root;
  struct node *node;
  struct account *account; /* NULL: not looked up */
};

struct capture {
  struct node *root; /* &path_root, or the label on top */
  struct stack_range stack_known;
  uintptr_t busy;  /* frame of the request in whose service the unwinder runs, or 0 */
  char *stack;     /* the unwinder's, mapped when first needed */
  unsigned labels; /* pushed now */
  struct node *below[LABELS_MAX]; /* the roots under them */
  struct capture_counts counts;
  struct root_entry roots[ROOT_ENTRIES];
  unsigned misses; /* paths not found flat: each KNOWN_MISSES-th is made so */
  _Alignas(CACHE_LINE) struct known_stack known[KNOWN_STACKS];
};

/* How captures are made. */
extern hidden struct capture_mode {
  unsigned depth;       /* frames: 1..CAPTURE_DEPTH_MAX */
  bool verify;          /* compare each with the unwinder's own answer */
  bool unwinder;        /* it is there */
  _Atomic bool careful; /* nothing goes the quick way: verifying, or the loader asked for memory,
                         * so that modules may have come or gone */
} capture_mode;

/* In the library's constructor: until then a path has one frame.  Opens the unwinder if more than
 * one is wanted; says so in one line if it isn't there. */
hidden void capture_setup(unsigned depth, bool verify);

static inline size_t root_entry_at(uintptr_t ra) { return (ra >> 2 ^ ra >> 11) % ROOT_ENTRIES; }

/* Is a return address there because its frame is?  See above for the first word of a page. */
static inline bool frame_proves(uintptr_t word) { return word % PAGE_BYTES != 0; }

/* A heap's state, mapped when the heap is first taken; false without memory. */
hidden bool capture_open(struct heap *h);
static inline struct capture *capture_of(const struct heap *h) { return h->user; }

/* The call site of the request whose entry was called with its return address at frame - 8.
 * Keeps errno.  Called with the frame pointer (rbp) of that caller still in its register.  The
 * quick form calls nothing and gives SITE_NONE, having changed nothing, when there is anything it
 * does not know. */
hidden uint32_t capture_site(struct heap *h, const void *frame);
static inline size_t known_stack_at(uintptr_t ra, uintptr_t sp) {
  return (ra ^ sp << 7) * UINT64_C(0x9e3779b97f4a7c15) >> 55;
}
static_assert(KNOWN_STACKS == 1 << (64 - 55), "the upper bits of the hash");

/* The site of a path that is known as it lies there, or SITE_NONE. */
static inline uint32_t known_stack_find(const struct capture *c, uintptr_t ra, uintptr_t sp,
                                        uintptr_t bp) {
  const struct known_stack *f = &c->known[known_stack_at(ra, sp)];
  __asm__("" : "+r"(f)); /* or the compiler computes it again and again, for want of registers */
  if (f->ra != ra || f->sp != sp || (f->uses_bp && f->bp != bp) ||
      unlikely(!stack_knows(&c->stack_known, sp + f->last * sizeof ra)))
    return SITE_NONE;
#pragma GCC unroll 8
  for (unsigned i = 0; i < KNOWN_WORDS; i++)
    if (unlikely(((const uintptr_t *)sp)[f->at[i]] != f->word[i]))
      return SITE_NONE; /* what follows may not be there */
  return f->site;
}

/* Remembers such a path; gives its site. */
hidden uint32_t known_stack_make(struct capture *c, struct node *first, uintptr_t sp, uintptr_t bp,
                                 unsigned depth);

static inline __attribute__((always_inline)) uint32_t
capture_known(struct capture *c, const void *frame, uintptr_t bp) {
  uintptr_t sp = (uintptr_t)frame, ra = ((const uintptr_t *)frame)[-1];
  unsigned left = capture_mode.depth;
  bool flat = left > 1 && c->root == &path_root;
  if (flat) {
    uint32_t site = known_stack_find(c, ra, sp, bp);
    if (likely(site != SITE_NONE))
      return site;
  }
  struct root_entry *first = &c->roots[root_entry_at(ra)];
  struct node *n = first->node;
  if (unlikely(first->ra != ra || first->root != c->root)) {
    n = path_peek(c->root, ra);
    if (n == NULL || n->kind == NODE_LOADER)
      return SITE_NONE;
    *first = (struct root_entry){.ra = ra, .root = c->root, .node = n};
  }
  if (flat && ++c->misses % KNOWN_MISSES == 0)
    return known_stack_make(c, n, sp, bp, left);
  while (--left > 0) {
    struct rule r = node_rule(n);
    uintptr_t cfa = (uintptr_t)(intptr_t)r.delta + (r.kind == RULE_SP ? sp : bp);
    if (unlikely(!rule_is_plain(r))) {
      if (r.kind != RULE_END)
        return SITE_NONE;
      break;
    }
    uintptr_t word = cfa - sizeof cfa;
    if (unlikely(cfa <= sp || !stack_knows(&c->stack_known, word) || !frame_proves(word)))
      return SITE_NONE;
    if (r.rbp_at != 0)
      bp = *(const uintptr_t *)(cfa + (uintptr_t)(intptr_t)r.rbp_at);
    sp = cfa;
    n = path_peek(n, *(const uintptr_t *)word);
    if (unlikely(n == NULL))
      return SITE_NONE;
  }
  return atomic_load_explicit(&n->site, memory_order_relaxed);
}

static inline __attribute__((always_inline)) uint32_t capture_quick(struct capture *c,
                                                                    const void *frame) {
  if (unlikely(c->busy != 0 || atomic_load_explicit(&capture_mode.careful, memory_order_relaxed)))
    return SITE_NONE;
  return capture_known(c, frame, cpu_frame_pointer());
}

/* For paths of one frame: what is known of it, or NULL. */
static inline const struct root_entry *capture_root_entry(const struct capture *c,
                                                          const void *frame) {
  uintptr_t ra = ((const uintptr_t *)frame)[-1];
  const struct root_entry *first = &c->roots[root_entry_at(ra)];
  bool known = first->ra == ra && first->root == c->root && first->account != NULL &&
               !atomic_load_explicit(&capture_mode.careful, memory_order_relaxed);
  return likely(known) ? first : NULL;
}

/* Remembers the account of a path of one frame. */
static inline void capture_remember(struct capture *c, const void *frame, struct account *a) {
  uintptr_t ra = ((const uintptr_t *)frame)[-1];
  struct root_entry *first = &c->roots[root_entry_at(ra)];
  if (first->ra == ra && first->root == c->root)
    first->account = a;
}

/* The address of a node's code, also if its module has left: where that was, or is again. */
hidden uintptr_t capture_address(const struct node *n);

/* Brings the table of modules up to date and forgets the addresses of those that left.  Not in a
 * signal handler. */
hidden void capture_look_at_modules(void);

/* Adds up the counts of all arenas. */
hidden void capture_sum(struct capture_counts *sum);
/* Bytes mapped for states and stacks. */
hidden uint64_t capture_bytes(void);

/* In the child of a fork: what another thread left half done is forgotten. */
hidden void capture_fork_child(void);

#endif
