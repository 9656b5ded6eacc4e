/* The entries of the table of modules: where they lie, and how the refreshing thread finds them.
 *
 *   block k of 64 << k entries, never moved, never freed: an index finds its entry at once
 *
 *   an entry is in one of three lists:
 *   loaded[start]         loaded now, by address
 *   unloaded[identity]    not loaded, but something refers to it: used again if the module comes
 *                         back, at whatever address
 *   unused                not loaded, and nothing refers to it: used for the next new module
 *
 * So a program that opens and closes libraries for ever needs as many entries as there are files to
 * which something refers, not as many as it makes calls of dlopen.
 *
 * entry_at, table_count and table_bytes: any thread, any time, signal handlers too.  The others:
 * only the refreshing thread (modules_refresh).
 */
#ifndef SHIM_MODULE_TABLE_H
#define SHIM_MODULE_TABLE_H

#include "shown_modules.h"

struct entry {
  struct module module;
  uint64_t identity; /* hash of the loader's name, build-id or unwind tables, and size */
  unsigned number;   /* its index */
  unsigned seen;     /* the last pass that saw its module */
  bool came;         /* loaded since this pass */
  struct module_kept kept;
  size_t room; /* bytes that its path has room for */
  struct shown_module shown;
  struct entry *next; /* of the same list */
};

/* Entries that may be read. */
hidden unsigned table_count(void);

/* The entry of an index below table_count().  The pointer stays valid. */
hidden struct entry *entry_at(unsigned i);

/* Bytes mapped for entries and paths. */
hidden uint64_t table_bytes(void);

/* The entry of the module loaded at exactly these addresses; NULL: none. */
hidden struct entry *table_find_loaded(uintptr_t start, uintptr_t end);

/* An entry for a module that was loaded; the first of these that exists: an unloaded one of this
 * identity, an unused one, a new one.  Its address and the rest are filled from *m, its path from
 * `path`, unless it was of this identity before.  NULL if there is no memory. */
hidden struct entry *table_add(const struct module *m, uint64_t identity, const char *path);

/* Takes each loaded entry that was not seen in this pass off the list of loaded ones, calls unload,
 * which sets e->kept, and puts it among the unloaded or the unused ones, as e->kept says. */
hidden void table_unload_unseen(unsigned pass, void (*unload)(struct entry *e, void *argument),
                                void *argument);

/* In the child of a fork in whose parent another thread was refreshing: a module that it had just
 * found to be gone counts as loaded until the next refresh finds that again. */
hidden void table_fork_child(void);

/* In the child of a fork whose parent had a record's file: shows readers outside all entries. */
hidden void table_fork_child_shown(void);

/* Calls visit for each loaded entry. */
hidden void table_each_loaded(void (*visit)(struct entry *e, void *argument), void *argument);

#endif
