/* Names of programs, as files of a run and lines about it have them. */
#ifndef TOOLS_RUN_NAME_H
#define TOOLS_RUN_NAME_H

#include <stdbool.h>

enum { RUN_NAME_MAX = 64 }; /* bytes, as of the shim's %e */

/* The last part of a path by the shim's rule for %e: bytes other than letters, digits and . _ + -
 * become '_', at most RUN_NAME_MAX are kept, and a name of dots alone, or of nothing, starts with
 * '_'.  The caller frees it. */
char *run_name(const char *path);

/* Whether a file's name, without directories, is that of glibc's dynamic loader for x86-64. */
bool run_is_loader(const char *name);

/* The word of a loader's command that names the program (`ld.so --argv0 x ./app`: "./app"); NULL:
 * none does. */
const char *run_loaded_word(char **command);

#endif
