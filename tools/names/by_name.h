/* Debug files by name in --debug-dir: DIR/usr/bin/NAME.debug, DIR/bin/NAME.debug, DIR/NAME.debug of
 * /usr/bin/NAME; then NAME itself, a copy that was not stripped; with .gnu_debuglink its name
 * first.
 *
 * A name proves nothing: the build-id must be the module's, so one without finds none here.
 */
#ifndef TOOLS_BY_NAME_H
#define TOOLS_BY_NAME_H

#include "search.h"

/* The debug file of a module, open, and in *found its path, to be freed; -1: none.  *misfit: the
 * first file that has the name but is of another build, to be freed; else NULL. */
int by_name_find(const struct search *search, const struct modfile_wanted *wanted, const char *link,
                 char **found, char **misfit);

#endif
