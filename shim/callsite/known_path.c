/* Tables of known paths; contract and picture in known_path.h. */
#include "known_path.h"

static const struct spine *spine_of(const struct known_paths *k, uintptr_t sp) {
  return &k->spine[sp / SPINE_REACH % SPINES];
}

static bool is_current(const struct known_paths *k, const struct spine *s) {
  return s->generation == atomic_load_explicit(&k->generation, memory_order_relaxed);
}

/* ---- joints ---- */

/* What stands for the frames outside an entry that ends in frame i of the spine: the outer node, if
 * they are the path's outer frames (0: not asked for yet), else the number of frame i, which is
 * none of a node. */
static uint64_t key_of(const struct known_stack *first, const struct spine *s, unsigned i) {
  bool all_inner = first->frames == INNER_FRAMES - 1;
  return (uint64_t)first->id << 32 | (all_inner ? s->frame[i].outer : s->frame[i].id);
}

static size_t joint_at(uint64_t key) { return key * UINT64_C(0x9e3779b97f4a7c15) >> (64 - 11); }
static_assert(KNOWN_JOINTS == 1 << 11, "the upper bits of the hash");

static uint32_t joint_find(const struct known_paths *k, uint64_t key) {
  const struct known_joint *j = &k->joint[joint_at(key)];
  return j->key == key ? j->site : SITE_NONE;
}

/* ---- finding ---- */

/* What was read from the tables is worth nothing if a walk, which this one interrupts or which a
 * signal handler made meanwhile, has changed them. */
static bool begin_read(const struct known_paths *k, unsigned *writes) {
  *writes = k->writes;
  atomic_signal_fence(memory_order_seq_cst);
  return likely(!k->walking);
}
static bool end_read(const struct known_paths *k, unsigned writes) {
  atomic_signal_fence(memory_order_seq_cst);
  return likely(k->writes == writes);
}

uint32_t known_path_find(struct known_paths *k, const struct stack_range *pages,
                         struct known_stack *first, uintptr_t bp, struct path_room room) {
  struct cursor at = {.ra = first->ra, .sp = first->sp, .bp = bp};
  unsigned writes;
  if (!begin_read(k, &writes))
    return SITE_NONE;
  known_stack_pass(first, &at);
  const struct spine *s = spine_of(k, at.sp);
  room.sure -= first->frames;
  int i = spine_find(s, pages, &at, room, first->hint);
  if (unlikely(i == SPINE_NONE || !is_current(k, s)))
    return SITE_NONE;
  first->hint = (uint16_t)i;
  uint32_t site = joint_find(k, key_of(first, s, (unsigned)i));
  return end_read(k, writes) ? site : SITE_NONE;
}

/* ---- changing ---- */

/* Makes sure that there are numbers for one more path.  After the last one the tables are emptied,
 * and with them all that was said of any number. */
static void reserve_ids(struct known_paths *k) {
  if (likely(k->ids - 1 < UINT32_MAX - 2 * PATH_FRAMES_MAX))
    return;
  if (k->ids != 0) {
    known_path_forget(k);
    for (unsigned i = 0; i < KNOWN_JOINTS; i++)
      k->joint[i].key = 0;
  }
  k->ids = NODES_MAX;
}

/* May the tables be changed?  Not by a walk that interrupts another; also not for some time if that
 * was left for ever. */
static bool walk_begin(struct known_paths *k) {
  if (unlikely(k->walking)) {
    if (++k->refused < WALKS_REFUSED)
      return false;
    known_path_abandon(k);
  }
  k->refused = 0;
  k->walking = true;
  k->writes++;
  atomic_signal_fence(memory_order_seq_cst);
  reserve_ids(k);
  return true;
}
static void walk_end(struct known_paths *k) {
  atomic_signal_fence(memory_order_seq_cst);
  k->walking = false;
}

/* The spine for this stack pointer, to be changed. */
static struct spine *spine_open(struct known_paths *k, uintptr_t sp) {
  struct spine *s = (struct spine *)spine_of(k, sp);
  if (!is_current(k, s))
    s->count = 0;
  s->generation = atomic_load_explicit(&k->generation, memory_order_relaxed);
  return s;
}

/* The frame from i outwards whose outer node is known, of those whose path ends where that of frame
 * i does; else that end itself, outside which there is nothing. */
static unsigned known_outer(const struct spine *s, unsigned i, unsigned end,
                            struct path_room room) {
  for (unsigned e = i; e > end; e--) {
    if (s->frame[e].id == 0)
      continue;
    if (spine_end(s, e, room) != (int)end)
      break; /* and so do those further out */
    if (s->frame[e].outer != 0)
      return e;
  }
  return end;
}

/* The outer node for what lies outside frame i, where there is that room; it is noted, as are those
 * of frames between whose path ends at the same frame.  NULL: the tree has no room. */
static struct node *outer_of(struct spine *s, unsigned i, struct path_room room) {
  if (s->frame[i].outer != 0)
    return path_node(s->frame[i].outer);
  unsigned end = (unsigned)spine_end(s, i, room), caller = known_outer(s, i, end, room);
  struct node *n = caller == end ? &path_outer : path_node(s->frame[caller].outer);
  bool alike = caller != end;
  for (unsigned e = caller + 1; n != NULL && e <= i; e++) {
    if (s->frame[e].id == 0)
      continue;
    n = path_step_kind(n, s->word[caller].value, NODE_OUTER);
    alike = alike || spine_end(s, e, room) == (int)end;
    if (n != NULL && alike)
      s->frame[e].outer = n->number;
    caller = e;
  }
  if (i == end)
    s->frame[i].outer = NODES_MAX;
  return n;
}

/* ---- along the path tree ---- */

/* Walks over what the spine has otherwise.  Returns the outer node; NULL: as known_path_outer. */
static __attribute__((noinline)) struct node *walk_outer(struct known_paths *k,
                                                         const struct stack_range *pages,
                                                         const struct cursor *at,
                                                         struct path_room room) {
  if (!walk_begin(k))
    return NULL;
  struct spine *s = spine_open(k, at->sp);
  int i = spine_walk(s, &k->work, &k->rules, pages, at, room, &k->ids);
  struct node *outer = i != SPINE_NONE ? outer_of(s, (unsigned)i, room) : NULL;
  walk_end(k);
  return outer;
}

const struct node *known_path_outer(struct known_paths *k, const struct stack_range *pages,
                                    const struct cursor *at, struct path_room room) {
  unsigned writes;
  if (!begin_read(k, &writes))
    return NULL;
  const struct spine *s = spine_of(k, at->sp);
  int i = spine_find(s, pages, at, room, s->count / 2);
  uint32_t outer = i != SPINE_NONE && is_current(k, s) ? s->frame[i].outer : 0;
  return end_read(k, writes) && outer != 0 ? path_node(outer) : walk_outer(k, pages, at, room);
}

/* ---- walking and learning ---- */

/* The site of a path of which the first `length` frames are k->frame, the last of them frame i of
 * the spine, outside which there is that room.  SITE_NONE: the tree has no room. */
static uint32_t site_beyond(struct known_paths *k, struct node *first, unsigned length,
                            struct spine *s, unsigned i, struct path_room room) {
  unsigned want = INNER_FRAMES - length < room.sure ? INNER_FRAMES - length : (unsigned)room.sure;
  unsigned more = spine_frames(s, i, k->frame + length, want);
  struct node *outer = &path_outer;
  if (more == want && room.sure > want)
    outer = outer_of(s, (unsigned)spine_outward(s, i, want), path_room_less(room, want));
  struct node *n = call_path_join(first, k->frame, length + more, outer);
  return n != NULL ? path_site(n) : SITE_NONE;
}

/* A path on its way from the stack into the tree. */
struct walk {
  struct known_paths *k;
  const struct stack_range *pages;
  struct node *first; /* of the first frame */
  struct cursor at;
  struct path_room room; /* outside the cursor's frame */
  unsigned length;       /* frames up to it */
};

/* The innermost frames: as an entry has them, or walked, and then without a number in f.  False:
 * as known_path_walk. */
static bool walk_first(struct walk *w, struct known_stack *f) {
  struct known_paths *k = w->k;
  struct known_stack *have = known_path_first(k, w->pages, w->at.ra, w->at.sp, w->at.bp);
  if (have != NULL) {
    *f = *have;
    if (!f->ends)
      known_stack_pass(f, &w->at);
  } else if (!known_stack_walk(&k->rules, w->pages, f, &w->at, path_room_inner(w->room))) {
    return false;
  }
  for (unsigned i = 0; i < f->words; i++)
    if (f->returns >> i & 1)
      k->frame[w->length++] = f->word[i];
  w->room = path_room_less(w->room, f->frames);
  f->ends |= w->room.sure == 0;
  return true;
}

/* The others: the frame of the spine that the cursor is in.  SPINE_NONE: as known_path_walk. */
static int walk_spine(struct walk *w, struct spine **s) {
  struct known_paths *k = w->k;
  *s = spine_open(k, w->at.sp);
  return spine_walk(*s, &k->work, &k->rules, w->pages, &w->at, w->room, &k->ids);
}

/* Writes an entry with a number of its own in place of an empty one, or of either. */
static void first_set(struct known_paths *k, struct known_stack *f) {
  size_t at = known_first_at(f->ra, f->sp);
  struct known_stack *e = &k->first[k->first[at].ra == 0 ? at : at ^ (k->ids & 1)];
  uintptr_t ra = f->ra;
  f->id = ++k->ids;
  e->ra = f->ra = 0;
  atomic_signal_fence(memory_order_seq_cst);
  *e = *f;
  atomic_signal_fence(memory_order_seq_cst);
  e->ra = ra;
}

static void joint_set(struct known_paths *k, uint64_t key, uint32_t site) {
  struct known_joint *j = &k->joint[joint_at(key)];
  j->key = 0;
  atomic_signal_fence(memory_order_seq_cst);
  j->site = site;
  atomic_signal_fence(memory_order_seq_cst);
  j->key = key;
}

/* The site of a path that is the entry alone. */
static uint32_t site_of_first(struct walk *w, struct known_stack *f) {
  struct node *n = call_path_join(w->first, w->k->frame, w->length, &path_outer);
  f->site = n != NULL ? path_site(n) : SITE_NONE;
  if (f->site != SITE_NONE && f->id == 0)
    first_set(w->k, f);
  return f->site;
}

/* The site of a path that goes on beyond the entry f, which has words. */
static uint32_t site_of_both(struct walk *w, struct known_stack *f) {
  struct spine *s;
  int i = walk_spine(w, &s);
  if (i == SPINE_NONE || (w->length == INNER_FRAMES && outer_of(s, (unsigned)i, w->room) == NULL))
    return SITE_NONE;
  f->hint = (uint16_t)i;
  uint32_t site = f->id != 0 ? joint_find(w->k, key_of(f, s, (unsigned)i)) : SITE_NONE;
  if (site != SITE_NONE)
    return site;
  site = site_beyond(w->k, w->first, w->length, s, (unsigned)i, w->room);
  if (site == SITE_NONE)
    return SITE_NONE;
  if (f->id == 0)
    first_set(w->k, f);
  joint_set(w->k, key_of(f, s, (unsigned)i), site);
  return site;
}

/* The site of a path that goes into no table but the spine. */
static uint32_t site_of_spine(struct walk *w) {
  struct spine *s;
  int i = walk_spine(w, &s);
  return i != SPINE_NONE ? site_beyond(w->k, w->first, w->length, s, (unsigned)i, w->room)
                         : SITE_NONE;
}

static uint32_t site_of(struct walk *w, bool learn) {
  struct known_stack f;
  w->k->frame[0] = w->at.ra;
  if (!learn)
    return site_of_spine(w);
  if (!walk_first(w, &f))
    return SITE_NONE;
  if (f.ends)
    return site_of_first(w, &f);
  return f.words > 0 ? site_of_both(w, &f) : site_of_spine(w);
}

uint32_t known_path_walk(struct known_paths *k, const struct stack_range *pages, struct node *first,
                         struct cursor at, struct path_room room, bool learn) {
  struct walk w = {.k = k, .pages = pages, .first = first, .at = at, .room = room, .length = 1};
  if (!walk_begin(k))
    return SITE_NONE;
  uint32_t site = site_of(&w, learn);
  walk_end(k);
  return site;
}

/* ---- forgetting ---- */

void known_path_forget(struct known_paths *k) {
  atomic_fetch_add(&k->generation, 1);
  for (unsigned i = 0; i < KNOWN_FIRST; i++)
    k->first[i].ra = 0;
}

void known_path_abandon(struct known_paths *k) {
  if (!k->walking)
    return;
  known_path_forget(k);
  k->writes++;
  k->walking = false;
}
