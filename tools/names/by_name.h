/* Looks for debug files by name in --debug-dir.  For /usr/bin/NAME these are
 * DIR/usr/bin/NAME.debug, DIR/bin/NAME.debug and DIR/NAME.debug, then the same places for NAME
 * itself, a copy that was not stripped.  If the module has a .gnu_debuglink, the name in it is
 * tried first.
 *
 * A name proves nothing: the file must have the module's build-id, so a module without a build-id
 * finds no file here.
 */
#ifndef TOOLS_BY_NAME_H
#define TOOLS_BY_NAME_H

#include "search.h"

/* Returns a descriptor of a module's debug file and sets *found to its path, or returns -1 if there
 * is none.  *misfit is set to the path of the first file that has the name but is of another build,
 * or to NULL.  The caller frees both paths. */
int by_name_find(const struct search *search, const struct modfile_wanted *wanted, const char *link,
                 char **found, char **misfit);

#endif
