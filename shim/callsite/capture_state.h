/* What captures keep between requests: a state for each arena, and the mode of the process.
 *
 *   arena -> heap.user -> struct capture      mapped when the arena is first taken, never freed
 *
 * The state belongs to the thread that has the arena: no other thread writes it, but for
 * capture_forget_addresses.  Reports read its counts at any time.
 */
#ifndef SHIM_CAPTURE_STATE_H
#define SHIM_CAPTURE_STATE_H

#include "call_path.h"
#include "heap.h"
#include "known_path.h"
#include "path_room.h"
#include "root_entry.h"
#include "thread_record.h"

enum { CAPTURE_DEPTH_MAX = DEPTH_MAX, LABELS_MAX = 16 };

/* What a report says of captures: counts, all of them words.  A forked child goes on from those of
 * its parent. */
struct capture_counts {
  uint64_t unwound;   /* walks that libunwind finished, because a frame follows no rule */
  uint64_t learned;   /* frames learned */
  uint64_t cut;       /* paths cut short: no unwinder, a fork under way, unreadable stack, or: */
  uint64_t lost;      /* of these, cut at code without unwind information */
  uint64_t nested;    /* requests that libunwind made itself */
  uint64_t full;      /* paths for which the tree had no room */
  uint64_t untagged;  /* large objects for whose tags there was no memory */
  uint64_t verified;  /* paths compared with libunwind's own answer */
  uint64_t different; /* of these, not equal to it */
  uint64_t early; /* requests before capture_setup, whose path is one frame where more were asked
                   * for; of the process, 0 in an arena's counts */
};

struct capture {
  struct node *root; /* &path_root, or the innermost tag that the program pushed */
  struct stack_range stack_known;
  uintptr_t busy;                 /* frame of the request for which libunwind runs, or 0 */
  char *stack;                    /* libunwind's, mapped when first needed */
  unsigned labels;                /* pushed now */
  struct node *below[LABELS_MAX]; /* the roots under them */
  struct capture_counts counts;
  bool walking;          /* `path` is in use; for ever, if a signal handler jumped out of a walk */
  struct call_path path; /* of the request that is looked at, to keep it off the program's stack */
  struct root_entry roots[ROOT_ENTRIES];
  unsigned misses; /* KNOWN_MISSES in capture.h */
  struct known_paths known;
};

/* How captures are made.  Written by capture_setup, but for `careful`. */
extern hidden struct capture_mode {
  unsigned depth;        /* frames asked for: 1..CAPTURE_DEPTH_MAX */
  struct path_room room; /* outside a path's first frame: path_room_of(depth) */
  bool verify;           /* compare each path with libunwind's own answer */
  bool unwinder;         /* libunwind can be used */
  _Atomic bool careful;  /* no request takes the fast path: each path is verified, or the loader
                         * asked for memory, so that modules may have come or gone */
} capture_mode;

/* Prepares the state of an arena that the calling thread takes, for heap_opened.  False, with no
 * state, if there is no memory. */
hidden bool capture_open(struct heap *h);

/* NULL: capture_open has not been called, or failed. */
static inline struct capture *capture_of(const struct heap *h) { return record_of(h)->capture; }

/* Empties the tables of all arenas that find a path by addresses of code: the code at some
 * addresses is another now.  Any thread. */
hidden void capture_forget_addresses(void);

/* Memory for a state or for libunwind's stack, counted in capture_bytes; NULL if there is none. */
hidden void *capture_map(size_t bytes);

/* Bytes mapped for states and stacks.  Any thread, any time. */
hidden uint64_t capture_bytes(void);

/* Adds up the counts of all arenas.  Any thread, any time, signal handlers too. */
hidden void capture_sum(struct capture_counts *sum);

/* Counts the requests so far as early ones.  Once, from capture_setup. */
hidden void capture_count_early(void);

/* In the child of a fork: forgets what other threads of the parent had begun. */
hidden void capture_fork_child(void);

#endif
