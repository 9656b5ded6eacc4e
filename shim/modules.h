/* Which files are mapped where: for the dump, which records addresses and no names, and for
 * forgetting what was learned of code that has left.
 *
 *   refresh:  dl_iterate_phdr -> a module that is new is appended, one that stands is marked
 *             those not marked are gone, and left() is told their indexes and addresses
 *
 * The table only grows: chunks of entries and of names, never moved and never freed, so that
 * readers need no lock and modules that left stay in the dump.  Nothing here calls malloc.
 *
 * A module stands as long as its addresses, its path and its build-id (without one: its unwind
 * tables) are the same; one that was closed and opened again unchanged is the same module.
 */
#ifndef SHIM_MODULES_H
#define SHIM_MODULES_H

#include "../arena/base.h"

enum { BUILD_ID_MAX = 64 };

struct module {
  uintptr_t start, end; /* lowest PT_LOAD address, end of the highest */
  uintptr_t bias;       /* address in memory = address in the file + bias */
  unsigned char build_id[BUILD_ID_MAX];
  unsigned build_id_bytes; /* 0: none; of a longer one the first are kept */
  uintptr_t dynamic;       /* address of PT_DYNAMIC in memory; 0: none */
  const char *path;        /* as the loader has it; the program's own from /proc/self/exe */
  _Atomic bool gone;
};

/* Whether libraries came or went since the last refresh.  Takes the loader's lock for a moment:
 * not in a signal handler, not while holding a lock of ours. */
hidden bool modules_changed(void);

/* Brings the table up to date; left (may be NULL) is called, without the loader's lock, for each
 * module that is gone.  One thread at a time: who comes meanwhile gets false at once and sees the
 * table as it is; until all is done, modules_changed says yes.  Where that may be called.  A module
 * for which there is no memory stays unknown until the next change. */
hidden bool modules_refresh(void (*left)(unsigned i, uintptr_t start, uintptr_t end));

/* In the child of a fork: a refresh that another thread had under way is over. */
hidden void modules_forget(void);

/* Reading: any thread, any time, signal handlers too.  Indexes and pointers stay valid. */
hidden unsigned modules_count(void);
hidden const struct module *modules_at(unsigned i);

/* The index of the module, not gone, that holds this address; -1: none does. */
hidden int modules_find(uintptr_t address);

/* Bytes mapped for the tables. */
hidden uint64_t modules_bytes(void);

#endif
