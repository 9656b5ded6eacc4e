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
  capture_mode.careful = capture_mode.verify;
  if (capture_mode.depth > 1)
    capture_count_early();
}

/* ---- walking ---- */

/* Goes on where the fast path gave up: at node n, in whose frame the cursor is, with `depth` frames
 * still to come.  Returns the node at which the path ends; NULL: the tree has no room. */
static cold struct node *walk_slowly(struct heap *h, struct node *n, struct cursor at,
                                     unsigned depth, const void *frame) {
  struct capture *c = capture_of(h);
  for (; depth > 0; depth--) {
    struct rule r = frames_rule(c, n);
    if (r.kind == RULE_END)
      return n;
    if (frames_hopeless(r))
      return frames_lose(c, n);
    if (r.kind >= RULE_NEVER)
      return capture_unwind_rest(h, n, at, depth, frame);
    if (!frame_step(&c->stack_known, &at, r)) {
      c->counts.cut++;
      return n;
    }
    if (at.ra == 0)
      return n;
    n = frames_next(c, n, at.ra);
    if (n == NULL || node_is_mark(n))
      return n;
  }
  return n;
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

static struct node *first_node(struct capture *c, uintptr_t ra) {
  if (capture_in_loader(ra))
    return path_child(c->root, ra, NODE_LOADER);
  if (find_no_object(ra - 1))
    return frames_lose(c, c->root);
  struct node *n = path_child(c->root, ra, NODE_FRAME);
  if (n != NULL)
    *root_entry_at(c->roots, ra) = (struct root_entry){.ra = ra, .root = c->root, .node = n};
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

/* Compares the path with libunwind's own answer.  Two kinds of path need only be its beginning: one
 * that was cut (not `whole`), and one that ends at a fiber's first function, where libunwind takes
 * the byte before it for its code. */
static cold void verify(struct heap *h, const struct node *n, const void *frame, bool whole) {
  struct capture *c = capture_of(h);
  uintptr_t theirs[CAPTURE_DEPTH_MAX];
  unsigned found, length = 0;
  if (!capture_backtrace(h, frame, theirs, capture_mode.depth, &found))
    return;
  n = node_is_mark(n) ? n->parent : n;
  for (const struct node *i = n; node_is_frame(i); i = i->parent)
    length++;
  struct rule r = node_rule(n);
  whole = whole && !(r.kind == RULE_END && r.by_start);
  bool same = whole ? found == length : found >= length;
  for (unsigned i = length; same && i > 0; i--, n = n->parent)
    same = n->address == theirs[i - 1];
  c->counts.verified++;
  c->counts.different += !same;
}

/* Compares the site with the fast path's answer, if it has one. */
static cold void verify_quick(struct capture *c, uint32_t site, const void *frame, uintptr_t bp) {
  uint32_t quick = capture_known(c, frame, bp);
  c->counts.different += quick != SITE_NONE && quick != site;
}

/* ---- */

uint32_t capture_site(struct heap *h, const void *frame) {
  struct capture *c = capture_of(h);
  struct cursor at = {
      .ra = ((const uintptr_t *)frame)[-1], .sp = (uintptr_t)frame, .bp = cpu_frame_pointer()};
  if (unlikely(c->busy != 0) && capture_is_nested(h, frame)) {
    c->counts.nested++;
    return SITE_UNWINDER;
  }
  uint64_t cut = c->counts.cut;
  bool sure = is_sure(h, at.ra);
  struct node *n = first_node(c, at.ra);
  if (capture_mode.depth > 1 && !stack_knows(&c->stack_known, at.sp - sizeof at.ra))
    stack_learn(&c->stack_known, at.sp - sizeof at.ra);
  if (n != NULL && capture_mode.depth > 1 && !node_is_mark(n))
    n = (sure ? walk_slowly : capture_unwind_rest)(h, n, at, capture_mode.depth - 1, frame);
  uint32_t site = site_of(c, n);
  if (n != NULL && unlikely(capture_mode.verify)) {
    verify(h, n, frame, cut == c->counts.cut);
    if (!capture_in_loader(at.ra) && sure)
      verify_quick(c, site, frame, at.bp);
  }
  return site;
}
