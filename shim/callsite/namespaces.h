/* Modules of other namespaces than the program's: what dlmopen has opened.
 *
 * dl_iterate_phdr shows the caller's namespace alone.  The others' lists hang on the structure that
 * the loader keeps for debuggers (_r_debug, glibc 2.35); where a module lies, its own search says
 * (find_object.h), and its headers are read in memory.
 */
#ifndef SHIM_NAMESPACES_H
#define SHIM_NAMESPACES_H

#include "base.h"

#include <link.h>

typedef int module_visitor(struct dl_phdr_info *info, size_t bytes, void *argument);

/* Has anybody called dlmopen?  Under the loader's lock, as the next. */
hidden bool namespaces_exist(void);

/* Shows each module of other namespaces, as dl_iterate_phdr would.  Under the loader's lock, which
 * a callback of dl_iterate_phdr has.  The loader itself, which all namespaces share, may be shown
 * again.  False: there was one that the loader's search does not know yet. */
hidden bool namespaces_each(module_visitor *visit, void *argument);

#endif
