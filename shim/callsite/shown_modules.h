/* Modules as readers outside of the process see them: copies in pieces of the record
 * (arena/pieces.h, record_format.h), which the process itself never reads.
 *
 * Only the refreshing thread (modules_refresh) calls these functions.  If there is no memory, a
 * reader lacks the module, and shows addresses without names.
 */
#ifndef SHIM_SHOWN_MODULES_H
#define SHIM_SHOWN_MODULES_H

#include "modules.h"

/* Where a module's copy lies; zero at first. */
struct shown_module {
  struct record_module *item;
  char *path;
  size_t room; /* bytes at `path` */
};

/* The module `number` is loaded, with these addresses and this path; it has left. */
hidden void shown_module(struct shown_module *to, const struct module *m, unsigned number);
hidden void shown_module_gone(const struct shown_module *to);

#endif
