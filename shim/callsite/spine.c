/* The outer frames of the last long path; contract and picture in spine.h. */
#include "spine.h"
#include "frame_step.h"

int spine_outward(const struct spine *s, unsigned i, size_t n) {
  unsigned ordinal = s->frame[i].ordinal;
  if (n >= ordinal)
    return SPINE_NONE;
  if (likely(ordinal == i + 1)) /* all words up to there are return addresses */
    return (int)(i - (unsigned)n);
  while (n > 0)
    n -= s->frame[--i].id != 0;
  return (int)i;
}

/* The index of the word that lies at this address, if one does. */
static unsigned index_of(const struct spine *s, uintptr_t at) {
  unsigned low = 0, high = s->count;
  while (low < high) {
    unsigned middle = (low + high) / 2;
    if (s->word[middle].at > at)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

int spine_find(const struct spine *s, const struct stack_range *pages, const struct cursor *at,
               struct path_room room, unsigned hint) {
  if (unlikely(!spine_is_at(s, hint, at))) {
    hint = index_of(s, at->sp - sizeof at->sp);
    if (!spine_is_at(s, hint, at))
      return SPINE_NONE;
  }
  return likely(spine_differs(s, pages, hint, room) == SPINE_NONE) ? (int)hint : SPINE_NONE;
}

/* ---- changing it ---- */

/* Is the cursor in a frame from which on nothing has changed?  Its index, or SPINE_NONE. */
static int joined(struct spine_work *w, const struct stack_range *pages) {
  const struct spine *s = w->s;
  uintptr_t at = w->at.sp - sizeof w->at.sp;
  while (w->stay > 0 && s->word[w->stay - 1].at < at)
    w->stay--;
  if (w->stay == 0 || !spine_is_at(s, w->stay - 1, &w->at))
    return SPINE_NONE;
  int differs = spine_differs(s, pages, w->stay - 1, w->room);
  if (differs == SPINE_NONE)
    return (int)w->stay - 1;
  w->stay = (unsigned)differs; /* of those inside it none can be joined */
  return SPINE_NONE;
}

/* Steps to the caller of the frame at the cursor.  False: as spine_walk. */
static bool step(struct spine_work *w, const struct stack_range *pages, struct rule r) {
  struct spine_passed *p = &w->passed[w->count - 1];
  if (!frame_step_known(pages, &w->at, r))
    return false;
  p->by_bp = r.kind == RULE_BP;
  p->saved = r.rbp_at != 0 ? w->at.sp + (uintptr_t)(intptr_t)r.rbp_at : 0;
  return p->saved == 0 || p->saved >= p->at.sp;
}

/* Walks from the cursor until it is in a frame that stays, or at the end of the path.  False: as
 * spine_walk.  *to is the index of that frame, or SPINE_NONE. */
static bool walk(struct spine_work *w, struct known_rules *rules, const struct stack_range *pages,
                 int *to) {
  while ((*to = joined(w, pages)) == SPINE_NONE) {
    w->passed[w->count++] = (struct spine_passed){.at = w->at};
    struct rule r = known_rule(rules, w->at.ra);
    w->ends = r.kind == RULE_END;
    if (r.kind == RULE_UNKNOWN)
      return false;
    if (w->ends || path_ends_at(w->room, w->at.ra))
      return true;
    if (!step(w, pages, r))
      return false;
    w->room = path_room_less(w->room, 1);
  }
  return true;
}

/* Puts a frame on top of its caller, which is the last one that is a frame, if there are any. */
static void push(struct spine *s, const struct spine_passed *p, bool has_caller, uint32_t id) {
  struct spine_frame caller = has_caller ? s->frame[s->count - 1] : (struct spine_frame){.id = 0};
  if (p->saved != 0 && caller.uses_bp) {
    s->word[s->count] = (struct spine_word){p->saved, *(const uintptr_t *)p->saved};
    s->frame[s->count++] = (struct spine_frame){.id = 0};
  }
  int end = path_may_end(p->at.ra) ? (int)s->count : has_caller ? caller.end : SPINE_NONE;
  s->word[s->count] = (struct spine_word){p->at.sp - sizeof p->at.sp, p->at.ra};
  s->frame[s->count++] =
      (struct spine_frame){.bp = p->at.bp,
                           .id = id,
                           .ordinal = (uint16_t)(caller.ordinal + 1),
                           .end = (int16_t)end,
                           .uses_bp = p->by_bp || (p->saved == 0 && caller.uses_bp)};
}

int spine_walk(struct spine *s, struct spine_work *w, struct known_rules *rules,
               const struct stack_range *pages, const struct cursor *at, struct path_room room,
               uint32_t *ids) {
  w->s = s;
  w->at = *at;
  w->room = room;
  w->count = 0;
  w->stay = s->count;
  int to;
  if (!frame_proves(at->sp - sizeof at->sp) || !walk(w, rules, pages, &to))
    return SPINE_NONE;
  if ((unsigned)(to + 1) + 2 * w->count > SPINE_WORDS) {
    s->count = 0; /* a deep recursion: it begins again, with this path */
    return spine_walk(s, w, rules, pages, at, room, ids);
  }
  s->count = (unsigned)(to + 1);
  if (to == SPINE_NONE)
    s->ends = w->ends;
  for (unsigned i = w->count; i-- > 0;)
    push(s, &w->passed[i], s->count > 0, ++*ids);
  return (int)s->count - 1;
}

/* ---- reading it ---- */

unsigned spine_frames(const struct spine *s, unsigned i, uintptr_t *out, unsigned n) {
  unsigned found = 0;
  while (found < n && i-- > 0)
    if (s->frame[i].id != 0)
      out[found++] = s->word[i].value;
  return found;
}
