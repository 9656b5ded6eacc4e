/* Which modules are loaded, as far as captures must know: a path's addresses mean the code that lay
 * there when the path was learned.
 *
 *   the loader asks for memory  ->  modules may have come or gone: no fast path (careful)
 *   the next request from elsewhere brings the table of modules up to date (modules.h):
 *     of a module that left, nodes are marked dead and all tables of addresses emptied;
 *     of one that is back, at whatever address, the nodes live again (path_tree.h)
 */
#ifndef SHIM_CAPTURE_MODULES_H
#define SHIM_CAPTURE_MODULES_H

#include "capture_state.h"

/* Where the loader's code lies; bytes == 0: not known. */
extern hidden struct capture_loader { uintptr_t start, bytes; } capture_loader;

static inline bool capture_in_loader(uintptr_t address) {
  return address - capture_loader.start < capture_loader.bytes;
}

/* Fills the table of modules for the first time and finds the loader.  From capture_setup. */
hidden void capture_modules_setup(void);

/* Says that the loader asked for memory.  Any thread, signal handlers too. */
hidden void capture_hint_modules(void);

/* In the child of a fork: where another thread of the parent may have been inside the loader, whose
 * lock nobody returns then, modules are not looked at before the loader asks for memory again. */
hidden void capture_modules_fork_child(void);

/* Brings what is known of modules up to date; then the fast path may be taken again.  False: the
 * tree may be wrong, because another thread refreshes, or because this process forks (a refresh
 * takes the loader's lock, and the child may inherit it taken).  For the thread that has h, not for
 * a request of the loader.  Otherwise the calling rules of modules_changed(), as far as the program
 * keeps malloc out of its signal handlers. */
hidden bool capture_modules_known(struct heap *h);

/* Brings the table of modules up to date and forgets the addresses of those that left.  Not in a
 * signal handler, not while holding a lock of ours (modules_refresh). */
hidden void capture_refresh_modules(void);

/* The address of a node's code.  If its module has left: where that was, or lies again.  Any
 * thread, any time. */
hidden uintptr_t capture_address(const struct node *n);

#endif
