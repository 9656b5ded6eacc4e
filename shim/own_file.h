/* The path of the program's own file, as it was when the process began.
 *
 * The loader leaves the program without a name, and /proc/self/exe changes when the file is
 * renamed, deleted, replaced, or out of reach behind a chroot: so it is read once, and never again.
 */
#ifndef SHIM_OWN_FILE_H
#define SHIM_OWN_FILE_H

#include "../arena/base.h"

/* An absolute path if it can be told, "" if nothing can.  Read in a constructor of the library,
 * before the program can have changed anything; for a program that was given to the loader as an
 * argument (ld.so ./program) from /proc/self/maps, because /proc/self/exe is the loader then. */
hidden const char *own_file_path(void);

/* Where the loader lies, if it was started that way, or as the program's interpreter. */
hidden uintptr_t own_loader(void);

#endif
