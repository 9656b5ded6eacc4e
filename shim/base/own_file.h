/* The path of the program's own file, as it was when the process began.
 *
 * The loader leaves the program without a name, and /proc/self/exe changes when the file is
 * renamed, deleted, replaced, or out of reach behind a chroot: so it is read once, and never again.
 */
#ifndef SHIM_OWN_FILE_H
#define SHIM_OWN_FILE_H

#include "base.h"

/* Reads the path, unless it is known already: called at the first malloc if files will be written,
 * else in the constructor, before the program can have changed anything.  Usually one system call.
 * Of a program that was given to the loader as an argument (ld.so ./program) the path comes from
 * /proc/self/maps, because /proc/self/exe is the loader's then.  One thread at a time; errno is
 * kept. */
hidden void own_file_read(void);

/* An absolute path, or "" if it could not be read.  The thread that refreshes the modules only. */
hidden const char *own_file_path(void);

/* Where the loader lies, if it was started that way, or as the program's interpreter. */
hidden uintptr_t own_loader(void);

#endif
