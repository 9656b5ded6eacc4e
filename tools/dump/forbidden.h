/* Why the memory of a process can't be read, and what makes it possible. */
#ifndef TOOLS_FORBIDDEN_H
#define TOOLS_FORBIDDEN_H

#include <sys/types.h>

/* "it runs as user 33: run this as that user or as root", and so on, of a process that the kernel
 * refused.  To be freed. */
char *forbidden_why(pid_t pid);

#endif
