/* The walk that names a call site; the picture is in capture.h. */
#include "capture.h"
#include "capture_modules.h"
#include "capture_unwind.h"
#include "find_object.h"
#include "frames.h"
#include "unwinder.h"

#include <unistd.h>

static void warn_of_no_unwinder(void) {
  char buffer[256];
  struct text t = TEXT_ON(buffer);
  text_str(&t, "arenashim: libunwind.so.8 ");
  text_str(&t, unwinder_trouble());
  text_str(&t, ": a call path is the caller alone, as with ARENASHIM_TAG=site\n");
  text_write(&t, STDERR_FILENO);
}

static bool finds_objects;

void capture_prepare(void) {
  finds_objects = find_object_open();
  stack_range_setup();
}

void capture_setup(unsigned depth, bool verify) {
  bool unwinder = finds_objects && depth > 1 && unwinder_open();
  capture_modules_setup();
  if (depth > 1 && !unwinder)
    warn_of_no_unwinder();
  capture_mode.unwinder = unwinder;
  capture_mode.verify = verify && unwinder;
  capture_mode.depth = unwinder ? depth : 1;
  capture_mode.room = path_room_of(capture_mode.depth);
  capture_mode.careful = capture_mode.verify;
  if (capture_mode.depth > 1)
    capture_count_early();
}

/* ---- known paths ---- */

/* The node of malloc's caller, if it is known; NULL: it is not, or it is the loader's. */
static struct node *known_first(struct capture *c, uintptr_t ra) {
  struct root_entry *first = root_entry_at(c->roots, ra);
  if (likely(root_entry_is(first, c->root, ra)))
    return first->node;
  struct node *n = path_peek(c->root, ra);
  if (n == NULL || n->kind == NODE_LOADER)
    return NULL;
  root_entry_set(first, c->root, ra, n);
  return n;
}

uint32_t capture_long(struct capture *c, struct known_stack *first, const void *frame,
                      uintptr_t bp) {
  struct cursor at = {.ra = ((const uintptr_t *)frame)[-1], .sp = (uintptr_t)frame, .bp = bp};
  struct path_room room = capture_mode.room;
  uint32_t site = SITE_NONE;
  if (first != NULL)
    site = known_path_find(&c->known, &c->stack_known, first, bp, room);
  if (likely(site != SITE_NONE))
    return site;
  struct node *n = known_first(c, at.ra);
  if (n == NULL || room.sure == 0)
    return n != NULL ? atomic_load_explicit(&n->site, memory_order_relaxed) : SITE_NONE;
  c->misses += first != NULL ? FIRST_MISSES : 1;
  if (c->misses < KNOWN_MISSES)
    site = known_path_replay(&c->known, &c->stack_known, n, at, room);
  if (likely(site != SITE_NONE))
    return site;
  c->misses = 0;
  return known_path_walk(&c->known, &c->stack_known, n, at, room, capture_compares(c));
}

/* ---- walking ---- */

/* Adds the frames above the path's first one, in which the cursor is, as far as that room goes. */
static cold void walk_slowly(struct heap *h, struct call_path *p, struct cursor at,
                             struct path_room room, const void *frame) {
  struct capture *c = capture_of(h);
  for (; !path_ends_at(room, at.ra); room = path_room_less(room, 1)) {
    struct rule r = frames_rule(c, at.ra);
    if (r.kind == RULE_END)
      return;
    if (frames_hopeless(r)) {
      frames_lose(c, p);
      return;
    }
    if (r.kind >= RULE_NEVER) {
      capture_unwind_rest(h, p, at, room, frame);
      return;
    }
    if (!frame_step(&c->stack_known, &at, r)) {
      c->counts.cut++;
      return;
    }
    if (at.ra == 0 || !frames_next(c, p, at.ra))
      return;
  }
}

/* False: the tree may be wrong.  The loader's own requests say that modules may have come or gone,
 * and never take the fast path: the next request from elsewhere looks. */
static bool is_sure(struct heap *h, uintptr_t ra) {
  if (capture_in_loader(ra)) {
    capture_hint_modules();
    return true;
  }
  return likely(!atomic_load_explicit(&capture_mode.careful, memory_order_relaxed)) ||
         capture_modules_known(h);
}

/* The node of the path's first frame; the root if that is no code of a module. */
static struct node *first_node(struct capture *c, struct call_path *p, uintptr_t ra) {
  bool in_loader = capture_in_loader(ra);
  if (!in_loader && find_no_object(ra - 1)) {
    frames_lose(c, p);
    return c->root;
  }
  p->frame[p->length++] = ra;
  struct node *n = path_child(c->root, ra, in_loader ? NODE_LOADER : NODE_FRAME);
  if (n != NULL && !in_loader)
    root_entry_set(root_entry_at(c->roots, ra), c->root, ra, n);
  return n;
}

static uint32_t site_of(struct capture *c, struct node *n) {
  uint32_t site = n == NULL ? 0 : path_site(n);
  if (site != 0)
    return site;
  c->counts.full++;
  return SITE_TABLE_FULL;
}

/* ---- ARENASHIM_TAG=verify ---- */

/* Of libunwind's answer, how many frames the path has: it is cut as ours is. */
static unsigned cut_length(struct path_room room, const uintptr_t *frame, unsigned found) {
  for (unsigned i = 0; i < found; i++, room = path_room_less(room, 1))
    if (path_ends_at(room, frame[i]))
      return i + 1;
  return found;
}

/* Compares the path with libunwind's own answer.  Two kinds of path need only be its beginning: one
 * that was cut (not `whole`), and one that ends at a fiber's first function, where libunwind takes
 * the byte before it for its code. */
static cold __attribute__((noinline)) void verify(struct heap *h, const struct call_path *p,
                                                  const void *frame, bool whole) {
  struct capture *c = capture_of(h);
  uintptr_t theirs[PATH_FRAMES_MAX];
  unsigned found;
  struct path_room room = capture_mode.room;
  if (!capture_backtrace(h, frame, theirs, (unsigned)(1 + room.sure + room.more), &found))
    return;
  found = cut_length(room, theirs, found);
  struct rule r = path_rule(p->length == 0 ? 0 : p->frame[p->length - 1]);
  whole = whole && !(r.kind == RULE_END && r.by_start);
  bool same = whole ? found == p->length : found >= p->length;
  for (unsigned i = 0; same && i < p->length; i++)
    same = p->frame[i] == theirs[i];
  c->counts.verified++;
  c->counts.different += !same;
}

/* Compares the site with the fast path's answer, if it has one. */
static cold void verify_quick(struct capture *c, uint32_t site, const void *frame, uintptr_t bp) {
  uint32_t quick = capture_known(c, frame, bp);
  c->counts.different += quick != SITE_NONE && quick != site;
}

/* ---- */

/* Walks over the stack from the cursor, which is in malloc's caller, into an empty path.  `sure`:
 * the tree can be trusted. */
static uint32_t walk_site(struct heap *h, struct call_path *p, struct cursor at, bool sure,
                          const void *frame) {
  struct capture *c = capture_of(h);
  p->length = 0;
  p->lost = false;
  uint64_t cut = c->counts.cut;
  struct node *n = first_node(c, p, at.ra);
  if (capture_mode.depth > 1 && !stack_knows(&c->stack_known, at.sp - sizeof at.ra))
    stack_learn(&c->stack_known, at.sp - sizeof at.ra);
  if (n != NULL && capture_mode.depth > 1 && !p->lost)
    (sure ? walk_slowly : capture_unwind_rest)(h, p, at, capture_mode.room, frame);
  uint32_t site = site_of(c, n == NULL ? NULL : call_path_end(n, p));
  if (n != NULL && unlikely(capture_mode.verify)) {
    verify(h, p, frame, cut == c->counts.cut);
    if (!capture_in_loader(at.ra) && sure)
      verify_quick(c, site, frame, at.bp);
  }
  return site;
}

/* The same for a signal handler that interrupted a walk. */
static cold __attribute__((noinline)) uint32_t walk_beside(struct heap *h, struct cursor at,
                                                           bool sure, const void *frame) {
  struct call_path p;
  return walk_site(h, &p, at, sure, frame);
}

uint32_t capture_site(struct heap *h, const void *frame) {
  struct capture *c = capture_of(h);
  struct cursor at = {
      .ra = ((const uintptr_t *)frame)[-1], .sp = (uintptr_t)frame, .bp = cpu_frame_pointer()};
  if (unlikely(c->busy != 0) && capture_is_nested(h, frame)) {
    c->counts.nested++;
    return SITE_UNWINDER;
  }
  bool sure = is_sure(h, at.ra);
  if (unlikely(c->walking))
    return walk_beside(h, at, sure, frame);
  c->walking = true;
  atomic_signal_fence(memory_order_seq_cst);
  uint32_t site = walk_site(h, &c->path, at, sure, frame);
  atomic_signal_fence(memory_order_seq_cst);
  c->walking = false;
  return site;
}
