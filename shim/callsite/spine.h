/* The outer frames of the last long path, as they lay on the stack: what hardly ever changes from
 * one capture to the next.
 *
 *   [0]              outermost frame         word[i].at      where a return address lies, or a
 *   [1]              the frame it called                     frame pointer by which a frame further
 *    ...                                                     out was found
 *   [count - 1]      innermost               word[i].value   what must lie there
 *
 * A capture walks, or compares (known_stack.h), until it is at a frame that stands here: the same
 * return address at the same place, and the same rbp if frames further out depend on it.  Then the
 * words from there to the outermost are compared, four instructions each, and the rest of the path
 * is known.  Where a word differs, the walk goes on and replaces what has changed; frames further
 * out than that stay.
 *
 * A frame's number stands for it and all frames outside it.  Numbers are never given twice, so that
 * what was said of frames that are gone is not found again.
 *
 * Words are compared from the inside out: no word is read before those inside it have proven that
 * it is there (frame_step.h).  Further out means a higher address and a lower index.
 *
 * A spine belongs to an arena: only the thread that has the arena uses it.  A signal handler that
 * interrupts a change must not (known_path.h).
 */
#ifndef SHIM_SPINE_H
#define SHIM_SPINE_H

#include "known_rules.h"
#include "path_room.h"
#include "stack_range.h"

enum { SPINE_WORDS = 256, SPINE_NONE = -1 };
static_assert(SPINE_WORDS >= 2 * PATH_FRAMES_MAX, "there is room for a whole path");

struct spine_word {
  uintptr_t at, value;
};

/* What is known of a word that is a return address. */
struct spine_frame {
  uintptr_t bp;     /* rbp in this frame, if uses_bp */
  uint32_t id;      /* 0: the word is a frame pointer */
  uint32_t outer;   /* call_path.h: the number of the node for the frames outside this one; 0: not
                     * asked for yet */
  uint16_t ordinal; /* frames from the outermost to this one */
  int16_t end;      /* index of the first from this one outwards at which a path may end, or
                     * SPINE_NONE */
  bool uses_bp;
};

struct spine {
  unsigned count;
  unsigned generation; /* in which it was made: known_path.h */
  bool ends;           /* the outermost one has no caller */
  struct spine_word word[SPINE_WORDS];
  struct spine_frame frame[SPINE_WORDS];
};

/* Is the cursor in the frame of that index?  An index that is none gives false. */
static inline bool spine_is_at(const struct spine *s, unsigned i, const struct cursor *at) {
  return i < s->count && s->word[i].at == at->sp - sizeof at->sp && s->word[i].value == at->ra &&
         s->frame[i].id != 0 && (!s->frame[i].uses_bp || s->frame[i].bp == at->bp);
}

/* The index of the frame that is `n` frames outside frame i; SPINE_NONE: there are not so many. */
hidden int spine_outward(const struct spine *s, unsigned i, size_t n);

/* The index of the outermost frame of a path that has that room outside frame i; SPINE_NONE: the
 * spine does not reach so far. */
static inline int spine_end(const struct spine *s, unsigned i, struct path_room room) {
  int sure = spine_outward(s, i, room.sure);
  if (likely(sure == SPINE_NONE))
    return s->ends ? 0 : SPINE_NONE;
  int end = s->frame[sure].end;
  if (end == SPINE_NONE || s->frame[sure].ordinal > s->frame[end].ordinal + room.more)
    end = spine_outward(s, (unsigned)sure, room.more);
  return end == SPINE_NONE && s->ends ? 0 : end;
}

/* Which of the words outside frame i lies on the stack no more: the innermost one that differs, of
 * those of a path with that room.  SPINE_NONE: they all lie as they did.  i: the outermost of them
 * can't be read, or is not known.  Reads only those pages. */
static inline int spine_differs(const struct spine *s, const struct stack_range *pages, unsigned i,
                                struct path_room room) {
  int stop = spine_end(s, i, room);
  if (unlikely(stop == SPINE_NONE || !stack_knows(pages, s->word[stop].at)))
    return (int)i;
#pragma GCC unroll 8
  for (int k = (int)i - 1; k >= stop; k--)
    if (unlikely(*(const uintptr_t *)s->word[k].at != s->word[k].value))
      return k; /* what is further out may not be there */
  return SPINE_NONE;
}

/* The index of the frame at the cursor, if the path lies on the stack as the spine says from there
 * on, as far as that room goes; else SPINE_NONE.  `hint` is looked at first. */
hidden int spine_find(const struct spine *s, const struct stack_range *pages,
                      const struct cursor *at, struct path_room room, unsigned hint);

/* A frame that a walk has passed. */
struct spine_passed {
  struct cursor at;
  uintptr_t saved; /* where it has saved its caller's rbp, or 0 */
  bool by_bp;      /* its rule finds the caller by rbp */
};

/* What a walk works with. */
struct spine_work {
  struct spine *s;
  struct cursor at;
  struct path_room room;
  unsigned count;
  unsigned stay; /* indices below this may still lie on the stack */
  bool ends;
  struct spine_passed passed[PATH_FRAMES_MAX]; /* from the inside out */
};

/* spine_find without a hint; where the path lies otherwise, it is walked over rules that are known,
 * and the spine changed.  New frames get numbers above *ids, which counts them: up to
 * PATH_FRAMES_MAX.
 * SPINE_NONE, with nothing changed: a rule is not known, or a word not proven. */
hidden int spine_walk(struct spine *s, struct spine_work *w, struct known_rules *rules,
                      const struct stack_range *pages, const struct cursor *at,
                      struct path_room room, uint32_t *ids);

/* Writes the return addresses of the frames outside frame i, from there outwards, up to n.  Returns
 * how many. */
hidden unsigned spine_frames(const struct spine *s, unsigned i, uintptr_t *out, unsigned n);

#endif
