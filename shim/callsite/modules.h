/* Which files are mapped where: for the dump, which records addresses and no names, and for
 * forgetting what was learned of code that has left.
 *
 *   refresh:  each module that the loader lists, of all namespaces, is met: marked if it is known
 *             those not marked are gone, and left() is called with their indexes and addresses
 *             those not known are added; for one that was here before, back() is called
 *
 * Entries are never moved and never freed, so that readers need no lock.  Modules that left stay in
 * the dump as long as left() says that something refers to them; the entry of another is used for
 * one that comes later (module_table.h).  Nothing here calls malloc.
 *
 * A module is the same as long as its name (as the loader has it), its build-id (without one: its
 * unwind tables) and its size are the same.  One that was closed and opened again is the same
 * module, at another address, too.
 */
#ifndef SHIM_MODULES_H
#define SHIM_MODULES_H

#include "base.h"

enum { BUILD_ID_MAX = 64 };

struct module {
  uintptr_t start, end; /* lowest PT_LOAD address, end of the highest */
  uintptr_t bias;       /* address in memory = address in the file + bias */
  unsigned char build_id[BUILD_ID_MAX];
  unsigned build_id_bytes; /* 0: none; of a longer one the first are kept */
  uintptr_t dynamic;       /* address of PT_DYNAMIC in memory; 0: none */
  const char *path;        /* as the loader has it; the program's own: program_path.h */
  unsigned life;           /* grows when the entry is filled again */
  _Atomic bool gone;
};

/* What goes on referring to a module that leaves. */
struct module_kept {
  uint32_t nodes; /* for back(); 0: nothing that can follow it to another address */
  bool addresses; /* something that can't */
};

struct module_events {
  struct module_kept (*left)(unsigned i, uintptr_t start, uintptr_t end);
  void (*back)(uint32_t nodes, uintptr_t start);
};

/* Whether libraries came or went since the last refresh.  Takes the loader's lock for a moment:
 * not in a signal handler, not while holding a lock of ours. */
hidden bool modules_changed(void);

/* Brings the table up to date; the events (NULL: whatever leaves is referred to) are called without
 * the loader's lock.  One thread refreshes; another gets false at once and keeps the table as it
 * is, and modules_changed() stays true until the refresh is done.  Calling rules of
 * modules_changed().  A module for which there is no memory stays unknown until the next change. */
hidden bool modules_refresh(const struct module_events *events);

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
