/* The path of the program's own file, as it was when the process began, and where the loader lies.
 *
 * The loader's list of modules has no name for the program, and /proc/self/exe changes when the
 * file is renamed, deleted, replaced, or out of reach behind a chroot.  So the path is read once,
 * early, and never again.
 */
#ifndef SHIM_PROGRAM_PATH_H
#define SHIM_PROGRAM_PATH_H

#include "base.h"

/* Reads the path, unless it was read already.  It is called in the first malloc if files will be
 * written, otherwise in the constructor: in both cases before the program can have changed
 * anything.  It usually makes one system call.  If the program was given to the loader as an
 * argument (ld.so ./program), /proc/self/exe is the loader's, and the path comes from
 * /proc/self/maps.  A path that cannot be read stays empty.  One thread at a time, not in signal
 * handlers; errno is kept. */
hidden void program_path_read(void);

/* An absolute path, or "" if it could not be read.  Reads it at the first call, so the same rules
 * hold as for program_path_read. */
hidden const char *program_path(void);

/* The address at which the loader is mapped, whether the kernel started it as the program's
 * interpreter or a user started it with the program as an argument.  Any thread, any context. */
hidden uintptr_t program_loader(void);

#endif
