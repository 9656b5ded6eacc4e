/* Modules that leave and come back; contract in capture_modules.h. */
#include "capture_modules.h"
#include "fork_gate.h"
#include "modules.h"
#include "program_path.h"
#include "regions.h"

#include <sched.h>
#include <sys/single_threaded.h>

hidden struct capture_loader capture_loader;

static _Atomic unsigned hints; /* the loader's requests so far */

/* ---- the loader ---- */

/* The loader's requests so far were taken for another module's. */
static void mark_loader(void) {
  for (unsigned i = 1; i < path_nodes(); i++) {
    struct node *n = path_node(i);
    if (n != NULL && n->parent == &path_root && capture_in_loader(n->address))
      n->kind = NODE_LOADER;
  }
  capture_forget_addresses();
}

void capture_modules_setup(void) {
  modules_refresh(NULL);
  int i = modules_find(program_loader());
  if (i < 0)
    return;
  const struct module *loader = modules_at((unsigned)i);
  capture_loader = (struct capture_loader){loader->start, loader->end - loader->start};
  mark_loader();
}

/* ---- modules that leave and come back ---- */

/* Does a region's row keep an address in there, as it was when the region was created? */
static bool regions_refer(uintptr_t start, uintptr_t end) {
  for (unsigned i = 0; i < regions_count(); i++)
    if (regions_row(i) != NULL && regions_row(i)->site - start < end - start)
      return true;
  return false;
}

static struct module_kept module_left(unsigned module, uintptr_t start, uintptr_t end) {
  bool any;
  uint32_t nodes = path_forget(module, start, end, &any);
  if (any)
    capture_forget_addresses();
  return (struct module_kept){.nodes = nodes,
                              .addresses = (any && nodes == 0) || regions_refer(start, end)};
}

static const struct module_events module_events = {.left = module_left, .back = path_revive};

void capture_refresh_modules(void) { modules_refresh(&module_events); }

uintptr_t capture_address(const struct node *n) {
  uintptr_t stored = __atomic_load_n(&n->address, __ATOMIC_RELAXED);
  unsigned module = node_dead_module(stored);
  if ((stored & NODE_DEAD) == 0 || module >= DEAD_LAST || module >= modules_count())
    return node_address(stored);
  return modules_at(module)->start + node_address(stored);
}

/* ---- when to look ---- */

static void be_careful(bool careful) {
  atomic_store_explicit(&capture_mode.careful, careful || capture_mode.verify,
                        memory_order_relaxed);
}

void capture_hint_modules(void) {
  atomic_fetch_add(&hints, 1);
  be_careful(true);
}

/* Another thread that refreshes may have read the loader's list before this thread's library stood
 * in it: if the library is gone before the next refresh, its frames have no module for ever.  The
 * wait is bounded, because the other thread may wait for this one, in the loader. */
static bool refresh_patiently(void) {
  enum { TURNS = 200 };
  for (unsigned i = 0; !modules_refresh(&module_events); i++) {
    if (i == TURNS)
      return false;
    sched_yield();
  }
  return true;
}

void capture_modules_fork_child(void) {
  if (!__libc_single_threaded)
    be_careful(false);
}

bool capture_modules_known(struct heap *h) {
  unsigned seen = atomic_load(&hints);
  if (!gate_try(h))
    return false;
  bool known = !modules_changed() || refresh_patiently();
  gate_leave(h);
  if (known) {
    be_careful(false);
    if (atomic_load(&hints) != seen) /* the loader asked meanwhile: the next request looks again */
      be_careful(true);
  }
  return known;
}
