/* A function of ours in place of one that a library imports, for a while.
 *
 *   library's code -> its table of imports: slot -> the function
 */
#ifndef SHIM_IMPORT_H
#define SHIM_IMPORT_H

#include "base.h"

struct import {
  void **slot; /* NULL: nothing was replaced */
  void *was;
  bool is_protected; /* the loader made the slot read-only */
};

/* From now on the library (of dlopen, with RTLD_NOW) calls `by` where it calls the function of that
 * name.  Nothing happens if it imports none, or if its table can't be written.  Once for a name, by
 * one thread. */
hidden void import_replace(struct import *i, void *library, const char *name, void *by);
hidden void import_restore(const struct import *i);

#endif
