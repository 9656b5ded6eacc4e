/* Which files are mapped where: for the dump, which records addresses and no names, and for
 * forgetting what was learned of code that has left.
 *
 *   refresh:  1. of the modules that the loader lists, in all namespaces, the known ones are marked
 *             2. known ones without a mark are gone: left() is called with index and addresses
 *             3. those not known are added; for one that was here before, back() is called
 *
 * Entries are never moved and never freed, so that readers need no lock.  Modules that left stay in
 * the dump as long as left() says that something refers to them; other entries are used again
 * (module_table.h).  Nothing here calls malloc.
 *
 * A module is the same as long as its name (as the loader has it), its build-id (without one: its
 * unwind tables) and its size are the same.  One that was closed and opened again is the same
 * module, even at another address.
 */
#ifndef SHIM_MODULES_H
#define SHIM_MODULES_H

#include "base.h"

enum { BUILD_ID_MAX = 64 };

struct module {
  uintptr_t start, end; /* lowest PT_LOAD address, end of the highest */
  uintptr_t bias;       /* address in memory = address in the file + bias */
  unsigned char build_id[BUILD_ID_MAX];
  unsigned build_id_bytes; /* 0: none; of a longer one the first BUILD_ID_MAX */
  uintptr_t dynamic;       /* address of PT_DYNAMIC in memory; 0: none */
  const char *path;        /* as the loader has it; the program's own: program_path.h */
  unsigned life;           /* grows when the entry is filled again */
  _Atomic bool gone;
};

/* What still refers to a module that has left. */
struct module_kept {
  uint32_t nodes; /* for back(): what can follow the module to another address; 0: nothing */
  bool addresses; /* something refers to it that can't follow it */
};

/* Called by a refresh, without the loader's lock. */
struct module_events {
  struct module_kept (*left)(unsigned i, uintptr_t start, uintptr_t end);
  void (*back)(uint32_t nodes, uintptr_t start);
};

/* Have libraries come or gone since the last refresh?  Takes the loader's lock for a moment: not in
 * a signal handler (one that interrupted the loader would read lists that are half changed), not
 * while holding a lock of ours.  Any thread. */
hidden bool modules_changed(void);

/* Brings the table up to date and calls the events (NULL: each module that leaves counts as
 * referred to).  One thread refreshes; another gets false at once and keeps the old table, and
 * modules_changed() stays true until the refresh is done.  Same calling rules as modules_changed().
 * A module for which there is no memory stays unknown until the next change.  Keeps errno. */
hidden bool modules_refresh(const struct module_events *events);

/* In the child of a fork: a refresh that was under way is over.  True: it was another thread's, and
 * the next one calls the events again for the modules that this one had found to be gone. */
hidden bool modules_forget(void);

/* In the child of a fork whose parent had a record's file: shows readers outside the table. */
hidden void modules_fork_child_shown(void);

/* Reading: the functions below are for any thread, any time, signal handlers too.  Indexes and
 * pointers stay valid. */

/* Entries of the table, those of modules that are gone among them. */
hidden unsigned modules_count(void);

/* The module of an index below modules_count(). */
hidden const struct module *modules_at(unsigned i);

/* The index of the loaded module that holds this address; -1: none does. */
hidden int modules_find(uintptr_t address);

/* Bytes mapped for the table. */
hidden uint64_t modules_bytes(void);

#endif
