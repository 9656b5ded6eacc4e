/* The walk that names a call site; the picture is in capture.h. */
#include "capture.h"
#include "find_object.h"
#include "fork_gate.h"
#include "frames.h"
#include "modules.h"
#include "os.h"
#include "program_path.h"
#include "regions.h"
#include "sandbox.h"
#include "unwinder.h"

#include <sched.h>
#include <unistd.h>

hidden struct capture_mode capture_mode = {.depth = 1};

static struct {
  uintptr_t loader, loader_bytes; /* where the loader lies */
  _Atomic unsigned hints;         /* its requests */
  _Atomic uint64_t bytes;
  uint64_t early;
} captures;

uint64_t capture_bytes(void) { return count_get(&captures.bytes); }

/* When addresses have changed their meaning. */
static void forget_addresses(struct capture *c) {
  for (unsigned i = 0; i < KNOWN_STACKS; i++)
    c->known[i].ra = 0;
  for (unsigned i = 0; i < ROOT_ENTRIES; i++)
    c->roots[i].ra = 0;
}

/* The thread before had another stack, which may be gone, and tags of its own. */
static void take_over(struct capture *c) {
  stack_forget(&c->stack_known);
  c->root = &path_root;
  c->labels = 0;
  c->busy = 0;
}

bool capture_open(struct heap *h) {
  if (h->user != NULL) {
    take_over(capture_of(h));
    return true;
  }
  size_t bytes = round_up(sizeof(struct capture), PAGE_BYTES);
  struct capture *c = os_map(bytes);
  if (c == NULL)
    return false;
  atomic_fetch_add(&captures.bytes, bytes);
  c->root = &path_root;
  h->user = c;
  return true;
}

static bool in_loader(uintptr_t address) {
  return address - captures.loader < captures.loader_bytes;
}

/* Its requests so far were taken for others'. */
static void mark_loader(void) {
  for (unsigned i = 1; i < path_nodes(); i++) {
    struct node *n = path_node(i);
    if (n != NULL && n->parent == &path_root && in_loader(n->address))
      n->kind = NODE_LOADER;
  }
  for (unsigned i = 0; i < heap_count(); i++)
    if (capture_of(heap_at(i)) != NULL)
      forget_addresses(capture_of(heap_at(i)));
}

static void find_loader(void) {
  int i = modules_find(program_loader());
  if (i < 0)
    return;
  captures.loader = modules_at((unsigned)i)->start;
  captures.loader_bytes = modules_at((unsigned)i)->end - captures.loader;
  mark_loader();
}

static void tell_trouble(void) {
  char buffer[256];
  struct text t = TEXT_ON(buffer);
  text_str(&t, "arenashim: libunwind.so.8 ");
  text_str(&t, unwinder_trouble());
  text_str(&t, ": a call path is the caller alone, as with ARENASHIM_TAG=site\n");
  text_write(&t, STDERR_FILENO);
}

/* Requests that have a path so far, in all arenas. */
static uint64_t requests_so_far(void) {
  uint64_t sum = 0;
  for (unsigned i = 0; i < heap_count(); i++) {
    const struct books *b = &heap_at(i)->books;
    for (uint32_t site = SITE_KINDS; b->index != NULL && site < path_sites(); site++)
      sum += account_at(b, site) != NULL ? account_at(b, site)->allocs : 0;
  }
  return sum;
}

void capture_setup(unsigned depth, bool verify) {
  bool unwinder = find_object_open() && depth > 1 && unwinder_open();
  stack_range_setup();
  modules_refresh(NULL);
  find_loader();
  if (depth > 1 && !unwinder)
    tell_trouble();
  capture_mode.unwinder = unwinder;
  capture_mode.verify = verify && unwinder;
  capture_mode.depth = unwinder ? depth : 1;
  capture_mode.careful = capture_mode.verify;
  if (capture_mode.depth > 1)
    captures.early = requests_so_far();
}

/* ---- the stack ---- */

/* Where a walk is: at a return address, with the registers after that return. */
struct cursor {
  uintptr_t ra, sp, bp;
};

static bool can_read(struct capture *c, uintptr_t word) {
  return (frame_proves(word) || os_readable(word)) && stack_can_read(&c->stack_known, word);
}

/* One step by rule.  False: the stack is not what the rule needs. */
static bool step(struct capture *c, struct cursor *at, struct rule r) {
  uintptr_t cfa = (r.kind == RULE_SP ? at->sp : at->bp) + (uintptr_t)(intptr_t)r.delta;
  if (cfa <= at->sp || cfa % sizeof cfa != 0 || !can_read(c, cfa - sizeof cfa))
    return false;
  if (r.rbp_at != 0) {
    uintptr_t saved = cfa + (uintptr_t)(intptr_t)r.rbp_at;
    if (!stack_can_read(&c->stack_known, saved))
      return false;
    at->bp = *(const uintptr_t *)saved;
  }
  at->sp = cfa;
  at->ra = *(const uintptr_t *)(cfa - sizeof cfa);
  return true;
}

/* ---- with the unwinder's help ---- */

/* The unwinder is about to run for this request.  False: it may not, the path ends here. */
static bool unwinder_enter(struct heap *h, const void *frame) {
  struct capture *c = capture_of(h);
  if (!capture_mode.unwinder || sandbox_forbids_masks())
    return false;
  if (c->stack == NULL) {
    c->stack = os_map(UNWINDER_STACK_BYTES);
    if (c->stack == NULL)
      return false;
    atomic_fetch_add(&captures.bytes, UNWINDER_STACK_BYTES);
  }
  if (!gate_try(h))
    return false;
  c->busy = (uintptr_t)frame;
  return true;
}

static void unwinder_leave(struct heap *h) {
  capture_of(h)->busy = 0;
  gate_leave(h);
}

/* A request made while the unwinder works for this thread is its own, unless its work was left
 * by a jump out of a signal handler: then the stack is shallower than it was. */
static bool is_nested(struct heap *h, const void *frame) {
  struct capture *c = capture_of(h);
  if (likely(c->busy == 0))
    return false;
  if ((uintptr_t)frame <= c->busy || !stack_knows(&c->stack_known, (uintptr_t)frame))
    return true;
  unwinder_leave(h);
  return false;
}

/* The rest of a walk by the unwinder: the frames above `at`. */
static cold struct node *unwind_rest(struct heap *h, struct node *n, struct cursor at,
                                     unsigned depth, const void *frame) {
  struct capture *c = capture_of(h);
  uintptr_t above[CAPTURE_DEPTH_MAX];
  if (!unwinder_enter(h, frame)) {
    c->counts.cut++;
    return n;
  }
  bool ended;
  unsigned found =
      unwinder_walk(at.ra, at.sp, at.bp, above, depth, &ended, c->stack + UNWINDER_STACK_BYTES);
  unwinder_leave(h);
  c->counts.unwound++;
  for (unsigned i = 0; i < found && n != NULL && !node_is_mark(n); i++)
    n = frames_add(c, n, above[i]);
  return found == depth || n == NULL || node_is_mark(n)
             ? n
             : frames_end(c, n, ended, in_loader(n->address));
}

/* The walk goes on where the fast one stopped: at node n, with `depth` frames still to come. */
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
      return unwind_rest(h, n, at, depth, frame);
    if (!step(c, &at, r)) {
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

/* Compares the path with the unwinder's own answer; one that was cut, or ends where libunwind would
 * take the byte before a fiber's first function for its code, with its beginning. */
static cold void verify(struct heap *h, const struct node *n, const void *frame, bool whole) {
  struct capture *c = capture_of(h);
  uintptr_t theirs[CAPTURE_DEPTH_MAX];
  if (!unwinder_enter(h, frame))
    return;
  unsigned found =
      unwinder_backtrace(frame, theirs, capture_mode.depth, c->stack + UNWINDER_STACK_BYTES);
  unwinder_leave(h);
  unsigned length = 0;
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

/* ---- modules that leave and come back ---- */

/* A region's row keeps the address of its creation as it was. */
static bool regions_refer(uintptr_t start, uintptr_t end) {
  for (unsigned i = 0; i < regions_count(); i++)
    if (regions_row(i) != NULL && regions_row(i)->site - start < end - start)
      return true;
  return false;
}

static struct module_kept module_left(unsigned module, uintptr_t start, uintptr_t end) {
  bool any;
  uint32_t nodes = path_forget(module, start, end, &any);
  for (unsigned i = 0; any && i < heap_count(); i++)
    if (capture_of(heap_at(i)) != NULL)
      forget_addresses(capture_of(heap_at(i)));
  return (struct module_kept){.nodes = nodes,
                              .addresses = (any && nodes == 0) || regions_refer(start, end)};
}

uintptr_t capture_address(const struct node *n) {
  uintptr_t stored = __atomic_load_n(&n->address, __ATOMIC_RELAXED);
  unsigned module = node_dead_module(stored);
  if ((stored & NODE_DEAD) == 0 || module >= DEAD_LAST || module >= modules_count())
    return node_address(stored);
  return modules_at(module)->start + node_address(stored);
}

static const struct module_events module_events = {.left = module_left, .back = path_revive};

void capture_look_at_modules(void) { modules_refresh(&module_events); }

/* What would have been answered without verifying. */
static cold void verify_quick(struct capture *c, uint32_t site, const void *frame, uintptr_t bp) {
  uint32_t quick = capture_known(c, frame, bp);
  c->counts.different += quick != SITE_NONE && quick != site;
}

static void be_careful(bool careful) {
  atomic_store_explicit(&capture_mode.careful, careful || capture_mode.verify,
                        memory_order_relaxed);
}

/* Another thread that is at it may have looked before this thread's library was there: when that is
 * gone before anybody looks again, its frames have no module for ever.  A bounded wait, because
 * this thread may be one that the other waits for, in the loader. */
static bool refresh_modules(void) {
  enum { TURNS = 200 };
  for (unsigned i = 0; !modules_refresh(&module_events); i++) {
    if (i == TURNS)
      return false;
    sched_yield();
  }
  return true;
}

/* Brings what is known of modules up to date.  False: the tree may be wrong, because another thread
 * is at it, or because this process forks (looking takes the loader's lock, and the child may
 * inherit it taken). */
static bool modules_known(struct heap *h) {
  unsigned seen = atomic_load(&captures.hints);
  if (!gate_try(h))
    return false;
  bool known = !modules_changed() || refresh_modules();
  gate_leave(h);
  if (known) {
    be_careful(false);
    if (atomic_load(&captures.hints) != seen) /* hinted meanwhile: look again */
      be_careful(true);
  }
  return known;
}

/* The loader's own requests tell that libraries may have come or gone, and are never quick: the
 * next request from elsewhere looks. */
static bool is_sure(struct heap *h, uintptr_t ra) {
  if (in_loader(ra)) {
    atomic_fetch_add(&captures.hints, 1);
    be_careful(true);
    return true;
  }
  return likely(!atomic_load_explicit(&capture_mode.careful, memory_order_relaxed)) ||
         modules_known(h);
}

static struct node *first_node(struct capture *c, uintptr_t ra) {
  if (in_loader(ra))
    return path_child(c->root, ra, NODE_LOADER);
  if (find_no_object(ra - 1))
    return frames_lose(c, c->root);
  struct node *n = path_child(c->root, ra, NODE_FRAME);
  if (n != NULL)
    c->roots[root_entry_at(ra)] = (struct root_entry){.ra = ra, .root = c->root, .node = n};
  return n;
}

static uint32_t site_of(struct capture *c, struct node *n) {
  uint32_t site = n == NULL ? 0 : path_site(n);
  if (site != 0)
    return site;
  c->counts.full++;
  return SITE_TABLE_FULL;
}

uint32_t capture_site(struct heap *h, const void *frame) {
  struct capture *c = capture_of(h);
  struct cursor at = {
      .ra = ((const uintptr_t *)frame)[-1], .sp = (uintptr_t)frame, .bp = cpu_frame_pointer()};
  if (is_nested(h, frame)) {
    c->counts.nested++;
    return SITE_UNWINDER;
  }
  uint64_t cut = c->counts.cut;
  bool sure = is_sure(h, at.ra);
  struct node *n = first_node(c, at.ra);
  if (capture_mode.depth > 1 && !stack_knows(&c->stack_known, at.sp - sizeof at.ra))
    stack_learn(&c->stack_known, at.sp - sizeof at.ra);
  if (n != NULL && capture_mode.depth > 1 && !node_is_mark(n))
    n = (sure ? walk_slowly : unwind_rest)(h, n, at, capture_mode.depth - 1, frame);
  uint32_t site = site_of(c, n);
  if (n != NULL && unlikely(capture_mode.verify)) {
    verify(h, n, frame, cut == c->counts.cut);
    if (!in_loader(at.ra) && sure)
      verify_quick(c, site, frame, at.bp);
  }
  return site;
}

void capture_sum(struct capture_counts *sum) {
  *sum = (struct capture_counts){.early = captures.early};
  for (unsigned i = 0; i < heap_count(); i++) {
    const struct capture *c = capture_of(heap_at(i));
    if (c == NULL)
      continue;
    sum->unwound += c->counts.unwound;
    sum->learned += c->counts.learned;
    sum->cut += c->counts.cut;
    sum->lost += c->counts.lost;
    sum->nested += c->counts.nested;
    sum->full += c->counts.full;
    sum->untagged += c->counts.untagged;
    sum->verified += c->counts.verified;
    sum->different += c->counts.different;
  }
}

void capture_fork_child(void) {
  for (unsigned i = 0; i < heap_count(); i++) {
    struct capture *c = capture_of(heap_at(i));
    if (c != NULL && heap_at(i) != heap_mine())
      c->busy = 0;
  }
  modules_forget();
}
