/* The files of a module on this machine: the one that ran, and its debug information.
 *
 * The file is looked up at its path, below --sysroot if there is one (a relative path, as the
 * loader has it from LD_LIBRARY_PATH and dlopen: from the current directory); debug information
 * within it, by build-id, and by its .gnu_debuglink, in --debug-dir and where the system keeps it,
 * at last at debuginfod's servers when DEBUGINFOD_URLS names some.  Nothing is believed by its
 * name: build-ids must be equal, or without one the checksum of the link.  Without the file itself
 * its debug file will do.
 */
#ifndef TOOLS_MODFILE_H
#define TOOLS_MODFILE_H

#include "search.h"

#include <elfutils/libdwfl.h>

struct modfile;

/* Opens a module's file; the texts must outlive it.  Returns NULL when it can't be read; then *why
 * is the reason, or NULL when there is no such file.
 */
struct modfile *modfile_open(const struct search *search, const struct modfile_wanted *wanted,
                             const char **why);
void modfile_close(struct modfile *m);

/* Its symbols and debug information, at the addresses of the file. */
Dwfl_Module *modfile_module(const struct modfile *m);

#endif
