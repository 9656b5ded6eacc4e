/* Modules of other namespaces than the program's: what dlmopen has opened.
 *
 * dl_iterate_phdr shows the caller's namespace only.  The lists of the others hang on the structure
 * that the loader keeps for debuggers (_r_debug, glibc 2.35).  Where a module lies is what the
 * loader's search says (find_object.h); its headers are read in memory.
 *
 * Both functions are called with the loader's lock held, as callbacks of dl_iterate_phdr are.
 */
#ifndef SHIM_NAMESPACES_H
#define SHIM_NAMESPACES_H

#include "base.h"

#include <link.h>

/* As a callback of dl_iterate_phdr; info has no counts (dlpi_adds, dlpi_subs). */
typedef int module_visitor(struct dl_phdr_info *info, size_t bytes, void *argument);

/* Has dlmopen been called? */
hidden bool namespaces_exist(void);

/* Calls visit for each module of other namespaces, as dl_iterate_phdr would, but for what visit
 * returns, which is ignored.  The loader itself, which all namespaces share, may be visited again.
 * False: there was a module that the loader's search does not know yet; it was left out. */
hidden bool namespaces_each(module_visitor *visit, void *argument);

#endif
