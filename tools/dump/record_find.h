/* The file of a running process's record (ARENASHIM_RECORD), for a reader whom the kernel keeps
 * from the process's memory: who may read or write the file needs no other right.
 *
 *   /proc/PID/maps names it    where only memory is forbidden (kernel.yama.ptrace_scope, a sandbox)
 *   else it is looked for      in the directory of the caller's own ARENASHIM_RECORD, and in the
 *                              current one: where all of /proc/PID is forbidden (PR_SET_DUMPABLE)
 *
 * A file that is looked for must belong to the process's user, have its number, and be no older
 * than the process: anybody may have put a record there.
 */
#ifndef TOOLS_RECORD_FIND_H
#define TOOLS_RECORD_FIND_H

#include <stdbool.h>
#include <sys/types.h>

/* Opens it, for reading, or also for writing.  A descriptor, and its name in *path, to be freed;
 * -1: none was found (*path NULL), or it can't be opened like this (errno; *path is its name). */
int record_find(pid_t pid, bool write, char **path);

/* Is there a record, of whichever process, where they are looked for? */
bool record_is_near(void);

/* Opens a file if it is a record; -1 with errno: EINVAL if it is none. */
int record_open(const char *path, bool write);

#endif
