/* Reads the kernel's text files line by line: /proc/self/cgroup, a cgroup's memory.stat, ...
 *
 * In static space, by one thread at a time.  System calls only; nothing is allocated, errno is
 * kept, and the descriptor is closed before the call returns.
 */
#ifndef SHIM_FILE_LINES_H
#define SHIM_FILE_LINES_H

#include "base.h"

/* Of a longer line the rest is dropped. */
enum { FILE_LINE_MAX = 1023 };

/* Calls each(line, argument) for each line of a file, without its newline; each may change the line
 * and returns false to stop.  Returns false if the file cannot be opened or its front not be read.
 */
hidden bool file_lines(const char *path, bool (*each)(char *line, void *argument), void *argument);

#endif
