/* Puts a function of ours in place of one that a library imports, until that is undone.
 *
 *   library's code -> its table of imports: slot -> the function
 *
 * One thread at a time; not in a signal handler.
 */
#ifndef SHIM_IMPORT_H
#define SHIM_IMPORT_H

#include "base.h"

struct import {
  void **slot;       /* NULL: nothing was replaced */
  void *was;         /* what the slot held */
  bool is_protected; /* the loader made the slot read-only */
};

/* From now on the library (a handle of dlopen, opened with RTLD_NOW) calls `by` where it calls the
 * function of that name.  Does nothing if it imports no such function, or if its table can't be
 * written.  Fills *i for import_restore. */
hidden void import_replace(struct import *i, void *library, const char *name, void *by);

/* Undoes an import_replace. */
hidden void import_restore(const struct import *i);

#endif
