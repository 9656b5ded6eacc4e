/* libunwind's part of a capture; contract in capture_unwind.h. */
#include "capture_unwind.h"
#include "capture_modules.h"
#include "fork_gate.h"
#include "frames.h"
#include "sandbox.h"
#include "unwinder.h"

/* Before libunwind runs for this request.  False: it must not run, the path ends here. */
static bool unwinder_enter(struct heap *h, const void *frame) {
  struct capture *c = capture_of(h);
  if (!capture_mode.unwinder || sandbox_forbids_masks())
    return false;
  if (c->stack == NULL && (c->stack = capture_map(UNWINDER_STACK_BYTES)) == NULL)
    return false;
  if (!gate_try(h))
    return false;
  c->busy = (uintptr_t)frame;
  return true;
}

static void unwinder_leave(struct heap *h) {
  capture_of(h)->busy = 0;
  gate_leave(h);
}

bool capture_is_nested(struct heap *h, const void *frame) {
  struct capture *c = capture_of(h);
  if ((uintptr_t)frame <= c->busy || !stack_knows(&c->stack_known, (uintptr_t)frame))
    return true;
  unwinder_leave(h);
  return false;
}

static uintptr_t last_of(const struct call_path *p) { return p->frame[p->length - 1]; }

/* libunwind writes its answer where the path goes on; frame by frame it is taken or not. */
cold void capture_unwind_rest(struct heap *h, struct call_path *p, struct cursor at,
                              struct path_room room, const void *frame) {
  struct capture *c = capture_of(h);
  uintptr_t *above = p->frame + p->length;
  if (!unwinder_enter(h, frame)) {
    c->counts.cut++;
    return;
  }
  bool ended;
  unsigned found = unwinder_walk(at.ra, at.sp, at.bp, above, (unsigned)(room.sure + room.more),
                                 &ended, c->stack + UNWINDER_STACK_BYTES);
  unwinder_leave(h);
  c->counts.unwound++;
  for (unsigned i = 0; i < found && !path_ends_at(room, last_of(p)); i++) {
    if (!frames_add(c, p, above[i]))
      return;
    room = path_room_less(room, 1);
  }
  if (!path_ends_at(room, last_of(p)))
    frames_end(c, p, ended, capture_in_loader(last_of(p)));
}

cold bool capture_backtrace(struct heap *h, const void *frame, uintptr_t *out, unsigned n,
                            unsigned *found) {
  if (!unwinder_enter(h, frame))
    return false;
  *found = unwinder_backtrace(frame, out, n, capture_of(h)->stack + UNWINDER_STACK_BYTES);
  unwinder_leave(h);
  return true;
}
